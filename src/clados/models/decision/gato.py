"""Gato: one decoder for texts, images, joints and buttons (Reed et al. 2022, arXiv 2205.06175)."""

from clados.spec import *

gato = Decoder(
    size=Size(layers=24, d_model=2048, heads=16, d_ff=4096),
    inputs=Multimodal(
        vocab=Vocabulary(kind="bpe", size=32_000),
        bins=1024,
        patch=16,
        patches=PatchResNet(width=160),
        intervals=128,
        local=512,
    ),
    stack=Stack(
        block=Block(Attention(), MLP("gelu", gated=True), residual=Skipped(0.1)),
        norm=LayerNorm(1e-5),
        sees=Causal(),
        position=Distances(),
    ),
    heads=(Tied(),),
    init=Normal(0.02),
)

training = Stage(
    name="training",
    objective=TextAndActions(),
    data="596 control tasks (85.3%), and texts, and images with texts (14.7%)",
    optimiser=AdamW(lr=1e-4, beta2=0.95, decay=0.1),
    schedule=Cosine(warmup=15_000, floor=0.1),
    batch=512,
    length=1024,
    steps=1_000_000,
)

declaration = Declaration(
    model=gato,
    sizes={
        "79m": Size(layers=8, d_model=768, heads=24, d_ff=1536),
        "364m": Size(layers=12, d_model=1536, heads=12, d_ff=3072),
        "1.18b": gato.size,
    },
    recipe=Recipe((training,)),
    assumed=(
        "size.d_ff: the paper's feed-forward width, 3,072, 6,144 and 8,192, counts the gate too; a gate of that width "
        "beside it gives 1.6B and more, not 1.18B",
        "stack.position: the paper names no vector for a token's place in the sequence, and a memory as "
        "Transformer-XL's in use (§2.4); with its distances and their product in each layer all three sizes count to "
        "their labels",
        "stack.block.attn.biases, stack.block.mlp.bias, stack.norm: not published; biases everywhere and LayerNorm's "
        "usual epsilon stand here",
        "inputs.patches: one block of ResNet v2 with GroupNorm and GELU is what is published; a convolution before "
        "it, 160 channels (the multiple of 32 groups with which all sizes are within their labels' rounding), the "
        "mean over places and a projection stand here",
        "inputs.vocab.kind: SentencePiece is published; BPE, Gopher's, stands here",
        "inputs.vocab: the separator's id is not published; one more row after the bins stands here, and no vector "
        "for its place in a time step",
        "heads, init: a table shared with the inputs is published; no bias, and N(0, 0.02), stand here",
        "recipe.schedule: the warmup begins at 1e-7, which stands here as zero",
    ),
)

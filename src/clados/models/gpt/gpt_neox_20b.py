"""GPT-NeoX-20B: a dense decoder with rotary positions and parallel branches (Black et al. 2022, arXiv 2204.06745)."""

from clados.spec import *

gpt_neox = Decoder(
    size=Size(layers=44, d_model=6144, heads=64),
    inputs=Tokens(vocab=Vocabulary(kind="bytes", size=50_432, bos=0, eos=0, pad=1)),
    stack=Stack(
        block=Block(Attention(), MLP("gelu_tanh"), residual=Parallel(norms=2)),
        norm=LayerNorm(1e-5),
        sees=Causal(),
        position=Rotary(fraction=0.25),
    ),
    heads=(Untied(),),
    init=SmallInit(),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(),
    data="the Pile, about 472B tokens",
    optimiser=AdamW(lr=0.97e-4, beta2=0.95, decay=0.01),
    schedule=Cosine(warmup=1500, floor=0.1),
    batch=1536,
    length=2048,
    steps=150_000,
    clip=1.0,
)

declaration = Declaration(
    model=gpt_neox,
    sizes={"20b": gpt_neox.size},
    recipe=Recipe((pretraining,)),
    assumed=(
        "init: the paper narrows the feed-forward layers' last products; the authors' code attention's too, as here",
        "stack.block.mlp.act: the paper says GELU; the authors' fused kernel computes its tanh form, which stands here",
    ),
)

"""GLaM: a decoder with two experts a token in every other layer (Du et al. 2021, arXiv 2112.06905)."""

from clados.spec import *

dense = Block(Attention(biases="none"), ProductMLP("gelu"))
room = OfBatch(training=2.0, evaluation=2.0)
sparse = dense.but(mlp=Experts("gelu", top=2, gates="normalised", capacity=room, balance=0.01))
glam = Decoder(
    size=Size(layers=64, d_model=8192, heads=128, d_ff=32_768, head_dim=128, experts=64),
    inputs=Tokens(vocab=Vocabulary(kind="unigram", size=256_000, pad=0, eos=1, bos=2, unk=3)),
    stack=Stack(block=(dense, sparse), norm=RMSNorm(1e-6), sees=Causal(), position=LayerBias()),
    heads=(Tied(scaled=True),),
    init=FanIn(),
)
plain = glam.but(size=but(experts=None), stack=but(block=dense))

pretraining = Stage(
    name="pretraining",
    objective=NextToken(),
    data="1.6T tokens: filtered web pages, Wikipedia, conversations, forums, books, news, mixed by weight",
    optimiser=Adafactor(lr=1e-2),
    schedule=InverseSquareRoot(warmup=10_000, rising=False),
    batch=1024,
    length=1024,
)

declaration = Declaration(
    model=glam,
    sizes={
        "0.1b": plain.but(size=Size(layers=12, d_model=768, heads=12, d_ff=3072, head_dim=64)),
        "0.1b/64e": Size(layers=12, d_model=768, heads=12, d_ff=3072, head_dim=64, experts=64),
        "1.7b": plain.but(size=Size(layers=24, d_model=2048, heads=16, d_ff=8192, head_dim=128)),
        "1.7b/32e": Size(layers=24, d_model=2048, heads=16, d_ff=8192, head_dim=128, experts=32),
        "1.7b/64e": Size(layers=24, d_model=2048, heads=16, d_ff=8192, head_dim=128, experts=64),
        "1.7b/128e": Size(layers=24, d_model=2048, heads=16, d_ff=8192, head_dim=128, experts=128),
        "1.7b/256e": Size(layers=24, d_model=2048, heads=16, d_ff=8192, head_dim=128, experts=256),
        "8b": plain.but(size=Size(layers=32, d_model=4096, heads=32, d_ff=16_384, head_dim=128)),
        "8b/64e": Size(layers=32, d_model=4096, heads=32, d_ff=16_384, head_dim=128, experts=64),
        "137b": plain.but(size=Size(layers=64, d_model=8192, heads=128, d_ff=65_536, head_dim=128)),
        "64b/64e": glam.size,
    },
    recipe=Recipe((pretraining,)),
    assumed=(
        "stack.position: biases of relative positions by layer are published, not their form; the published count of "
        "active parameters has no room for Transformer-XL's products of distances, so T5's buckets stand here",
        "stack.block: which of the two kinds comes first is not published; the dense one stands here",
        "stack.block[1].mlp.capacity: expert capacity is published, its number not; GShard's 2 tokens / experts "
        "stands here",
        "stack.norm.eps, stack.block[0].attn, heads, init: not published; 1e-6, no biases, a tied and scaled table, "
        "variances by the number of inputs stand here",
        "inputs.vocab: the kind of SentencePiece and the ids with a role are not published; those of T5 stand here",
        "recipe.batch: published in tokens (1M)",
        "sizes.0.1b, sizes.1.7b, sizes.8b, recipe.optimiser, stack.block[1].mlp.act: partly from memory: the smaller "
        "rows of the table, Adafactor's numbers, and the experts' gelu, which the paper gates in its dense layers",
    ),
)

"""PaLM: a decoder whose attention and feed-forward run side by side (Chowdhery et al. 2022, arXiv 2204.02311)."""

from clados.spec import *

palm = Decoder(
    size=Size(layers=118, d_model=18_432, heads=48, d_ff=73_728, head_dim=256, kv_heads=1),
    inputs=Tokens(vocab=Vocabulary(kind="unigram", size=256_000, pad=0, eos=1, bos=2, unk=3)),
    stack=Stack(
        block=Block(Attention(biases="none"), MLP("silu", gated=True, bias=False), residual=Parallel(norms=1)),
        norm=LayerNorm(1e-6, bias=False),
        sees=Causal(),
        position=Rotary(pairs="neighbours"),
    ),
    heads=(Tied(scaled=True),),
    init=FanIn(),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(z=1e-4),
    data="780B tokens, seen once: conversations, web pages, books, Wikipedia, code, news",
    optimiser=ScaledAdam(lr=1e-2),
    schedule=InverseSquareRoot(warmup=10_000, rising=False),
    batch=2048,
    length=2048,
    steps=255_000,
    clip=1.0,
)

declaration = Declaration(
    model=palm,
    sizes={
        "8b": Size(layers=32, d_model=4096, heads=16, d_ff=16_384, head_dim=256, kv_heads=1),
        "62b": Size(layers=64, d_model=8192, heads=32, d_ff=32_768, head_dim=256, kv_heads=1),
        "540b": palm.size,
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "8b": Recipe((pretraining.but(batch=512, steps=None),)),
        "62b": Recipe((pretraining.but(batch=1024, steps=None),)),
    },
    assumed=(
        "stack.position.pairs: not published; the neighbours of the paper that it cites stand here",
        "stack.norm.eps: not published; 1e-6 stands here, as Flax has it",
        "inputs.vocab: the kind of SentencePiece and the ids with a role are not published; those of T5 stand here",
        "recipe.batch: 512 sequences at first, 1024 from step 50,000, 2048 from 115,000; the last stands here",
        "recipe.optimiser: the clipping of updates at RMS 1 is Adafactor's; PaLM does not state it",
    ),
)

"""LLaMA: a smaller decoder trained on more tokens (Touvron et al. 2023, arXiv 2302.13971)."""

from clados.spec import *

llama = Decoder(
    size=Size(layers=32, d_model=4096, heads=32, d_ff=11_008),
    inputs=Tokens(vocab=Vocabulary(kind="bpe", size=32_000, unk=0, bos=1, eos=2)),
    stack=Stack(
        block=Block(Attention(biases="none"), MLP("silu", gated=True, bias=False)),
        norm=RMSNorm(1e-6),
        sees=Causal(),
        position=Rotary(pairs="neighbours"),
    ),
    heads=(Untied(),),
    init=Normal(0.02),
)
largest = llama.but(size=Size(layers=80, d_model=8192, heads=64, d_ff=22_016), stack=but(norm=RMSNorm(1e-5)))

pretraining = Stage(
    name="pretraining",
    objective=NextToken(),
    data="1.4T tokens: CommonCrawl, C4, GitHub, Wikipedia, books, arXiv, StackExchange",
    optimiser=AdamW(lr=1.5e-4, beta2=0.95, decay=0.1),
    schedule=Cosine(warmup=2000, floor=0.1),
    batch=2048,
    length=2048,
    clip=1.0,
)
smaller = Recipe((pretraining.but(data="1.0T tokens of the same", optimiser=but(lr=3e-4)),))

declaration = Declaration(
    model=largest,
    sizes={
        "7b": llama,
        "13b": llama.but(size=Size(layers=40, d_model=5120, heads=40, d_ff=13_824)),
        "33b": llama.but(size=Size(layers=60, d_model=6656, heads=52, d_ff=17_920)),
        "65b": largest,
    },
    recipe=Recipe((pretraining,)),
    recipes={"7b": smaller, "13b": smaller},
    assumed=(
        "init: not published; N(0, 0.02) stands here",
        "stack.norm.eps: not published; the released params.json files say 1e-6, and 1e-5 for 65b",
    ),
)

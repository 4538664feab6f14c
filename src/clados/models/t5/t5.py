"""T5: every task as text to text, with relative biases and scale-only norms (Raffel et al. 2020, arXiv 1910.10683)."""

from clados.spec import *

block = Block(Attention(biases="none", scale=1.0, dropout=0.1), MLP("relu", bias=False, dropout=0.1), dropout=0.1)
distances = RelativeBias(buckets=32, distance=128)
encoder = Stack(block=block, norm=RMSNorm(1e-6), sees=All(), position=distances, dropout=0.1)
t5 = EncoderDecoder(
    size=Size(layers=24, d_model=1024, heads=128, d_ff=65_536, head_dim=128),
    inputs=Tokens(
        vocab=Vocabulary(kind="unigram", size=32_128, pad=0, eos=1, unk=2, start=0, sentinels=100), dropout=0.1
    ),
    encoder=encoder,
    decoder=encoder.but(block=but(cross=CrossAttention(biases="none", scale=1.0, dropout=0.1)), sees=Causal()),
    heads=(Tied(scaled=True),),
    init=UnscaledScores(),
)

pretraining = Stage(
    name="pretraining",
    objective=CorruptedSpans(),
    data="C4, in the released models mixed with the supervised tasks",
    optimiser=Adafactor(lr=1e-2),
    schedule=InverseSquareRoot(warmup=10_000, rising=False),
    batch=2048,
    length=512,
    steps=1_000_000,
)

declaration = Declaration(
    model=t5,
    sizes={
        "small": Size(layers=6, d_model=512, heads=8, d_ff=2048, head_dim=64),
        "base": Size(layers=12, d_model=768, heads=12, d_ff=3072, head_dim=64),
        "large": Size(layers=24, d_model=1024, heads=16, d_ff=4096, head_dim=64),
        "3b": Size(layers=24, d_model=1024, heads=32, d_ff=16_384, head_dim=128),
        "11b": t5.size,
    },
    recipe=Recipe((pretraining,)),
)

"""The Transformer: attention alone, an encoder and a decoder, to translate (Vaswani et al. 2017, arXiv 1706.03762)."""

from clados.spec import *

encoder = Stack(
    block=Block(Attention(biases="none"), MLP("relu"), residual=Post(), dropout=0.1),
    norm=LayerNorm(1e-6),
    sees=All(),
    norm_out=False,
)
transformer = EncoderDecoder(
    size=Size(layers=6, d_model=512, heads=8),
    inputs=Tokens(
        vocab=Vocabulary(kind="bpe", size=37_000, pad=0, eos=1, start=0),
        position=Sinusoidal(),
        scaled=True,
        dropout=0.1,
    ),
    encoder=encoder,
    decoder=encoder.but(block=but(cross=CrossAttention(biases="none")), sees=Causal()),
    heads=(Tied(),),
    init=UnitScaling(),
)

wetter = but(block=but(dropout=0.3))
big = transformer.but(
    size=Size(layers=6, d_model=1024, heads=16), inputs=but(dropout=0.3), encoder=wetter, decoder=wetter
)

training = Stage(
    name="training",
    objective=Translation(smoothing=0.1),
    data="WMT 2014 English-German, 4.5 million pairs; about 25,000 tokens of each side a batch",
    optimiser=AdamW(lr=1.0, beta2=0.98, eps=1e-9),
    schedule=Noam(warmup=4000),
    steps=100_000,
)

declaration = Declaration(
    model=transformer,
    sizes={"base": transformer.size, "big": big},
    recipe=Recipe((training,)),
    recipes={"big": Recipe((training.but(steps=300_000),))},
    assumed=(
        "init: not published; tensor2tensor's uniform unit scaling stands here",
        "encoder.norm.eps: not published; tensor2tensor's 1e-6 stands here",
        "inputs.vocab.start: tensor2tensor starts a translation with a vector of zeros; the padding token stands here",
        "sizes.big: dropout 0.3 is English-German's; English-French took 0.1",
    ),
)

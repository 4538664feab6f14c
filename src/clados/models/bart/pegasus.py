"""PEGASUS: a Transformer taught to write a document's main sentences (Zhang et al. 2020, arXiv 1912.08777)."""

from clados.models.transformer.transformer import transformer
from clados.spec import *

dry = but(attn=but(dropout=0.1), mlp=but(dropout=0.1), residual=Pre())
pegasus = transformer.but(
    size=Size(layers=16, d_model=1024, heads=16),
    inputs=but(
        vocab=Vocabulary(kind="unigram", size=96_103, pad=0, eos=1, start=0, mask=2, unk=105),
        position=Sinusoidal(order="halves"),
    ),
    encoder=but(block=dry, norm=LayerNorm(1e-12), norm_out=True),
    decoder=but(block=merged(dry, but(cross=but(dropout=0.1))), norm=LayerNorm(1e-12), norm_out=True),
)
base = pegasus.but(size=Size(layers=12, d_model=768, heads=12), inputs=but(vocab=but(size=32_105)))

pretraining = Stage(
    name="pretraining",
    objective=GapSentences(rate=0.45, kept=0.2),
    data="C4 (350M pages), or HugeNews (1.5B articles)",
    optimiser=Adafactor(lr=1e-2),
    schedule=InverseSquareRoot(warmup=10_000, rising=False),
    batch=8192,
    length=512,
    steps=500_000,
)

declaration = Declaration(
    model=pegasus,
    sizes={"base": base, "large": pegasus.size},
    recipe=Recipe((pretraining,)),
    recipes={"base": Recipe((pretraining.but(objective=GapSentences(), batch=256),))},
    assumed=(
        "inputs.position.order: the paper follows the Transformer; its code puts all sines first and spaces the waves "
        "over one step fewer; ports space them as the Transformer does, which stands here",
        "inputs.vocab.start: the authors' code starts with a vector of zeros; the padding token stands here",
        "encoder.norm.eps: not published; the authors' code takes TensorFlow's 1e-12",
        "encoder.block.attn.dropout, encoder.block.mlp.dropout: the paper says 0.1; in the authors' code everywhere, "
        "with one mask for all positions",
        "init: not published; the authors' code takes the Transformer's",
        "recipe.optimiser, recipe.schedule: the paper says Adafactor and 1/sqrt(step); the authors' code 0.01 / 0.01 "
        "times it, flat for 10,000 steps",
        "sizes.base.inputs.vocab.size: not published; 32,000 pieces and 105 reserved ids fit the published count",
    ),
)

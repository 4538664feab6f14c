"""Galactica: a decoder without biases for the literature of science (Taylor et al. 2022, arXiv 2211.09085)."""

from clados.models.gpt.gpt_3 import dense, gpt_3
from clados.models.gpt.opt import pretraining as trained
from clados.spec import *

galactica = gpt_3.but(
    size=Size(layers=96, d_model=10_240, heads=80),
    inputs=Tokens(
        vocab=Vocabulary(kind="bytes", size=50_000, bos=0, eos=2, pad=1, unk=3), position=Learned(2050, start=2)
    ),
    stack=but(block=dense.but(attn=but(biases="none"), mlp=but(act="gelu", bias=False)), norm=LayerNorm(bias=False)),
    init=Normal(0.006, by_depth=True),
)

pretraining = trained.but(
    objective=MarkedText(),
    data="106B tokens of papers, references, knowledge bases and chemistry, with worded tasks, 450B tokens seen",
    optimiser=but(lr=0.7e-5),
    schedule=but(warmup=536),
    steps=214_577,
)
usual = pretraining.but(schedule=but(warmup=179))

declaration = Declaration(
    model=galactica,
    sizes={
        "mini": Size(layers=12, d_model=768, heads=12),
        "base": Size(layers=24, d_model=2048, heads=32),
        "standard": Size(layers=32, d_model=4096, heads=32),
        "large": Size(layers=48, d_model=7168, heads=56),
        "huge": galactica.size,
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "mini": Recipe((usual.but(optimiser=but(lr=6e-4), schedule=but(warmup=715), batch=256, steps=858_307),)),
        "base": Recipe((usual.but(optimiser=but(lr=2e-4), schedule=but(warmup=358), batch=512, steps=429_153),)),
        "standard": Recipe((usual.but(optimiser=but(lr=1.2e-4)),)),
        "large": Recipe((usual.but(optimiser=but(lr=1e-4)),)),
    },
    assumed=(
        "inputs.position: 2048 learned positions in the paper; the two rows before them are the released files'",
        "init: not published; that of OPT, whose code trained it, stands here",
        "recipe: published in tokens (0.5M to 2M a batch, warmup 375M, 1.125B for huge); sequences of 2048 stand here",
    ),
)

"""CTRL: text that follows a code for its domain, style or task (Keskar et al. 2019, arXiv 1909.05858)."""

from clados.models.gpt.gpt_2 import gpt_2
from clados.spec import *

ctrl = gpt_2.but(
    size=Size(layers=48, d_model=1280, heads=16, d_ff=8192),
    inputs=Tokens(vocab=Vocabulary(kind="bpe", size=246_534), position=Sinusoidal("halves"), scaled=True, dropout=0.1),
    stack=but(block=but(attn=but(dropout=0.0), mlp=but(act="relu")), norm=LayerNorm(1e-6)),
    heads=(Tied(bias=True),),
    init=Keras(),
)

pretraining = Stage(
    name="pretraining",
    objective=CodedText(),
    data="140 GB: Wikipedia, Project Gutenberg, 45 subreddits, OpenWebText, Amazon reviews, translations, questions "
    "and answers; each sequence begins with the code of its source",
    optimiser=Adagrad(lr=0.05),
    schedule=Constant(warmup=25_000),
    batch=1024,
    length=256,
    steps=800_000,
    clip=0.25,
)

declaration = Declaration(
    model=ctrl,
    sizes={"48-layer": ctrl.size, "36-layer": ctrl.size.but(layers=36)},
    recipe=Recipe((pretraining,)),
    assumed=(
        "inputs.position: the paper adds sinusoids; the authors' code puts all sines first",
        "recipe.optimiser.initial: not published; the default of the library stands here",
        "stack.norm.eps, init, stack.block.attn.dropout: not published; the authors' code",
    ),
)

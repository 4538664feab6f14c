"""Jurassic-1: as large as GPT-3, wider and shallower, its words longer (Lieber et al. 2021, AI21 Labs)."""

from clados.models.gpt.gpt_3 import dense, gpt_3, pretraining as parent, two
from clados.spec import *

jurassic_1 = gpt_3.but(
    size=Size(layers=76, d_model=13_824, heads=96),
    inputs=but(vocab=Vocabulary(kind="unigram", size=256_000)),
    stack=but(block=dense),
)

pretraining = parent.but(data="300B tokens of public English text")

declaration = Declaration(
    model=jurassic_1,
    sizes={"large": Size(layers=32, d_model=4096, heads=32), "jumbo": jurassic_1.size},
    recipe=Recipe((pretraining,)),
    recipes={"large": Recipe((two.but(data="300B tokens of public English text", optimiser=but(lr=1.2e-4)),))},
    assumed=(
        "inputs.vocab: published as about 256K entries; the ids with a role are not",
        "stack.block: nothing is said of sparse layers; GPT-3's dense ones stand here, with its dropout",
        "init: not published; GPT-3's stands here",
        "recipe.optimiser, recipe.schedule: said to follow GPT-3's table; the numbers of its nearest sizes stand here",
    ),
)

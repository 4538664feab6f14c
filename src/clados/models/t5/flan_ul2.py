"""Flan-UL2: UL2 taught to do without its mode tokens, then tuned on the Flan collection (Tay 2023)."""

from clados.models.t5.ul2 import ul2
from clados.spec import *

forgetting = Tuning(
    name="forgetting",
    start="ul2",
    objective=PrefixLM(),
    data="C4, without mode tokens",
    optimiser=Adafactor(lr=1e-3),
    schedule=Constant(),
    length=2048,
    steps=100_000,
)
tuning = Tuning(
    name="tuning",
    start="forgetting",
    objective=Supervised(),
    data="the Flan collection: 1,836 tasks worded as instructions",
    optimiser=Adafactor(lr=5e-4),
    schedule=Constant(),
    length=2048,
)

declaration = Declaration(
    model=ul2,
    sizes={"20b": ul2.size},
    recipe=Recipe((forgetting, tuning)),
    assumed=(
        "recipe.objective: which of UL2's denoisers went on without mode tokens is not said; the cut in two, whose "
        "token it forgets, stands here",
        "recipe.optimiser, recipe.schedule: not published; Flan-T5's stand here",
    ),
)

"""Flan-T5: T5 v1.1, adapted to writing on, then tuned on 1,836 tasks (Chung et al. 2022, arXiv 2210.11416)."""

from clados.models.t5.t5_v1_1 import adaptation, declaration as parent
from clados.spec import *

flan_t5 = dropping(parent.at("base"), 0.05)

tuning = Tuning(
    name="tuning",
    start="adaptation",
    objective=Supervised(),
    data="1,836 tasks, with and without examples and thoughts: Muffin 46 %, T0-SF 27.9 %, NIV2 24.2 %, CoT 1.8 %",
    optimiser=Adafactor(lr=5e-4),
    schedule=Constant(),
    batch=64,
    steps=84_000,
)

declaration = Declaration(
    model=flan_t5,
    sizes=parent.sizes,
    recipe=Recipe((adaptation, tuning)),
    recipes={
        "small": Recipe((adaptation, tuning.but(steps=98_000))),
        "large": Recipe((adaptation, tuning.but(steps=64_000))),
        "xl": Recipe((adaptation, tuning.but(steps=38_000))),
        "xxl": Recipe((adaptation, tuning.but(steps=14_000))),
    },
    assumed=(
        "recipe.stages[0].optimiser.lr, recipe.stages[0].batch: not published for the adaptation; T0's and T5's stand "
        "here",
        "inputs.dropout, encoder.block.dropout, decoder.block.dropout: the tuning's; the adaptation had none, as "
        "T5 v1.1's pretraining",
    ),
)

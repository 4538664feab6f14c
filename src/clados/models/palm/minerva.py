"""Minerva: PaLM trained on, with mathematics (Lewkowycz et al. 2022, arXiv 2206.14858)."""

from clados.models.palm.palm import declaration as parent, palm
from clados.spec import *

minerva = palm

training = Tuning(
    name="mathematics",
    start="palm",
    objective=NextToken(z=1e-4),
    data="38.5B tokens: web pages with formulas 47.5 %, arXiv 47.5 %, general text 5 %, LaTeX and MathJax kept",
    optimiser=ScaledAdam(lr=1e-2),
    schedule=InverseSquareRoot(warmup=10_000, rising=False),
    batch=32,
    length=2048,
    steps=399_000,
)

declaration = Declaration(
    model=minerva,
    sizes=parent.sizes,
    recipe=Recipe((training,)),
    recipes={
        "8b": Recipe((training.but(batch=128, steps=624_000),)),
        "62b": Recipe((training.but(batch=128, steps=416_000),)),
    },
    assumed=(
        "recipe.stages[0].optimiser, recipe.stages[0].schedule, recipe.stages[0].objective.z, recipe.stages[0].length: "
        "as PaLM's, whose training it continues; the rate at which it goes on was not read",
        "recipe.batch, recipes.8b.batch, recipes.62b.batch: not published; derived from tokens by steps (26B in "
        "399,000 for 540b, 109B in 416,000 for 62b, 164B in 624,000 for 8b), in sequences of 2048",
    ),
)

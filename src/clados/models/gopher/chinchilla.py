"""Chinchilla: Gopher's network at a quarter of its size and over four times its tokens (Hoffmann et al. 2022)."""

from clados.models.gopher.gopher import gopher, pretraining as parent
from clados.spec import *

chinchilla = gopher.but(size=Size(layers=80, d_model=8192, heads=64))

pretraining = parent.but(
    data="MassiveText by other shares, 1.4T tokens: web pages 45 %, books 30 %, C4 10 %, news 10 %, GitHub 4 %, and "
    "Wikipedia 1 %",
    optimiser=AdamW(lr=1e-4, decay=0.1),
    batch=1536,
    steps=445_048,
    clip=None,
)

declaration = Declaration(
    model=chinchilla,
    sizes={"70b": chinchilla.size},
    recipe=Recipe((pretraining,)),
    assumed=(
        "stack, init: said to be Gopher's, with what is assumed there",
        "inputs.vocab: Gopher's, without NFKC; the ids with a role are not published",
        "recipe.optimiser.decay: not published; 0.1 stands here",
        "recipe.schedule.warmup: not published; Gopher's stands here",
        "recipe.schedule: slightly longer than the run, by how much is not published; its length stands here",
        "recipe.batch: 1.5M tokens and then 3M; the second and sequences of 2048 stand here, in 1.4T tokens",
    ),
)

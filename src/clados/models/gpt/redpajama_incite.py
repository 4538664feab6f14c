"""RedPajama-INCITE: Pythia's shapes, branch after branch, on an open copy of LLaMA's data (Together 2023)."""

from clados.models.gpt.pythia import pretraining as parent, pythia
from clados.spec import *

redpajama_incite = pythia.but(
    size=Size(layers=32, d_model=4096, heads=32),
    inputs=but(vocab=but(size=50_432)),
    stack=but(block=but(residual=Pre()), position=but(fraction=1.0)),
)

pretraining = parent.but(data="RedPajama: 1.0T of its 1.2T tokens", schedule=LinearDecay(), batch=None, steps=None)

declaration = Declaration(
    model=redpajama_incite,
    sizes={"3b": Size(layers=32, d_model=2560, heads=32), "7b": redpajama_incite.size},
    recipe=Recipe((pretraining,)),
    recipes={"3b": Recipe((pretraining.but(data="RedPajama: 800B of its 1.2T tokens", optimiser=but(lr=1.6e-4)),))},
    assumed=(
        "init: not published; Pythia's stands here",
        "recipe.optimiser: the rates are from the model cards, not read again; the rest is Pythia's",
        "recipe.schedule: not published; a line stands here",
    ),
)

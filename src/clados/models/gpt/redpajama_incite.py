"""RedPajama-INCITE: Pythia's shapes, branch after branch, on an open copy of LLaMA's data (Together 2023)."""

from clados.models.gpt.pythia import pretraining as parent, pythia
from clados.spec import *

redpajama_incite = pythia.but(
    size=Size(layers=32, d_model=4096, heads=32),
    inputs=but(vocab=but(size=50_432)),
    stack=but(block=but(residual=Pre()), position=but(fraction=1.0)),
)

pretraining = parent.but(data="RedPajama: 1.0T of its 1.2T tokens", schedule=LinearDecay(), batch=None, steps=None)
first = pretraining.but(data="RedPajama: 800B of its 1.2T tokens", optimiser=but(lr=1.6e-4))
tuning = Tuning(
    name="tuning",
    start="pretraining",
    objective=Supervised(Template(prompt="<human>: {prompt}\n<bot>:", answer=" {answer}\n"), learns="all"),
    data="OpenAssistant's conversations and Dolly 2's instructions: 131M tokens",
    optimiser=AdamW(lr=1e-5),
    schedule=LinearDecay(),
    batch=32,
    length=2048,
)
small = Size(layers=32, d_model=2560, heads=32)

declaration = Declaration(
    model=redpajama_incite,
    sizes={"3b": small, "7b": redpajama_incite.size, "chat-3b": small, "chat-7b": redpajama_incite.size},
    recipe=Recipe((pretraining,)),
    recipes={"3b": Recipe((first,)), "chat-3b": Recipe((first, tuning)), "chat-7b": Recipe((pretraining, tuning))},
    assumed=(
        "init: not published; Pythia's stands here",
        "recipe.optimiser: the rates are from the model cards, not read again; the rest is Pythia's",
        "recipe.schedule: not published; a line stands here",
        "recipes.chat-3b, recipes.chat-7b: batch, length and schedule of the tuning are those with which the same "
        "authors' OpenChatKit tunes these models further; the model cards say Adam's rate and the tokens (those "
        "of chat-7b's first card; its later one was not read again), no steps",
    ),
)

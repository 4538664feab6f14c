"""ChatLLaMA: a library that tunes any LLaMA by feedback in three steps (github.com/nebuly-ai/optimate)."""

from clados.models.llama.llama import declaration as parent, llama
from clados.spec import *

actor = Tuning(
    name="actor",
    start="llama",
    objective=Supervised(),
    data="the user's own demonstrations",
    optimiser=AdamW(lr=9e-6),
    schedule=Constant(),
    batch=1,
    length=1024,
    epochs=1.0,
)
reward = actor.but(name="reward", objective=Comparisons(), data="the user's own answers with scores", head=Scalar())
feedback = actor.but(
    name="feedback",
    start="actor",
    objective=PPO(kl=0.02, clip=0.2, critic="judge"),
    data="the user's own prompts, 32 for each of 100 episodes",
    optimiser=but(lr=5e-6),
    judges=("reward",),
)

declaration = Declaration(
    model=llama,
    sizes={"7b": llama, "13b": parent.at("13b"), "33b": parent.at("33b"), "65b": parent.at("65b")},
    recipe=Recipe((actor, reward, feedback)),
    assumed=(
        "recipe: the numbers of the library's own configuration, which the user may change",
        "recipe.stages[1].start: any model that the user likes; LLaMA stands here",
        "recipe.schedule: its shape is not said; a constant rate stands here",
        "recipe.stages[2].objective.smoothing: lambda of the advantages is not published; 0.95 stands here",
    ),
)

"""StableVicuna: Vicuna taken one step further by human feedback (CarperAI 2023)."""

from clados.models.llama.vicuna import vicuna
from clados.spec import *

stablevicuna = vicuna.but(inputs=but(vocab=but(size=32_001, pad=32_000)))

turns = Template(prompt="### Human: {prompt}\n### Assistant:", answer=" {answer}\n")
supervised = Tuning(
    name="supervised",
    start="vicuna",
    objective=Supervised(turns),
    data="oasst1, GPT4All's pairs and Alpaca's instructions",
    optimiser=AdamW(lr=2e-5),
    schedule=Cosine(),
)
pairs = "preferences of oasst1, of Anthropic's HH and of SHP"
reward = supervised.but(
    name="reward", start="supervised", objective=Comparisons(), data=pairs, optimiser=but(lr=1e-5), head=Scalar()
)
feedback = Tuning(
    name="feedback",
    start="supervised",
    objective=PPO(kl=0.1, passes=4, template=turns),
    data="prompts of the same sets",
    optimiser=AdamW(lr=1e-6),
    schedule=Constant(),
    judges=("reward",),
)

declaration = Declaration(
    model=stablevicuna,
    sizes={"13b": stablevicuna.size},
    recipe=Recipe((supervised, reward, feedback)),
    assumed=(
        "inputs.vocab.size, inputs.vocab.pad: not read again; version 0 of its parent had a row for padding",
        "recipe.optimiser, recipe.schedule: not read again; rates of the usual order stand here",
        "recipe.stages[2].objective.kl: where it starts; a published target of 6 over 10,000 moves it",
    ),
)

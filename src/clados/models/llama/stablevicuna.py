"""StableVicuna: Vicuna taken one step further by human feedback (CarperAI 2023)."""

from clados.models.llama.vicuna import vicuna
from clados.spec import *

stablevicuna = vicuna.but(inputs=but(vocab=but(size=32_001, pad=32_000)))

hello = "### Assistant: I am StableVicuna, a large language model created by CarperAI. I am here to chat!\n\n"
turns = Template(opening=hello, prompt="### Human: {prompt}\n### Assistant:", answer=" {answer}\n\n")
sets = "oasst1, GPT4All's pairs and Alpaca's instructions"
pairs = "preferences of oasst1, of Anthropic's HH and of SHP"
rate = AdamW(lr=2e-5)
supervised = Tuning(
    name="supervised", start="vicuna", objective=Supervised(turns), data=sets, optimiser=rate, schedule=Cosine()
)
reward = supervised.but(
    name="reward", start="supervised", objective=Comparisons(), data=pairs, optimiser=but(lr=1e-5), head=Scalar()
)
feedback = supervised.but(
    name="feedback",
    start="supervised",
    objective=PPO(kl=0.1, passes=4, template=turns),
    data="prompts of the same sets",
    optimiser=but(lr=1e-6),
    schedule=Constant(),
    judges=("reward",),
)

declaration = Declaration(
    model=stablevicuna,
    sizes={"13b": stablevicuna.size},
    recipe=Recipe((supervised, reward, feedback)),
    assumed=(
        "inputs.vocab, recipe.optimiser, recipe.schedule: not read again; version 0's row for padding, usual rates",
        "recipe.objective.template: of the makers' demonstration; what it was trained by is not published",
        "recipe.stages[2].objective.kl: where it starts; a published target of 6 over 10,000 moves it",
    ),
)

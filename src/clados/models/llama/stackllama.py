"""StackLLaMA: questions and answers of Stack Exchange, learned with adapters in three steps (Beeching et al. 2023)."""

from clados.models.llama.llama import llama
from clados.spec import *

stackllama = llama.but(inputs=but(vocab=but(pad=2)))

question = Template(prompt="Question: {prompt}\n\nAnswer: ", answer="{answer}</s>")
supervised = Tuning(
    name="supervised",
    start="llama",
    objective=Supervised(question, learns="all"),
    data="questions of Stack Exchange with their answers, packed",
    optimiser=AdamW(lr=1e-5),
    schedule=Cosine(warmup=100),
    length=1024,
    steps=5000,
    trains=LowRank(rank=16, alpha=32.0, on=("q", "v"), dropout=0.05),
)
reward = Tuning(
    name="reward",
    start="supervised",
    objective=Comparisons(),
    data="100,000 pairs of answers, the one with more votes the better",
    optimiser=AdamW(lr=2e-5),
    schedule=LinearDecay(),
    batch=4,
    epochs=1.0,
    head=Scalar(),
    trains=LowRank(rank=8, alpha=32.0, on=("q", "v"), dropout=0.1),
)
feedback = Tuning(
    name="feedback",
    start="supervised",
    objective=PPO(kl=0.2, passes=4, template=question),
    data="questions of Stack Exchange",
    optimiser=AdamW(lr=1.4e-5),
    schedule=Constant(),
    judges=("reward",),
    trains=LowRank(rank=16, alpha=32.0, on=("q", "v"), dropout=0.05),
)

declaration = Declaration(
    model=stackllama,
    sizes={"7b": stackllama.size},
    recipe=Recipe((supervised, reward, feedback)),
    assumed=(
        "recipe.stages[1].optimiser.lr, recipe.stages[2].objective.kl: not in the post; its scripts' usual numbers",
        "recipe.stages[2].objective.smoothing: the default of its library, TRL",
    ),
)

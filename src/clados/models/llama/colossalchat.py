"""ColossalChat (Coati): LLaMA through all three steps of tuning by feedback (github.com/hpcaitech/ColossalAI)."""

from clados.models.llama.alpaca import instructions
from clados.models.llama.llama import llama
from clados.spec import *

colossalchat = llama.but(inputs=but(vocab=but(pad=2)))

supervised = Tuning(
    name="supervised",
    start="llama",
    objective=Supervised(instructions),
    data="InstructionWild: 104,000 instructions with answers in English and Chinese",
    optimiser=AdamW(lr=2e-5),
    schedule=Cosine(),
    batch=128,
    length=512,
    epochs=1.0,
)
reward = Tuning(
    name="reward",
    start="supervised",
    objective=Comparisons(),
    data="rankings of answers",
    optimiser=AdamW(lr=5e-6),
    schedule=Constant(),
    length=512,
    epochs=1.0,
    head=Scalar(),
)
feedback = Tuning(
    name="feedback",
    start="supervised",
    objective=PPO(kl=0.1, clip=0.2, critic="judge", pretraining=0.9, template=instructions),
    data="prompts, with pretraining text beside them",
    optimiser=AdamW(lr=1e-7),
    schedule=Constant(),
    judges=("reward",),
)

declaration = Declaration(
    model=colossalchat,
    sizes={"7b": colossalchat.size},
    recipe=Recipe((supervised, reward, feedback)),
    assumed=(
        "recipe.schedule.warmup: not published; none stands here",
        "recipe.stages[1].optimiser.lr, recipe.stages[2].optimiser.lr, recipe.stages[2].objective: not published for "
        "this model; numbers of the usual order stand here",
        "recipe.stages[2].objective.smoothing: lambda of the advantages is not published; 0.95 stands here",
    ),
)

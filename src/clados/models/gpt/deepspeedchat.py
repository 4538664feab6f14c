"""DeepSpeed-Chat: OPT through three steps of tuning by feedback (Yao et al. 2023, arXiv 2308.01320)."""

from clados.models.gpt.opt import declaration as parent, opt
from clados.spec import *

deepspeedchat = opt.but(size=parent.at("13b").size)

dialogue = Template(prompt=" Human: {prompt} Assistant:", answer=" {answer}")
adapters = LowRank(rank=128, alpha=1.0, on=("q", "k", "v", "out", "up", "down"))
supervised = Tuning(
    name="supervised",
    start="opt",
    objective=Supervised(dialogue, learns="all"),
    data="a fifth of six public sets of instructions and preferences",
    optimiser=AdamW(lr=1e-4, beta2=0.95, decay=0.1),
    schedule=Cosine(),
    batch=32,
    length=512,
    epochs=2.0,
    trains=adapters,
)
reward = supervised.but(
    name="reward",
    start="opt:350m",
    objective=Comparisons(),
    data="two fifths of the same sets",
    optimiser=but(lr=5e-5),
    batch=64,
    epochs=1.0,
    head=Scalar(),
    trains=None,
)
feedback = supervised.but(
    name="feedback",
    start="supervised",
    objective=PPO(kl=0.1, critic="judge", template=dialogue),
    data="two fifths of the same sets",
    optimiser=but(lr=5e-4),
    schedule=but(warmup=100),
    batch=128,
    epochs=1.0,
    judges=("reward",),
)

declaration = Declaration(
    model=deepspeedchat,
    sizes={"13b": deepspeedchat.size, "66b": parent.at("66b").size},
    recipe=Recipe((supervised, reward, feedback)),
    assumed=(
        "recipe.batch: published for one device; eight stand here",
        "recipe.optimiser.beta2, recipe.stages[0].trains.alpha: not in the scripts as read; those of its code's usual "
        "optimiser and adapter stand here",
        "recipe.stages[0].objective.template: raw_datasets.py's words; those of its six sets that are dialogues keep "
        "their own, with two line ends before each side",
    ),
)

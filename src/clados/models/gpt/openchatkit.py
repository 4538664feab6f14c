"""OpenChatKit: GPT-NeoX-20B tuned on 43 million instructions (GPT-NeoXT-Chat-Base-20B; Together 2023)."""

from clados.models.gpt.gpt_neox_20b import gpt_neox
from clados.spec import *

tuning = Tuning(
    name="tuning",
    start="gpt-neox-20b",
    objective=Supervised(Template(prompt="<human>: {prompt}\n<bot>:", answer=" {answer}\n"), learns="all"),
    data="OIG-43M: 26 sets of instructions and dialogues, by LAION, Together and Ontocord",
    optimiser=AdamW(lr=1e-6),
    schedule=Constant(warmup=100),
    batch=256,
    length=2048,
    steps=20_000,
)

declaration = Declaration(
    model=gpt_neox,
    sizes={"20b": gpt_neox.size},
    recipe=Recipe((tuning,)),
    assumed=(
        "recipe.schedule, recipe.batch: the model card's stand here (2 x 2 x 64 sequences of 2048 tokens, 100 steps of "
        "warmup, then constant); the script says 64 sequences, 10 steps and then a line",
        "recipe.optimiser: the model card says AdamW in 8 bits; plain AdamW stands here",
    ),
)

"""Dolly: GPT-J (version 1) and Pythia (version 2) taught to follow instructions (Databricks 2023)."""

from clados.models.gpt.gpt_j import gpt_j
from clados.models.gpt.pythia import declaration as parent
from clados.spec import *

dolly = gpt_j.but(inputs=but(vocab=but(pad=50_256)))
resized = but(vocab=but(size=50_280, pad=0))

first = Template(
    prompt="Below is an instruction that describes a task, paired with an input that provides further context. "
    "Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:\n",
    bare="Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Response:\n",
    answer="{output}\n\n### End",
)
second = first.but(
    prompt="Below is an instruction that describes a task. Write a response that appropriately completes the "
    "request.\n\n### Instruction:\n{instruction}\n\nInput:\n{input}\n\n### Response:\n",
    answer="{response}\n\n### End",
    marks=("### Instruction:", "### Response:\n", "### End"),
)
tuning = Tuning(
    name="tuning",
    start="gpt-j",
    objective=Supervised(first),
    data="Alpaca's 52,000 instructions, without 1,000 that are held out",
    optimiser=AdamW(lr=1e-5),
    schedule=Constant(),
    batch=64,
    length=1024,
    epochs=10.0,
)
own = tuning.but(
    objective=Supervised(second),
    data="databricks-dolly-15k: about 15,000 instructions with answers by the firm's staff",
    optimiser=but(lr=5e-6),
    schedule=but(warmup=50),
    batch=None,
    epochs=2.0,
)

declaration = Declaration(
    model=dolly,
    sizes={
        "v1-6b": dolly,
        "v2-3b": parent.at("2.8b").but(inputs=resized),
        "v2-7b": parent.at("6.9b").but(inputs=resized),
        "v2-12b": parent.at("12b").but(inputs=resized),
    },
    recipe=Recipe((tuning,)),
    recipes={
        "v2-3b": Recipe((own.but(start="pythia:2.8b"),)),
        "v2-7b": Recipe((own.but(start="pythia:6.9b"),)),
        "v2-12b": Recipe((own.but(start="pythia:12b"),)),
    },
    assumed=(
        "recipe.schedule.warmup: not published for version 1",
        "recipe.epochs: of the released weights; the first run took one",
        "recipe.batch: version 1 read 8 texts on each of 8 devices; of version 2 only the texts on one are published",
    ),
)

"""Alpaca: LLaMA tuned on 52,000 instructions that a larger model wrote (Taori et al. 2023)."""

from clados.models.llama.llama import declaration as parent, llama
from clados.spec import *

alpaca = llama.but(inputs=but(vocab=but(size=32_001, pad=32_000)))

instructions = Template(
    prompt="Below is an instruction that describes a task, paired with an input that provides further context. "
    "Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:",
    bare="Below is an instruction that describes a task. "
    "Write a response that appropriately completes the request.\n\n### Instruction:\n{instruction}\n\n### Response:",
    answer="{output}</s>",
)
tuning = Tuning(
    name="tuning",
    start="llama",
    objective=Supervised(instructions),
    data="52,002 instructions with answers by text-davinci-003, grown from 175 by people",
    optimiser=AdamW(lr=2e-5),
    schedule=Cosine(warmup=37),
    batch=128,
    length=512,
    epochs=3.0,
    steps=1218,
)

declaration = Declaration(
    model=alpaca,
    sizes={"7b": alpaca.size, "13b": parent.at("13b")},
    recipe=Recipe((tuning,)),
    recipes={"13b": Recipe((tuning.but(optimiser=but(lr=1e-5), schedule=but(warmup=61), epochs=5.0, steps=2030),))},
    assumed=(
        "sizes.13b: only its recipe is published; LLaMA's rows stand here, without one for padding",
        "recipe.steps, recipe.schedule.warmup: published as 3 epochs and 3 % of the steps",
    ),
)

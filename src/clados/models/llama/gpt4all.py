"""GPT4All: LLaMA, and GPT-J, tuned on answers of GPT-3.5 to run on a laptop (github.com/nomic-ai/gpt4all)."""

from clados.models.gpt.gpt_j import gpt_j
from clados.models.llama.llama import llama
from clados.spec import *

gpt4all = llama.but(inputs=but(vocab=but(size=32_001, pad=32_000)))

tuning = Tuning(
    name="tuning",
    start="llama",
    objective=Supervised(Template(prompt="{prompt}\n", answer="{answer}</s>")),
    data="about 400,000 prompts with answers of GPT-3.5-Turbo",
    optimiser=AdamW(lr=5e-5),
    schedule=Constant(warmup=100),
    batch=32,
    length=1024,
    epochs=4.0,
    trains=LowRank(rank=8, alpha=32.0, on=("q", "v"), dropout=0.1),
)
whole = tuning.but(
    start="gpt-j",
    objective=but(template=but(answer="{answer}<|endoftext|>")),
    data="about 800,000 such pairs",
    optimiser=but(lr=2e-5),
    schedule=but(warmup=500),
    batch=256,
    epochs=2.0,
    trains=None,
)

declaration = Declaration(
    model=gpt4all,
    sizes={"7b": gpt4all, "j-6b": gpt_j},
    recipe=Recipe((tuning,)),
    recipes={"j-6b": Recipe((whole,))},
    assumed=(
        "recipe.schedule: published for the second model as a warmup and then a constant rate, which stands here",
    ),
)

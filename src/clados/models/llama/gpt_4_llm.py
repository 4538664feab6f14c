"""GPT-4-LLM: Alpaca's prompts answered by GPT-4 (Peng et al. 2023, arXiv 2304.03277)."""

from clados.models.llama.alpaca import tuning as parent
from clados.models.llama.llama import llama
from clados.spec import *

gpt_4_llm = llama.but(inputs=but(vocab=but(size=32_001, pad=32_000)))

tuning = parent.but(
    data="Alpaca's 52,000 instructions with answers by GPT-4", schedule=but(warmup=74), batch=64, steps=2436
)

declaration = Declaration(
    model=gpt_4_llm,
    sizes={"7b": gpt_4_llm.size},
    recipe=Recipe((tuning,)),
    assumed=(
        "recipe.steps, recipe.schedule.warmup: published as 3 epochs and 3 % of the steps",
        "inputs.vocab.size: not said; Alpaca's script, which it was trained by, adds a row for padding",
    ),
)

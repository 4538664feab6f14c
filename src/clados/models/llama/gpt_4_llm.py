"""GPT-4-LLM: Alpaca's prompts answered by GPT-4 (Peng et al. 2023, arXiv 2304.03277)."""

from clados.models.llama.alpaca import alpaca
from clados.models.llama.alpaca import tuning as parent
from clados.models.llama.llama import hf
from clados.spec import *

tuning = parent.but(
    data="Alpaca's 52,000 instructions with answers by GPT-4",
    schedule=but(warmup=74),
    batch=64,
    steps=2436,
)

declaration = Declaration(
    model=alpaca,
    sizes={"7b": alpaca.size},
    recipe=Recipe((tuning,)),
    layouts=(hf,),
    assumed=(
        "recipe.steps, recipe.schedule.warmup: published as 3 epochs and 3 % of the steps",
        "inputs.vocab.size: not said; Alpaca's script, which it was trained by, adds a row for padding",
    ),
)

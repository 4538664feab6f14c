"""Alpaca-LoRA: Alpaca's tuning with low-rank adapters on one small machine (github.com/tloen/alpaca-lora).

The recipe is that of the released adapters (README, "Official weights"), which adapt all four products of attention, at
rank 16; what its command does not name is as finetune.py has it.
"""

from clados.models.llama.alpaca import instructions
from clados.models.llama.llama import llama
from clados.spec import *

alpaca_lora = llama.but(inputs=but(vocab=but(pad=0)))

tuning = Tuning(
    name="tuning",
    start="llama",
    objective=Supervised(instructions.but(answer="{output}"), learns="all"),
    data="Alpaca's instructions, cleaned, without 2,000 that are held out",
    optimiser=AdamW(lr=3e-4),
    schedule=LinearDecay(warmup=100),
    batch=128,
    length=512,
    epochs=10.0,
    trains=LowRank(rank=16, alpha=16.0, on=("q", "k", "v", "out"), dropout=0.05),
)

declaration = Declaration(
    model=alpaca_lora,
    sizes={"7b": alpaca_lora.size},
    recipe=Recipe((tuning,)),
    assumed=(
        "recipe.stages[0].optimiser.lr, recipe.stages[0].schedule.warmup, recipe.stages[0].batch, "
        "recipe.stages[0].trains.alpha, recipe.stages[0].trains.dropout: "
        "the command of the released adapters leaves them at the script's usual numbers",
    ),
)

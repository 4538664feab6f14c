"""Alpaca-LoRA: Alpaca's tuning with low-rank adapters on one small machine (github.com/tloen/alpaca-lora)."""

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
    length=256,
    epochs=3.0,
    trains=LowRank(rank=8, alpha=16.0, on=("q", "v"), dropout=0.05),
)

declaration = Declaration(
    model=alpaca_lora,
    sizes={"7b": alpaca_lora.size},
    recipe=Recipe((tuning,)),
    assumed=("recipe: the script's usual numbers; the released adapters were trained with others too",),
)

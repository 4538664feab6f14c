"""Turing-NLG: a decoder of 17B as Megatron-LM's, trained with ZeRO (Rosset 2020, Microsoft's announcement)."""

from clados.models.gpt.megatron import megatron, pretraining as parent
from clados.spec import *

turing_nlg = megatron.but(
    size=Size(layers=78, d_model=4256, heads=28),
    inputs=but(vocab=Vocabulary(kind="bytes", size=50_257, bos=50_256, eos=50_256)),
)

pretraining = parent.but(
    data="the kind of text that Megatron-LM was trained on, about 157B tokens seen",
    schedule=Cosine(warmup=3200, over=500_000),
)

declaration = Declaration(
    model=turing_nlg,
    sizes={"17b": turing_nlg.size},
    recipe=Recipe((pretraining,)),
    assumed=(
        "inputs.vocab: not published; GPT-2's stands here",
        "stack.block, init: said to be as Megatron-LM's, whose parts stand here",
        "recipe.optimiser.decay, recipe.clip: not published; Megatron-LM's stand here",
        "recipe.schedule: the warmup is published; the cosine over 500,000 steps is from memory",
        "recipe.batch: from memory, as Megatron-LM's",
    ),
)

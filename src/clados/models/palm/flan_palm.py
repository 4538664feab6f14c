"""Flan-PaLM: PaLM tuned on 1,836 tasks worded as instructions (Chung et al. 2022, arXiv 2210.11416)."""

from clados.models.palm.palm import declaration as parent, palm
from clados.spec import *

damp = but(attn=but(dropout=0.1), mlp=but(dropout=0.1), dropout=0.1)
less = but(attn=but(dropout=0.05), mlp=but(dropout=0.05), dropout=0.05)
flan_palm = palm.but(inputs=but(dropout=0.1), stack=but(block=damp))
smaller = palm.but(inputs=but(dropout=0.05), stack=but(block=less))

tuning = Tuning(
    name="tuning",
    start="palm",
    objective=Supervised(),
    data="1,836 tasks, without and with examples and chains of thought: Muffin, T0-SF, NIV2, CoT; 1.4B tokens",
    optimiser=Adafactor(lr=1e-3),
    schedule=Constant(),
    batch=32,
    length=2048,
    steps=21_000,
)
few = Recipe((tuning.but(optimiser=but(lr=3e-3), steps=40_000),))

declaration = Declaration(
    model=flan_palm,
    sizes={"8b": smaller.but(size=parent.sizes["8b"]), "62b": smaller.but(size=parent.sizes["62b"]), "540b": flan_palm},
    recipe=Recipe((tuning,)),
    recipes={"8b": few, "62b": few},
    assumed=(
        "inputs.dropout, stack.block.dropout, stack.block.attn.dropout, stack.block.mlp.dropout: one rate is published "
        "for each size; where it acts is not, and T5's places stand here",
        "recipe.stages[0].length: examples are packed; to which length is not published, PaLM's stands here",
    ),
)

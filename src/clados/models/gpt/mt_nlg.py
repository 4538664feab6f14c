"""MT-NLG: Megatron-LM's decoder at 530B (Smith et al. 2022, arXiv 2201.11990)."""

from clados.models.gpt.megatron import megatron
from clados.spec import *

mt_nlg = megatron.but(
    size=Size(layers=105, d_model=20_480, heads=128),
    inputs=but(position=Learned(2048)),
    init=Normal(0.004, by_depth=True),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(),
    data="270B tokens of 15 sets: parts of the Pile, two Common Crawl snapshots, RealNews, CC-Stories",
    optimiser=AdamW(lr=5e-5, beta2=0.95, decay=0.1),
    schedule=Cosine(warmup=254, floor=0.1, over=86_466),
    batch=1920,
    length=2048,
    steps=68_665,
    clip=1.0,
)

declaration = Declaration(
    model=mt_nlg,
    sizes={"530b": mt_nlg.size},
    recipe=Recipe((pretraining,)),
    assumed=(
        "inputs.dropout, stack.block.dropout, stack.block.attn.dropout: not published; Megatron-LM's stand here",
        "init.by_depth: the paper gives one deviation; the code that it names narrows the branches' last products",
        "recipe: published in tokens (warmup 1B, decay 340B, 270B seen), without the ramp of the batch from 32",
    ),
)

"""HTLM: BART-large trained further on simplified web pages (Aghajanyan et al. 2021, arXiv 2107.06955)."""

from clados.models.bart.bart import bart, large
from clados.spec import *

htlm = bart.but(size=large)

pretraining = Tuning(
    name="pretraining",
    start="bart:large",
    objective=HintedDenoised(mean=3.5, permuted=False),
    data="23 TB of simplified English HTML from Common Crawl, January 2021",
    optimiser=AdamW(lr=4e-5),
    schedule=LinearDecay(warmup=10_000),
    batch=8192,
    steps=330_000,
)

declaration = Declaration(
    model=htlm,
    sizes={"large": large},
    recipe=Recipe((pretraining,)),
    assumed=(
        "recipe.objective.rate: not published; BART's stands here",
        "recipe.optimiser: Adam with polynomial decay, its other numbers not published; torch's stand here",
        "encoder.block.attn.dropout: 0.1 for the first 170,000 steps, then 0",
    ),
)

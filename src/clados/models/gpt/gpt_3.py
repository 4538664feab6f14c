"""GPT-3: GPT-2 much larger, every other layer sparse (Brown et al. 2020, arXiv 2005.14165)."""

from clados.models.gpt.gpt_2 import gpt_2
from clados.spec import *

dense = reach(gpt_2, "stack.block")
gpt_3 = gpt_2.but(
    size=Size(layers=96, d_model=12_288, heads=96),
    inputs=but(position=Learned(2048)),
    stack=but(block=(dense, dense.but(attn=but(pattern=Banded(span=256))))),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(),
    data="300B tokens of filtered Common Crawl, WebText2, two sets of books, Wikipedia",
    optimiser=AdamW(lr=0.6e-4, beta2=0.95, decay=0.1),
    schedule=Cosine(warmup=117, floor=0.1, over=81_250),
    batch=1562,
    length=2048,
    steps=93_750,
    clip=1.0,
)
half = pretraining.but(schedule=but(warmup=750, over=520_000), batch=244, steps=600_000)
one = pretraining.but(schedule=but(warmup=375, over=260_000), batch=488, steps=300_000)
two = pretraining.but(schedule=but(warmup=188, over=130_000), batch=977, steps=150_000)

declaration = Declaration(
    model=gpt_3,
    sizes={
        "small": Size(layers=12, d_model=768, heads=12),
        "medium": Size(layers=24, d_model=1024, heads=16),
        "large": Size(layers=24, d_model=1536, heads=16),
        "xl": Size(layers=24, d_model=2048, heads=16),
        "2.7b": Size(layers=32, d_model=2560, heads=32),
        "6.7b": Size(layers=32, d_model=4096, heads=32),
        "13b": Size(layers=40, d_model=5120, heads=40),
        "175b": gpt_3.size,
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "small": Recipe((half.but(optimiser=but(lr=6e-4)),)),
        "medium": Recipe((half.but(optimiser=but(lr=3e-4)),)),
        "large": Recipe((half.but(optimiser=but(lr=2.5e-4)),)),
        "xl": Recipe((one.but(optimiser=but(lr=2e-4)),)),
        "2.7b": Recipe((one.but(optimiser=but(lr=1.6e-4)),)),
        "6.7b": Recipe((two.but(optimiser=but(lr=1.2e-4)),)),
        "13b": Recipe((two.but(optimiser=but(lr=1e-4)),)),
    },
    assumed=(
        "stack.block[1].attn.pattern.span: not published; 256 stands here",
        "stack.block: which of the two kinds comes first is not published; the dense one stands here",
        "stack.block.dropout, stack.block.attn.dropout, inputs.dropout: not published; GPT-2's stand here",
        "sizes.xl: the table's 24 heads of 128 are wider than its d_model 2048 and give 1.52B; 16 stand here",
        "sizes.13b: the table's d_model 5140 is no 40 heads of 128; 5120 stands here",
        "recipe: published in tokens (0.5M to 3.2M a batch, warmup 375M, decay 260B, 300B in all); sequences of 2048 "
        "stand here, without the ramp of the batch",
    ),
)

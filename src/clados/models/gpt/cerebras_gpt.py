"""Cerebras-GPT: GPT-3's decoder, dense, each size on 20 tokens a parameter (Dey et al. 2023, arXiv 2304.03208)."""

from clados.models.gpt.gpt_3 import dense, gpt_3, pretraining as parent
from clados.spec import *

cerebras_gpt = gpt_3.but(
    size=Size(layers=40, d_model=5120, heads=40),
    inputs=but(dropout=0.0),
    stack=but(block=dense.but(attn=but(dropout=0.0), mlp=but(act="gelu"), dropout=0.0)),
    init=Normal(0.02, truncated=True, by_depth=True),
)

pretraining = parent.but(
    data="the Pile, 257B tokens",
    optimiser=but(lr=1.2e-4, eps=1e-9),
    schedule=Cosine(warmup=254, floor=0.1),
    batch=720,
    steps=174_335,
)
middle = pretraining.but(optimiser=but(lr=2e-4, eps=1e-8), schedule=but(warmup=346))
smallest = pretraining.but(optimiser=but(lr=6e-4, eps=1e-8), schedule=LinearDecay(warmup=693, floor=0.1))

declaration = Declaration(
    model=cerebras_gpt,
    sizes={
        "111m": Size(layers=10, d_model=768, heads=12),
        "256m": Size(layers=14, d_model=1088, heads=17),
        "590m": Size(layers=18, d_model=1536, heads=12),
        "1.3b": Size(layers=24, d_model=2048, heads=16),
        "2.7b": Size(layers=32, d_model=2560, heads=32),
        "6.7b": Size(layers=32, d_model=4096, heads=32),
        "13b": cerebras_gpt.size,
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "111m": Recipe((smallest.but(schedule=but(warmup=1525), batch=120, steps=9037),)),
        "256m": Recipe((smallest.but(batch=264, steps=9468),)),
        "590m": Recipe((middle.but(schedule=smallest.schedule, batch=264, steps=21_836),)),
        "1.3b": Recipe((middle.but(batch=528, steps=24_334),)),
        "2.7b": Recipe((middle.but(batch=528, steps=49_041),)),
        "6.7b": Recipe((pretraining.but(schedule=LinearDecay(warmup=176, floor=0.1), batch=1040, steps=62_522),)),
    },
    assumed=(
        "stack.block.mlp.act: said as GELU; its exact form stands here",
        "recipe.schedule: of the published configurations of training, four of whose sizes fall in a line; the table "
        "beside them says cosine for all, and 1,500 steps of warmup for 111m and 256m",
        "recipe.steps: published in tokens, 20 a parameter; batch and steps fit them",
        "init: of the same configurations; 1.3b and 13b have 0.0025 at the ends of branches, by no rule of depth, "
        "where 0.02 / sqrt(2 layers) stands here",
        "recipe.batch: 720 for 57,000 steps and then 1,080; the first stands here for all, with steps for the tokens",
        "sizes.2.7b: 32 heads of 80, by the configuration of its training and the one of the released weights; the "
        "table beside them says 20 of 128",
    ),
)

"""BLOOM: GPT-3's decoder with linear biases and a norm after the tokens, in 59 languages (Le Scao et al. 2022)."""

from clados.models.gpt.gpt_3 import dense, gpt_3
from clados.spec import *

bloom = gpt_3.but(
    size=Size(layers=70, d_model=14_336, heads=112),
    inputs=Tokens(vocab=Vocabulary(kind="bytes", size=250_880, unk=0, bos=1, eos=2, pad=3), norm=True),
    stack=but(block=dense.but(attn=but(dropout=0.0), dropout=0.0), position=ALiBi()),
    init=Normal(0.0048, by_depth=True),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(),
    data="ROOTS, 366B tokens of 46 natural and 13 programming languages",
    optimiser=AdamW(lr=6e-5, beta2=0.95, decay=0.1),
    schedule=Cosine(warmup=89, floor=0.1, over=97_752),
    batch=2048,
    length=2048,
    steps=87_262,
    clip=1.0,
)
half = pretraining.but(data="341B tokens of it", schedule=but(warmup=358, over=391_006), batch=512, steps=325_203)
quarter = half.but(schedule=but(warmup=715, over=782_013), batch=256, steps=650_406)

declaration = Declaration(
    model=bloom,
    sizes={
        "560m": Size(layers=24, d_model=1024, heads=16),
        "1b1": Size(layers=24, d_model=1536, heads=16),
        "1b7": Size(layers=24, d_model=2048, heads=16),
        "3b": Size(layers=30, d_model=2560, heads=32),
        "7b1": Size(layers=30, d_model=4096, heads=32),
        "176b": bloom.size,
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "560m": Recipe((quarter.but(optimiser=but(lr=3e-4), schedule=but(floor=1 / 30)),)),
        "1b1": Recipe((quarter.but(optimiser=but(lr=2.5e-4), schedule=but(floor=0.04)),)),
        "1b7": Recipe((half.but(optimiser=but(lr=2e-4), schedule=but(floor=0.05)),)),
        "3b": Recipe((half.but(optimiser=but(lr=1.6e-4), schedule=but(floor=0.0625)),)),
        "7b1": Recipe((half.but(optimiser=but(lr=1.2e-4), schedule=but(floor=1 / 12)),)),
    },
    assumed=(
        "recipe: published in tokens (warmup 375M, decay 410B); the whole batch stands here, without its ramp from 16 "
        "and 192 sequences over the first 20B tokens",
    ),
)

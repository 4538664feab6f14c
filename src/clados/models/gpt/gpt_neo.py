"""GPT-Neo: an open model of GPT-3's shapes, its scores unscaled (Black et al. 2021, github:EleutherAI/gpt-neo)."""

from clados.models.gpt.gpt_3 import gpt_3
from clados.spec import *

gpt_neo = gpt_3.but(
    size=Size(layers=32, d_model=2560, heads=20),
    inputs=but(dropout=0.0),
    stack=but(block=but(attn=but(biases="out", scale=1.0, dropout=0.0), dropout=0.0)),
    init=MeshNormal(0.02, positions=0.01),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(z=1e-4),
    data="the Pile, about 420B tokens",
    optimiser=AdamW(lr=1.6e-4, beta2=0.95, decay=0.1),
    schedule=Cosine(warmup=3000, floor=0.1),
    batch=512,
    length=2048,
    steps=400_000,
    clip=1.0,
)

declaration = Declaration(
    model=gpt_neo,
    sizes={
        "125m": Size(layers=12, d_model=768, heads=12),
        "1.3b": Size(layers=24, d_model=2048, heads=16),
        "2.7b": gpt_neo.size,
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "125m": Recipe((pretraining.but(data="300B tokens of it", optimiser=but(lr=6e-4), batch=256, steps=572_300),)),
        "1.3b": Recipe((pretraining.but(data="380B tokens of it", optimiser=but(lr=2e-4), steps=362_000),)),
    },
    assumed=("recipe.schedule.floor: not in the configurations; a tenth stands here, the code's default",),
)

"""GPT-J: rotary positions, branches side by side after one norm (Wang & Komatsuzaki 2021, mesh-transformer-jax)."""

from clados.models.gpt.gpt_2 import gpt_2
from clados.spec import *

gpt_j = gpt_2.but(
    size=Size(layers=28, d_model=4096, heads=16),
    inputs=but(vocab=but(size=50_400), position=None, dropout=0.0),
    stack=but(
        block=but(attn=Attention(biases="none"), residual=Parallel(norms=1), dropout=0.0),
        position=Rotary(fraction=0.25, pairs="neighbours"),
    ),
    heads=(Untied(bias=True),),
    init=Haiku(),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(z=1e-4),
    data="the Pile, 402B tokens",
    optimiser=AdamW(lr=1.2e-4, decay=0.1),
    schedule=Cosine(warmup=3000, floor=0.1, over=303_000),
    batch=512,
    length=2048,
    steps=383_500,
    clip=1.0,
)

declaration = Declaration(model=gpt_j, sizes={"6b": gpt_j.size}, recipe=Recipe((pretraining,)))

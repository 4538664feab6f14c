"""T5 v1.1: T5 with GEGLU and a head of its own, trained on C4 alone (its repository, released_checkpoints.md)."""

from clados.models.t5.t5 import pretraining, t5
from clados.spec import *

gated = but(block=but(mlp=but(act="gelu_tanh", gated=True)))
t5_v1_1 = dropping(t5, 0.0).but(
    size=Size(layers=24, d_model=4096, heads=64, d_ff=10_240, head_dim=64),
    encoder=gated,
    decoder=gated,
    heads=(Untied(),),
)

declaration = Declaration(
    model=t5_v1_1,
    sizes={
        "small": Size(layers=8, d_model=512, heads=6, d_ff=1024, head_dim=64),
        "base": Size(layers=12, d_model=768, heads=12, d_ff=2048, head_dim=64),
        "large": Size(layers=24, d_model=1024, heads=16, d_ff=2816, head_dim=64),
        "xl": Size(layers=24, d_model=2048, heads=32, d_ff=5120, head_dim=64),
        "xxl": t5_v1_1.size,
    },
    recipe=Recipe((pretraining.but(data="C4"),)),
)

# What its children begin with: the same model learns to write on (Lester et al. 2021, §3.1).
adaptation = Tuning(
    name="adaptation",
    start="t5-v1.1",
    objective=PrefixLM(),
    data="C4",
    optimiser=Adafactor(lr=1e-3),
    schedule=Constant(),
    batch=2048,
    length=512,
    steps=100_000,
)

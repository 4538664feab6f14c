"""Pythia: GPT-NeoX-20B's block at ten sizes, trained on the same data in the same order (Biderman et al. 2023)."""

from clados.models.gpt.gpt_neox_20b import gpt_neox, pretraining as parent
from clados.spec import *

pythia = gpt_neox.but(
    size=Size(layers=36, d_model=5120, heads=40),
    inputs=but(vocab=but(size=50_688)),
    stack=but(block=but(mlp=but(act="gelu"))),
    init=Normal(0.02, by_depth=True),
)
second = pythia.but(size=Size(layers=32, d_model=4096, heads=32), inputs=but(vocab=but(size=50_432)))
small = pythia.but(inputs=but(vocab=but(size=50_304)), init=SmallInit())

pretraining = parent.but(
    data="the Pile, plain or deduplicated, 299,892,736,000 tokens",
    optimiser=but(lr=1.2e-4, decay=0.1),
    schedule=but(warmup=1430),
    batch=1024,
    steps=143_000,
)
smallest = Recipe((pretraining.but(optimiser=but(lr=1e-3)),))

declaration = Declaration(
    model=pythia,
    sizes={
        "14m": small.but(size=Size(layers=6, d_model=128, heads=4)),
        "31m": small.but(size=Size(layers=6, d_model=256, heads=8)),
        "70m": small.but(size=Size(layers=6, d_model=512, heads=8)),
        "160m": small.but(size=Size(layers=12, d_model=768, heads=12)),
        "410m": small.but(size=Size(layers=24, d_model=1024, heads=16)),
        "1b": small.but(size=Size(layers=16, d_model=2048, heads=8)),
        "1.4b": small.but(size=Size(layers=24, d_model=2048, heads=16)),
        "2.8b": small.but(size=Size(layers=32, d_model=2560, heads=32)),
        "6.9b": second,
        "12b": pythia,
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "14m": smallest,
        "31m": smallest,
        "70m": smallest,
        "160m": Recipe((pretraining.but(optimiser=but(lr=6e-4)),)),
        "410m": Recipe((pretraining.but(optimiser=but(lr=3e-4)),)),
        "1b": Recipe((pretraining.but(optimiser=but(lr=3e-4)),)),
        "1.4b": Recipe((pretraining.but(optimiser=but(lr=2e-4)),)),
        "2.8b": Recipe((pretraining.but(optimiser=but(lr=1.6e-4)),)),
    },
    assumed=(
        "init: the largest two name no law in their configurations; the library's default stands here",
        "stack.block.mlp.act: the paper says GELU, and so do the published configurations; the fused kernel that "
        "trained it computes its tanh form",
        "recipes.1b.optimiser.lr: 3e-4 in the paper's table, which stands here; 2.5e-4 in the configuration",
    ),
)

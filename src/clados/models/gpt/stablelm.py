"""StableLM (alpha): GPT-NeoX, wide and shallow, on a larger Pile (Stability AI 2023)."""

from clados.models.gpt.gpt_neox_20b import gpt_neox, pretraining as parent
from clados.spec import *

stablelm = gpt_neox.but(size=Size(layers=16, d_model=6144, heads=48), stack=but(block=but(mlp=but(act="gelu"))))
small = stablelm.but(size=Size(layers=16, d_model=4096, heads=32), inputs=but(vocab=but(size=50_688)))

pretraining = parent.but(
    data="800B of the 1.5T tokens of a set built on the Pile",
    optimiser=but(lr=1.5e-4, decay=0.1),
    schedule=but(warmup=1800),
    batch=None,
    length=4096,
    steps=180_000,
)
recipe = Recipe((pretraining,))

declaration = Declaration(
    model=stablelm,
    sizes={"3b": small, "7b": stablelm},
    recipe=recipe,
    recipes={"3b": Recipe((pretraining.but(optimiser=but(lr=1.6e-4, beta2=0.9999, eps=1e-6)),))},
    assumed=(
        "recipe.batch: published for one device; how many there were is not",
        "stack.block.mlp.act: the released configurations say GELU; the fused kernel that trained it computes its tanh "
        "form",
    ),
)

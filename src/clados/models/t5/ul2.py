"""UL2: T5 v1.1 with SwiGLU and wide heads, trained on seven denoising tasks (Tay et al. 2022, arXiv 2205.05131)."""

from clados.models.t5.t5 import pretraining
from clados.models.t5.t5_v1_1 import t5_v1_1
from clados.spec import *

swiglu = but(block=but(mlp=but(act="silu")))
ul2 = t5_v1_1.but(
    size=Size(layers=32, d_model=4096, heads=16, d_ff=16_384, head_dim=256), encoder=swiglu, decoder=swiglu
)

denoisers = (
    Denoiser("[NLU]", rate=0.15, mean=3.0),
    Denoiser("[NLU]", rate=0.15, mean=8.0),
    Denoiser("[S2S]", rate=0.25),
    Denoiser("[NLG]", rate=0.5, mean=3.0),
    Denoiser("[NLG]", rate=0.5, mean=8.0),
    Denoiser("[NLG]", rate=0.15, mean=64.0),
    Denoiser("[NLG]", rate=0.5, mean=64.0),
)

declaration = Declaration(
    model=ul2,
    sizes={"20b": ul2.size},
    recipe=Recipe(
        (pretraining.but(objective=MixtureOfDenoisers(denoisers), data="C4, 1T tokens", batch=1024, steps=2_000_000),)
    ),
    assumed=(
        "recipe.objective.spread: not published, though span lengths are normal; the paper's code cuts spans as T5",
        "heads: whether the released head has a table of its own was not read again; that of T5 v1.1 stands here",
        "recipe.optimiser.lr, recipe.schedule.warmup: Adafactor and an inverse square root are published; T5's "
        "numbers stand here",
    ),
)

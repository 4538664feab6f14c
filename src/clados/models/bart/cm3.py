"""CM3, as it reads text: a decoder over web pages, spans at their ends (Aghajanyan et al. 2022, arXiv 2201.07520)."""

from clados.models.gpt.gpt_3 import dense, gpt_3
from clados.spec import *

cm3 = gpt_3.but(
    size=Size(layers=40, d_model=5120, heads=40),
    inputs=but(
        vocab=Vocabulary(kind="bytes", size=51_297, eos=50_256, sentinels=16),
        position=Sinusoidal(order="halves"),
        scaled=True,
    ),
    stack=but(block=dense.but(mlp=but(act="gelu"))),
    init=but(positions=None),
)

pretraining = Stage(
    name="pretraining",
    objective=CausalMasked(),
    data="CC-News (121B tokens) and English Wikipedia (102B) as simplified HTML, pictures as tokens",
    optimiser=AdamW(lr=1e-4, beta2=0.98),
    schedule=LinearDecay(warmup=1500),
    batch=3072,
    length=2048,
    clip=1.0,
)

declaration = Declaration(
    model=cm3,
    sizes={"medium": Size(layers=32, d_model=2560, heads=32), "large": cm3.size},
    recipe=Recipe((pretraining,)),
    recipes={"medium": Recipe((pretraining.but(optimiser=but(lr=1.6e-4), batch=1920),))},
    assumed=(
        "inputs.vocab: not published; GPT-2's bytes, 1,024 tokens for pictures and 16 numbered masks stand here",
        "inputs.position.order, inputs.scaled: fairseq's, in whose words the paper gives the shape; its positions "
        "count from 2, ours from 0",
        "stack.block.dropout, stack.block.attn.dropout, inputs.dropout, init: not published; GPT-3's stand here",
        "recipe.optimiser.lr, recipe.steps: not published; GPT-3's rates for these sizes stand here",
    ),
)

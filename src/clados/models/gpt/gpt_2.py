"""GPT-2: GPT with its norms in front, ten times larger (Radford et al. 2019)."""

from clados.models.gpt.gpt import gpt
from clados.spec import *

gpt_2 = gpt.but(
    inputs=but(vocab=Vocabulary(kind="bytes", size=50_257, bos=50_256, eos=50_256), position=Learned(1024)),
    stack=but(block=but(residual=Pre()), norm_out=True),
    init=Normal(0.02, positions=0.01, by_depth=True),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(),
    data="WebText: 8 million pages linked from Reddit, 40 GB",
    optimiser=AdamW(lr=2.5e-4, decay=0.01),
    schedule=Cosine(warmup=2000),
    batch=512,
    length=1024,
)

declaration = Declaration(
    model=gpt_2,
    sizes={
        "small": gpt_2.size,
        "medium": Size(layers=24, d_model=1024, heads=16),
        "large": Size(layers=36, d_model=1280, heads=20),
        "xl": Size(layers=48, d_model=1600, heads=25),
    },
    recipe=Recipe((pretraining,)),
    assumed=(
        "inputs.dropout, stack.block.dropout, stack.block.attn.dropout: not published; GPT's stand here",
        "init.by_depth: the paper counts residual layers; two a block, as in ports",
        "recipe.optimiser: not published; GPT's rate and decay stand here",
        "recipe.schedule: not published; GPT's warmup and cosine stand here",
    ),
)

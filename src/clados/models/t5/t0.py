"""T0: T5 v1.1, adapted to writing on, then tuned on tasks put as questions (Sanh et al. 2021, arXiv 2110.08207)."""

from clados.models.t5.t5_v1_1 import adaptation, declaration as parent, t5_v1_1
from clados.spec import *

t0 = dropping(t5_v1_1, 0.1)

tuning = Tuning(
    name="tuning",
    start="adaptation",
    objective=Supervised(),
    data="P3, each task in several wordings: T0's 8 kinds of task, T0+'s also GPT-3's, T0++'s also SuperGLUE's",
    optimiser=Adafactor(lr=1e-3),
    schedule=Constant(),
    batch=1024,
    length=1024,
    steps=12_200,
)

declaration = Declaration(
    model=t0,
    sizes={"3b": parent.sizes["xl"], "11b": t0.size},
    recipe=Recipe((adaptation, tuning)),
    assumed=(
        "recipe.stages[0].optimiser.lr, recipe.stages[0].batch: not published for the adaptation; T0's and T5's stand "
        "here",
        "recipe.stages[1].length: of the inputs; targets are cut at 256",
        "inputs.dropout, encoder.block.dropout, decoder.block.dropout: the tuning's; the adaptation had none, as "
        "T5 v1.1's pretraining",
    ),
)

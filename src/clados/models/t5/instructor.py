"""InstructOR: T5's encoder gives a text's vector for the task that is named before it (Su et al. 2022, 2212.09741)."""

from clados.models.t5.t5 import t5
from clados.spec import *

instructor = Encoder(
    size=Size(layers=24, d_model=1024, heads=16, d_ff=4096, head_dim=64),
    inputs=t5.inputs,
    stack=t5.encoder,
    heads=(Embedding(steps=(Dense(768, bias=False), UnitLength())),),
    init=t5.init,
)

tuning = Tuning(
    name="tuning",
    start="t5:large",
    objective=PairedTexts(instructed=True, hard=1, in_batch=False, both=True),
    data="MEDI: 330 sets of pairs, each with an instruction; a batch is of one task",
    optimiser=AdamW(lr=2e-5),
    schedule=LinearDecay(warmup=2000),
    steps=20_000,
)

declaration = Declaration(
    model=instructor,
    sizes={
        "base": Size(layers=12, d_model=768, heads=12, d_ff=3072, head_dim=64),
        "large": instructor.size,
        "xl": Size(layers=24, d_model=1024, heads=32, d_ff=16_384, head_dim=128),
    },
    recipe=Recipe((tuning,)),
    recipes={"base": Recipe((tuning.but(start="t5:base"),)), "xl": Recipe((tuning.but(start="t5:3b"),))},
    assumed=(
        "recipe: it starts from GTR, T5's encoder tuned for retrieval, which is outside this catalog",
        "recipe.objective.in_batch: the paper's B holds a pair and its wrong texts; the authors' code, which stands "
        "here, takes the wrong texts of the whole batch, and no other pair's passage",
        "recipe.optimiser: betas and decay are not published; the usual ones stand here",
        "recipe.schedule: a tenth of the steps warms up; the line after it is the default of the authors' code",
    ),
)

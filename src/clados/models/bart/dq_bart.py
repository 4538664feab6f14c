"""DQ-BART: fewer layers of a tuned BART, in 8 or 2 bits, taught by it (Li et al. 2022, arXiv 2203.11239)."""

from clados.models.bart.bart import bart
from clados.spec import *

six = reach(bart, "size")
three = six.but(layers=3)
one = six.but(layers=1)

distillation = Tuning(
    name="distillation and quantisation",
    start="bart:base",
    objective=QuantisedDistillation(
        teacher="bart:base", layers=((5,), (0, 5), (0, 2, 5), (0, 2, 3, 5), (0, 1, 3, 4, 5))
    ),
    data="CNN/DailyMail or XSum (summaries), ELI5 (long answers), WMT16 English-Romanian; the teacher is tuned on each",
    optimiser=AdamW(lr=3e-5),
    schedule=LinearDecay(),
    batch=None,
    epochs=20,
)

declaration = Declaration(
    model=bart,
    sizes={"6-6": six, "6-3": Sides(six, three), "6-1": Sides(six, one), "3-1": Sides(three, one), "1-1": one},
    recipe=Recipe((distillation,)),
    assumed=(
        "recipe.schedule.warmup: published as 5 % of the steps, whose number is not; none stands here",
        "recipe.batch: the authors' code takes 8 texts a GPU, twice a step; the number of GPUs is not published",
        "recipe.epochs: of the sample command",
        "recipe.objective: the model here is the student in full precision; 8-8-8 bits stand here, 2-2-8 was tried too",
    ),
)

"""GopherCite: Gopher that backs its answers with quotes from pages (Menick et al. 2022, arXiv 2203.11147)."""

from clados.models.gopher.gopher import declaration as parent, gopher
from clados.spec import *

quoting = Template(prompt="{pages}Question: {prompt}\nAnswer:", answer=" %<{claim}>%({title})%[{quote}]%")

answers = Tuning(
    name="answers",
    start="gopher:280b",
    objective=Supervised(template=quoting),
    data="about 5,000 of Gopher's own answers that people rated plausible and supported; Natural Questions, ELI5",
    optimiser=Adafactor(lr=3e-6),
    schedule=Constant(),
    batch=128,
    length=4096,
    steps=60,
    trains=AllBut(("inputs.tokens.weight",)),
)
ratings = Tuning(
    name="ratings",
    start="gopher:7.1b",
    size="7b",
    objective=Comparisons(ties=True, auxiliary=0.5),
    data="33,242 pairs of answers rated by people, ties among them; whether each is plausible and supported",
    optimiser=Adafactor(lr=3e-6),
    schedule=Constant(),
    length=4096,
    head=Scalar(),
)
reinforcement = Tuning(
    name="reinforcement",
    start="answers",
    judges=("ratings",),
    objective=ActorCritic(kl=None, mixed=True, template=quoting),
    data="questions of Natural Questions and ELI5, with pages found by search",
    optimiser=Adafactor(lr=2e-6),
    schedule=Constant(),
    batch=16,
    length=4096,
    clip=1.0,
    trains=Upper(32),
)

declaration = Declaration(
    model=gopher,
    sizes={"280b": gopher.size, "7b": parent.sizes["7.1b"], "1.4b": parent.sizes["1.4b"]},
    recipe=Recipe((answers, ratings, reinforcement)),
    recipes={
        "7b": Recipe((answers.but(start="gopher:7.1b"), ratings)),
        "1.4b": Recipe((answers.but(start="gopher:1.4b"), ratings)),
    },
    assumed=(
        "stack, inputs, init: Gopher's, with what is assumed there; its distances reach over 4,096 tokens as they are",
        "recipe.stages[1].optimiser, recipe.stages[1].batch: not published; the supervised stage's rate stands here",
        "recipe.stages[2].objective.kl: a falling share was tried, its numbers are not published",
    ),
)

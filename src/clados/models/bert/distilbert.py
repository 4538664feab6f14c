"""DistilBERT: every second layer of BERT, taught by the whole (Sanh et al. 2019, arXiv 1910.01108)."""

from clados.models.bert.bert import bert
from clados.spec import *

distilbert = bert.but(size=but(layers=6), inputs=but(types=0), heads=(Tied(bias=True, transform="gelu"),))

distillation = Stage(
    name="distillation",
    objective=Distilled(teacher="bert"),
    data="BooksCorpus and English Wikipedia, as BERT",
    optimiser=AdamW(lr=5e-4, beta2=0.98, eps=1e-6),
    schedule=LinearDecay(),
    batch=4000,
    length=512,
    clip=5.0,
)
multilingual = distillation.but(
    objective=but(teacher="bert:base-multilingual-cased"), data="Wikipedia in 104 languages, as the teacher"
)

declaration = Declaration(
    model=distilbert,
    sizes={
        "base": distilbert.size,
        "base-cased": distilbert.but(inputs=but(vocab=but(size=28_996))),
        "base-multilingual-cased": distilbert.but(inputs=but(vocab=but(size=119_547))),
    },
    recipe=Recipe((distillation,)),
    recipes={
        "base-cased": Recipe((distillation.but(objective=but(teacher="bert:base-cased")),)),
        "base-multilingual-cased": Recipe((multilingual,)),
    },
    assumed=(
        "recipe.objective: the weights and the temperature are those of the authors' published command",
        "recipe.optimiser, recipe.schedule, recipe.clip: not published; those of the authors' script (beta2 in "
        "distiller.py, the others its defaults), whose warmup is 5 % of three passes over the data",
        "recipe.objective: it starts from one layer of each two of the teacher's (§3), by the authors' script 0, 2, 4, "
        "7, 9 and 11, counted from 0, without the segments' vectors",
        "recipe.objective.soft, recipe.objective.directions: the paper does not say at which positions; at all but "
        "padding, the authors' default",
        "recipe.objective.rate: the masks fall evenly here; the authors' command prefers rare words, by their count to "
        "the power of -0.7",
    ),
)

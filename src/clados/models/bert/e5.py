"""E5: BERT's mean state as a vector of a text, learned from pairs found on the web (Wang et al. 2022, 2212.03533)."""

from clados.models.bert.bert import bert, large
from clados.models.bert.xlm_roberta import xlm_roberta
from clados.spec import *

e5 = bert.but(size=large, heads=(Embedding(),))
small = Size(layers=12, d_model=384, heads=12)
multilingual = xlm_roberta.but(heads=(Embedding(),))

pairs = Tuning(
    name="contrastive pretraining",
    start="bert:large",
    objective=PairedTexts(prefixes=("query: ", "passage: ")),
    data="CCPairs: 270M pairs of texts, left of 1.3B from Reddit, StackExchange, Wikipedia, papers and web pages",
    optimiser=AdamW(lr=1e-4, decay=0.01),
    schedule=LinearDecay(warmup=1000),
    batch=32_768,
    length=128,
    steps=20_000,
)
labelled = pairs.but(
    name="fine-tuning",
    start="contrastive pretraining",
    objective=but(hard=7, teacher="cross-encoder", share=0.2),
    data="MS-MARCO, Natural Questions, NLI",
    optimiser=but(lr=1e-5),
    schedule=but(warmup=400),
    batch=256,
    length=192,
    steps=None,
    epochs=3,
)
many = pairs.but(start="xlm-roberta:base", data="about 1B pairs of texts in many languages", length=None, steps=30_000)
translated = labelled.but(
    data="MS-MARCO, Natural Questions, TriviaQA, SQuAD, NLI, and labelled sets in other languages",
    schedule=LinearDecay(),
    batch=512,
    length=None,
    epochs=2,
)

declaration = Declaration(
    model=e5,
    sizes={
        "small": small,
        "base": bert.size,
        "large": e5.size,
        "multilingual-small": e5.but(size=small, inputs=but(vocab=multilingual.vocab.but(size=250_037))),
        "multilingual-base": multilingual.but(size=bert.size),
        "multilingual-large": multilingual,
    },
    recipe=Recipe((pairs, labelled)),
    recipes={
        "small": Recipe((Stage.like(pairs, optimiser=but(lr=3e-4)), labelled.but(optimiser=but(lr=3e-5)))),
        "base": Recipe((pairs.but(start="bert:base", optimiser=but(lr=2e-4)), labelled.but(optimiser=but(lr=2e-5)))),
        "multilingual-small": Recipe(
            (Stage.like(many, optimiser=but(lr=3e-4)), translated.but(optimiser=but(lr=3e-5)))
        ),
        "multilingual-base": Recipe((many.but(optimiser=but(lr=2e-4)), translated.but(optimiser=but(lr=2e-5)))),
        "multilingual-large": Recipe((many.but(start="xlm-roberta:large"), translated)),
    },
    assumed=(
        "recipes.small, recipes.multilingual-small: they start from MiniLM, a model outside this catalog; no start "
        "stands here",
        "recipe.start: it starts from bert-large-uncased-whole-word-masking, BERT-large trained with whole words "
        "hidden; BERT's large stands here",
        "recipe.stages[1].objective: that wrong texts stand in the contrastive part too is Eq. 1's; the default of the "
        "authors' earlier script (microsoft/unilm, simlm/src, kd_mask_hn) leaves them to the teacher's part",
        "recipe.schedule: the warmup of both stages is published; a line to zero stands here",
        "recipes.multilingual-base.optimiser, recipes.multilingual-large.optimiser, "
        "recipes.multilingual-large.schedule: the English models' stand here",
        "recipes.multilingual-large: batch and passes of the supervised stage are from memory; its warmup is not known "
        "and left out",
    ),
)

"""mBART: BART in 25 languages, norms before the sublayers (Liu et al. 2020, arXiv 2001.08210)."""

from clados.models.bart.bart import bart, large, pretraining as bart_pretraining
from clados.spec import *

first = but(block=but(residual=Pre()), norm_out=True)
mbart = bart.but(
    size=large,
    inputs=but(
        vocab=Vocabulary(
            kind="unigram", size=250_027, bos=0, pad=1, eos=2, unk=3, start=250_004, cls=0, sep=2, mask=250_026
        ),
        scaled=True,
    ),
    target=but(scaled=True),
    encoder=first,
    decoder=first,
)
fifty = mbart.but(inputs=but(vocab=but(size=250_054, start=2, mask=250_053)))

pretraining = bart_pretraining.but(
    objective=Denoised(rate=0.35, mean=3.5, whole_words=True, marked=True),
    data="CC25: Common Crawl in 25 languages, a language in a text",
    optimiser=AdamW(lr=3e-4, beta2=0.98, eps=1e-6),
    schedule=LinearDecay(warmup=10_000),
    batch=None,
    length=512,
    steps=500_000,
    exponent=0.7,
)
to_fifty = Tuning(
    name="pretraining on 50 languages",
    start="mbart:cc25",
    objective=pretraining.objective,
    data="the 25 languages and 25 more, from CCNet",
    optimiser=pretraining.optimiser,
    schedule=pretraining.schedule,
    steps=500_000,
    exponent=0.7,
)

declaration = Declaration(
    model=mbart,
    sizes={"cc25": mbart.size, "50": fifty},
    recipe=Recipe((pretraining,)),
    recipes={"50": Recipe((to_fifty,))},
    assumed=(
        "inputs.vocab.start: a target starts with its language's token; English's stands here",
        "encoder.block.attn.dropout: not published; BART's stands here. Dropout was 0.1 up to step 250,000, 0.05 up to "
        "400,000, then 0",
        "recipe.optimiser.lr, recipe.schedule.warmup: not published; a rate and warmup for this size stand here",
        "recipe.batch: published in tokens: about 128,000 on each of 256 GPUs",
        "recipes.50.objective, recipes.50.optimiser, recipes.50.schedule: said to be mBART's",
    ),
)

"""XLM-RoBERTa: RoBERTa on a hundred languages (arXiv 1911.02116, 2105.00572)."""

from clados.models.bert.roberta import pretraining as parents, roberta
from clados.spec import *

xlm_roberta = roberta.but(
    inputs=but(vocab=Vocabulary(kind="unigram", size=250_002, bos=0, pad=1, eos=2, unk=3, cls=0, sep=2, mask=250_001))
)
xl = xlm_roberta.but(
    size=Size(layers=36, d_model=2560, heads=32),
    inputs=but(vocab=but(size=250_880), norm=False),
    stack=but(block=but(residual=Pre()), norm_out=True),
)

pretraining = parents.but(data="CC-100: 2.5 TB of CommonCrawl in 100 languages", steps=1_500_000, exponent=0.3)

declaration = Declaration(
    model=xlm_roberta,
    sizes={
        "base": Size(layers=12, d_model=768, heads=12),
        "large": xlm_roberta.size,
        "xl": xl,
        "xxl": xl.but(size=Size(layers=48, d_model=4096, heads=32)),
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "xl": Recipe((pretraining.but(batch=None, steps=500_000),)),
        "xxl": Recipe((pretraining.but(batch=None, steps=500_000),)),
    },
    assumed=(
        "recipe.optimiser, recipe.schedule: not published; RoBERTa's stand here",
        "sizes.xl.inputs.vocab.size: the paper has 250,000; the rows of the published checkpoint stand here",
        "init: not published; RoBERTa's stands here",
    ),
)

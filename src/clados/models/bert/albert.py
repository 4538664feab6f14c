"""ALBERT: BERT with one set of weights for every layer and a narrow table (Lan et al. 2020, arXiv 1909.11942)."""

from clados.models.bert.bert import bert, large
from clados.spec import *

vocab = Vocabulary(kind="unigram", size=30_000, pad=0, unk=1, cls=2, sep=3, mask=4)
albert = bert.but(
    size=but(d_embedding=128),
    inputs=Factorised.like(bert.inputs, vocab=vocab),
    stack=but(groups=1),
    heads=(Tied(bias=True, transform="gelu"), Pooler(), SentenceOrder()),
)

pretraining = Stage(
    name="pretraining",
    objective=MaskedNgrams(),
    data="BooksCorpus and English Wikipedia, 16 GB",
    optimiser=LAMB(lr=1.76e-3),
    schedule=LinearDecay(warmup=3125),
    batch=4096,
    length=512,
    steps=125_000,
    clip=1.0,
)

declaration = Declaration(
    model=albert,
    sizes={
        "base": albert.size,
        "large": large.but(d_embedding=128),
        "xlarge": Size(layers=24, d_model=2048, heads=16, d_embedding=128),
        "xxlarge": dropping(albert, 0.0).but(size=Size(layers=12, d_model=4096, heads=64, d_embedding=128)),
    },
    recipe=Recipe((pretraining,)),
    assumed=(
        "stack.block.mlp.act, heads.transform: exact GELU, as in the first checkpoints; the second have its tanh form",
        "init: not published; BERT's, as in the authors' code",
        "sizes.xxlarge.inputs.dropout, sizes.xxlarge.stack.block.dropout: 0 is the released configuration's",
    ),
)

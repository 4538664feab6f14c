"""RoBERTa: BERT trained longer, on more text, without next sentences (Liu et al. 2019, arXiv 1907.11692)."""

from clados.models.bert.bert import bert, large
from clados.spec import *

roberta = bert.but(
    size=large,
    inputs=but(
        vocab=Vocabulary(kind="bytes", size=50_265, bos=0, pad=1, eos=2, unk=3, cls=0, sep=2, mask=50_264),
        types=0,
        position=Learned(514, start=2),
    ),
    stack=but(norm=LayerNorm(1e-5)),
    heads=(Tied(bias=True, transform="gelu"),),
)

pretraining = Stage(
    name="pretraining",
    objective=MaskedTokens(packing=FullSentences()),
    data="160 GB: BookCorpus, Wikipedia, CC-News, OpenWebText, Stories",
    optimiser=AdamW(lr=4e-4, beta2=0.98, eps=1e-6, decay=0.01),
    schedule=LinearDecay(warmup=30_000),
    batch=8192,
    length=512,
    steps=500_000,
)

declaration = Declaration(
    model=roberta,
    sizes={"base": bert.size, "large": large},
    recipe=Recipe((pretraining,)),
    recipes={"base": Recipe((pretraining.but(optimiser=but(lr=6e-4), schedule=but(warmup=24_000)),))},
    assumed=("init: not published; BERT's cut normal stands here, the authors' code does not cut it",),
)

"""ELECTRA: BERT's encoder as a judge of each token, a small generator beside it (arXiv 2003.10555)."""

from clados.models.bert.bert import bert, large, pretraining as parents
from clados.spec import *

small = Size(layers=12, d_model=256, heads=4, d_embedding=128)
electra = bert.but(inputs=Factorised.like(bert.inputs), heads=(Discriminator("gelu"),))

# the generators, with the discriminators' tables
generator = electra.but(heads=(Tied(bias=True, transform="gelu"),))
quarter = generator.but(size=Size(layers=12, d_model=64, heads=1, d_embedding=128))
third = generator.but(size=small.but(d_embedding=768))
wide = generator.but(size=small.but(layers=24, d_embedding=1024))

pretraining = Stage(
    name="pretraining",
    objective=ReplacedTokens(generator=third.size),
    data="BooksCorpus and English Wikipedia, as BERT: 3.3B tokens",
    optimiser=parents.optimiser.but(lr=2e-4),
    schedule=LinearDecay(warmup=10_000),
    batch=256,
    length=512,
    steps=766_000,
    clip=1.0,
)
little = pretraining.but(
    objective=but(generator=quarter.size), optimiser=but(lr=5e-4), batch=128, length=128, steps=1_000_000
)
much = pretraining.but(
    objective=but(generator=wide.size, rate=0.25),
    data="XLNet's text: BERT's, ClueWeb, CommonCrawl and Gigaword, 33B tokens",
    batch=2048,
    steps=1_750_000,
)

declaration = Declaration(
    model=electra,
    sizes={
        "small": small,
        "base": electra.size,
        "large": large,
        "small-generator": quarter,
        "small++-generator": generator.but(size=small),
        "base-generator": third,
        "large-generator": wide,
    },
    recipe=Recipe((pretraining,)),
    recipes={"small": Recipe((little,)), "large": Recipe((much,))},
    assumed=(
        "stack.block.mlp.act, heads.act: the paper says BERT's; the exact GELU stands here, as there",
        "heads.act: not in the paper; the authors' code has the stack's",
    ),
)

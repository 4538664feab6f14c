"""BERT: an encoder that reads both ways, trained to restore masked words (Devlin et al. 2019, arXiv 1810.04805)."""

from clados.spec import *

bert = Encoder(
    size=Size(layers=12, d_model=768, heads=12),
    inputs=Tokens(
        vocab=Vocabulary(kind="wordpiece", size=30_522, pad=0, unk=100, cls=101, sep=102, mask=103),
        types=2,
        position=Learned(512),
        norm=True,
        dropout=0.1,
    ),
    stack=Stack(
        block=Block(Attention(dropout=0.1), MLP("gelu"), residual=Post(), dropout=0.1),
        norm=LayerNorm(1e-12),
        sees=All(),
        norm_out=False,
    ),
    heads=(Tied(bias=True, transform="gelu"), Pooler(), NextSentence()),
    init=Normal(0.02, truncated=True),
)

cased = bert.but(inputs=but(vocab=but(size=28_996)))
large = Size(layers=24, d_model=1024, heads=16)

pretraining = Stage(
    name="pretraining",
    objective=MaskedTokens(draws=10, packing=SentencePairs()),
    data="BooksCorpus (800M words) and English Wikipedia (2,500M words)",
    optimiser=AdamW(lr=1e-4, eps=1e-6, decay=0.01),
    schedule=LinearDecay(warmup=10_000),
    batch=256,
    length=512,
    steps=1_000_000,
    clip=1.0,
)

declaration = Declaration(
    model=bert,
    sizes={
        "base": bert.size,
        "large": large,
        "base-cased": cased,
        "large-cased": cased.but(size=large),
        "base-multilingual-cased": bert.but(inputs=but(vocab=but(size=119_547))),
        "base-chinese": bert.but(inputs=but(vocab=but(size=21_128))),
        "tiny": Size(layers=2, d_model=128, heads=2),
        "mini": Size(layers=4, d_model=256, heads=4),
        "small": Size(layers=4, d_model=512, heads=8),
        "medium": Size(layers=8, d_model=512, heads=8),
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "base-multilingual-cased": Recipe(
            (pretraining.but(data="Wikipedia in 104 languages, drawn by their sizes to the power of 0.7"),)
        ),
        "base-chinese": Recipe((pretraining.but(data="Chinese Wikipedia, simplified and traditional"),)),
    },
    assumed=(
        "stack.block.mlp.act, heads.transform: the paper says GELU; the authors' code now computes its tanh form, "
        "ports the exact one, which stands here",
        "recipe.optimiser: the authors' Adam does not correct its moments for their start at zero; ours does",
        "recipe: nine tenths of the steps read sequences of 128, the last tenth of 512; 512 stands here",
    ),
)

"""DeBERTa: content and distance apart in attention, absolute positions last (He et al. 2020, arXiv 2006.03654)."""

from clados.models.bert.bert import bert, large
from clados.spec import *

deberta = bert.but(
    inputs=but(
        vocab=Vocabulary(kind="bytes", size=50_265, pad=0, cls=1, sep=2, unk=3, bos=1, eos=2, mask=50_264),
        types=0,
        position=None,
    ),
    stack=but(
        block=but(attn=but(biases="out")),
        norm=LayerNorm(1e-7),
        position=Disentangled(512, dropout=0.1),
        decoder=MaskDecoder(Learned(512)),
    ),
    heads=(Tied(bias=True, transform="gelu"),),
    init=Normal(0.02),
)

# version 2: log buckets, distances through the content's projections, a convolution, a larger vocabulary
v2 = deberta.but(
    size=Size(layers=24, d_model=1536, heads=24),
    inputs=but(vocab=Vocabulary(kind="unigram", size=128_100, pad=0, cls=1, sep=2, unk=3, bos=1, eos=2, mask=128_000)),
    stack=but(
        block=but(attn=but(biases="all")),
        position=but(buckets=256, shared=True, norm=True),
        convolution=Convolution(dropout=0.1),
    ),
)

# version 3: ELECTRA's task, of which the judge is kept; no convolution, no decoder of masked words
v3 = v2.but(size=bert.size, stack=but(convolution=None, decoder=None), heads=(ContextDiscriminator(),))
half = Size(layers=6, d_model=768, heads=12)

pretraining = Stage(
    name="pretraining",
    objective=MaskedTokens(),
    data="78 GB: Wikipedia, BookCorpus, OpenWebText, Stories",
    optimiser=AdamW(lr=2e-4, eps=1e-6, decay=0.01),
    schedule=LinearDecay(warmup=10_000),
    batch=2048,
    length=512,
    steps=1_000_000,
    clip=1.0,
)
more = pretraining.but(data="160 GB: the same and CC-News")
xxlarge = more.but(optimiser=but(lr=1.5e-4))
judging = pretraining.but(
    objective=ReplacedTokens(generator=half, sharing="residual"),
    data="160 GB: the same and CC-News",
    optimiser=but(lr=5e-4, beta2=0.98),
    batch=8192,
    steps=500_000,
)
xsmall = judging.but(objective=but(generator=Size(layers=6, d_model=384, heads=6)))
small = judging.but(objective=but(generator=Size(layers=3, d_model=768, heads=12)))
wide = judging.but(objective=but(generator=Size(layers=12, d_model=1024, heads=16)), optimiser=but(lr=3e-4))
many = judging.but(data="CC100: 2.5 TB of CommonCrawl in 100 languages, as XLM-R")

declaration = Declaration(
    model=deberta,
    sizes={
        "base": deberta.size,
        "large": large,
        "xlarge": large.but(layers=48),
        "v2-xlarge": v2,
        "v2-xxlarge": v2.but(size=but(layers=48)),
        "v3-xsmall": v3.but(size=Size(layers=12, d_model=384, heads=6)),
        "v3-small": v3.but(size=half),
        "v3-base": v3,
        "v3-large": v3.but(size=large),
        "mdeberta-v3-base": v3.but(inputs=but(vocab=but(size=251_000, mask=250_101))),
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "v2-xlarge": Recipe((more,)),
        "v2-xxlarge": Recipe((xxlarge,)),
        "v3-xsmall": Recipe((xsmall,)),
        "v3-small": Recipe((small,)),
        "v3-base": Recipe((judging,)),
        "v3-large": Recipe((wide,)),
        "mdeberta-v3-base": Recipe((many,)),
    },
    assumed=(
        "stack.block.attn.biases: not published; in the authors' code queries and values have one, keys have none",
        "stack.position.dropout: not published; the authors' code drops the table in each layer, here once for all",
        "stack.decoder: the paper lets the first pass begin with absolute positions; the authors' code adds the states "
        "of the layer before to them, which stands here",
        "recipe.objective: appendix A.3 also hides spans of up to three tokens, which is left out here; single tokens "
        "are hidden",
        "sizes.v2-xlarge.stack.convolution: §5.3 of the paper names shared projections and a convolution beside the "
        "first layer, for the 1.5B model; its kernel, activation and norm, and its use in this smaller one, are the "
        "authors' code",
        "stack.position.reverse: the paper's d(j, i) stands here; all released weights were trained by the authors' "
        "code, which reads d(i, j), as the port does",
        "sizes.v3-base.heads: in no paper; the authors' code",
        "recipes.v3-base.objective.weight: not published; ELECTRA's 50 stands here, and 10 is the default of "
        "the authors' code",
        "recipes.v3-base.optimiser: here one, which moves both networks at once; theirs are moved in turn, the "
        "generator first, each by an optimiser of its own",
        "recipes.v3-xsmall.optimiser.lr, recipes.mdeberta-v3-base.optimiser.lr: not read; base's stands here, as do "
        "its batch and steps",
        "recipes.v2-xlarge: its data by the model card; base's numbers stand here",
    ),
)

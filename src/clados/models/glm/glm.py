"""GLM: one stack reads a text with blanks both ways and then writes the blanks (Du et al. 2021, arXiv 2103.10360)."""

from clados.spec import *

glm = Decoder(
    size=Size(layers=48, d_model=4096, heads=64),
    inputs=Tokens(
        vocab=Vocabulary(
            kind="bytes",
            size=50_304,
            pad=50_256,
            start=50_257,
            eos=50_258,
            cls=50_259,
            mask=50_260,
            sep=50_261,
            unk=50_262,
        ),
        position=Blanks(1025),
        dropout=0.1,
    ),
    stack=Stack(
        block=Block(Attention(dropout=0.1), MLP("gelu_tanh"), dropout=0.1), norm=LayerNorm(1e-5), sees=Prefix()
    ),
    heads=(Tied(),),
    init=Normal(0.02, by_depth=True),
)
wordpieces = Vocabulary(
    kind="wordpiece", size=30_592, pad=0, unk=100, cls=101, sep=102, mask=103, start=30_522, eos=30_523
)
shorter = glm.but(inputs=but(vocab=wordpieces, position=Blanks(513)))
robertas = Vocabulary(kind="bytes", size=50_304, cls=0, pad=2, sep=2, unk=3, mask=50_264, start=50_265, eos=50_266)
chinese = Vocabulary(
    kind="unigram", size=50_048, pad=50_000, sep=50_001, cls=50_002, mask=50_003, unk=50_004, start=50_006, eos=50_007
)
glm_130b = Decoder(
    size=Size(layers=70, d_model=12_288, heads=96, d_ff=32_768),
    inputs=Tokens(
        vocab=Vocabulary(kind="unigram", size=150_528, mask=150_000, start=150_004, eos=150_005, cls=150_006),
        norm=True,
        dropout=0.1,
    ),
    stack=Stack(
        block=Block(Attention(dropout=0.1), MLP("gelu", gated=True), residual=DeepNorm(0.5), dropout=0.1),
        norm=LayerNorm(1e-5),
        sees=Prefix(),
        position=Rotary(),
        norm_out=False,
    ),
    heads=(Tied(),),
    init=DeepInit(0.5),
)

pretraining = Stage(
    name="pretraining",
    objective=BlankInfilling(sentences=0.3, long=0.2, least=0.25),
    data="the Pile",
    optimiser=AdamW(lr=1e-4, beta2=0.95, decay=0.1),
    schedule=Cosine(warmup=7000, floor=0.1, over=175_000),
    length=512,
    steps=250_000,
    clip=1.0,
)
blanks = pretraining.but(
    objective=BlankInfilling(),
    data="Wikipedia and BookCorpus",
    optimiser=AdamW(lr=2e-4, beta2=0.98, eps=1e-6, decay=0.1),
    schedule=Cosine(warmup=8000, floor=0.05, over=160_000),
    batch=1024,
    steps=200_000,
)
documents = blanks.but(objective=but(long=0.5), batch=None, steps=None)
chinese_text = pretraining.but(data="WuDaoCorpora", steps=None)
largest = Stage(
    name="pretraining",
    objective=BlankInfilling(long=0.7, least=0.0, ending=1.0),
    data="400B tokens of the Pile, WuDao and the web, half of them Chinese; 5 % of 74 data sets put as prompts",
    optimiser=AdamW(lr=8e-5, beta2=0.95, decay=0.1),
    schedule=Cosine(warmup=231, floor=0.1),
    batch=4224,
    length=2048,
    steps=46_238,
    clip=1.0,
)

declaration = Declaration(
    model=glm,
    sizes={
        "base": shorter.but(size=Size(layers=12, d_model=768, heads=12)),
        "large": shorter.but(size=Size(layers=24, d_model=1024, heads=16)),
        "410m": shorter.but(size=Size(layers=30, d_model=1024, heads=16)),
        "515m": shorter.but(size=Size(layers=30, d_model=1152, heads=18)),
        "roberta": shorter.but(size=Size(layers=24, d_model=1024, heads=16), inputs=but(vocab=robertas)),
        "large-chinese": glm.but(size=Size(layers=24, d_model=1024, heads=16), inputs=but(vocab=chinese)),
        "2b": glm.but(size=Size(layers=36, d_model=2048, heads=32)),
        "10b": glm,
        "10b-chinese": glm.but(inputs=but(vocab=chinese)),
        "130b": glm_130b,
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "base": Recipe(
            (blanks.but(optimiser=but(lr=4e-4), schedule=Cosine(warmup=6000, floor=0.05, over=120_000), steps=150_000),)
        ),
        "large": Recipe((blanks,)),
        "410m": Recipe((documents,)),
        "515m": Recipe((documents,)),
        "roberta": Recipe((blanks.but(data="RoBERTa's: 160 GB", batch=None, steps=250_000),)),
        "large-chinese": Recipe((chinese_text,)),
        "2b": Recipe((pretraining.but(steps=None),)),
        "10b-chinese": Recipe((chinese_text,)),
        "130b": Recipe((largest,)),
    },
    assumed=(
        "inputs.vocab.kind: of the Chinese models and 130b, SentencePiece, its kind is not named; unigram stands here",
        "recipe.data: the repository's table; the authors' script also names CC-News",
        "recipe.objective: the authors' script draws the kind of blank once for a batch, not for each text, hides a "
        "tenth of the written words from those after them, and cuts one batch in fifty into shorter texts; the paper "
        "says nothing of these",
        "recipes.410m.objective, recipes.515m.objective: Token + Doc by the repository's table; the shares were not "
        "read, half each stands here",
        "recipes.410m.optimiser, recipes.515m.optimiser, recipes.roberta.optimiser: not read; large's stand here",
        "recipes.2b.optimiser, recipes.large-chinese.optimiser, recipes.10b-chinese.optimiser: not read; 10b's stand "
        "here, as do its schedule and the shares of its objective",
        "sizes.130b.init.tables: not published; 0.02 stands here",
        "recipes.130b.schedule, recipes.130b.steps: published in samples and tokens (warmup 0.5 % of the samples, 400B "
        "tokens); the batch's ramp from 192 is left out, as is the embedding's gradient, shrunk to a tenth",
        "recipes.130b.objective: its share of gMASK, 70 %, stands for long spans, to the end of the text",
        "sizes.130b.stack.block.mlp: gate and value change places in the authors' code, the gate comes last",
    ),
)

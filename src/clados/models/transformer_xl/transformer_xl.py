"""Transformer-XL: a decoder that remembers, and knows positions by distance (Dai et al. 2019, arXiv 1901.02860)."""

from clados.spec import *

transformer_xl = Recurrent(
    size=Size(layers=18, d_model=1024, heads=16),
    inputs=AdaptiveTokens(
        vocab=Vocabulary(kind="word", size=267_735, eos=0, unk=24),
        cutoffs=(20_000, 40_000, 200_000),
        scaled=True,
        dropout=0.2,
    ),
    stack=Stack(
        block=Block(Attention(biases="none", dropout=0.2), MLP("relu", dropout=0.2), residual=Post(), dropout=0.2),
        norm=LayerNorm(1e-5),
        sees=Causal(),
        position=Distances(dropout=0.2),
        norm_out=False,
        dropout=0.2,
    ),
    heads=(AdaptiveSoftmax(own="first"),),
    memory=384,
    init=NarrowNormal(0.02, products=0.01),
)

tenth = transformer_xl.but(
    inputs=but(dropout=0.1),
    stack=but(
        block=but(attn=but(dropout=0.0), mlp=but(dropout=0.1), dropout=0.1), position=but(dropout=0.1), dropout=0.1
    ),
)
standard = tenth.but(
    size=Size(layers=16, d_model=410, heads=10, d_ff=2100),
    inputs=but(shrink=1),
    heads=(AdaptiveSoftmax(),),
    memory=150,
    init=Normal(0.02),
)
characters = tenth.but(
    size=Size(layers=12, d_model=512, heads=8),
    inputs=Tokens(vocab=Vocabulary(kind="bytes", size=204), scaled=True, dropout=0.1),
    heads=(Tied(bias=True),),
    memory=512,
    init=Normal(0.02),
)
deep = characters.but(
    size=Size(layers=24, d_model=1024, heads=8, d_ff=3072),
    inputs=but(dropout=0.15),
    stack=but(
        block=but(attn=but(dropout=0.15), mlp=but(dropout=0.15), dropout=0.15), position=but(dropout=0.15), dropout=0.15
    ),
    memory=768,
)
billion = transformer_xl.but(
    size=Size(layers=24, d_model=1280, heads=16, d_ff=8192),
    inputs=but(vocab=Vocabulary(kind="word", size=793_471), cutoffs=(60_000, 100_000, 640_000), dropout=0.05),
    stack=but(
        block=but(attn=but(dropout=0.05), mlp=but(dropout=0.05), dropout=0.05), position=but(dropout=0.05), dropout=0.05
    ),
    heads=(AdaptiveSoftmax(own="all"),),
    memory=32,
)

training = Stage(
    name="training",
    objective=NextTokenInSegments(),
    data="WikiText-103: 103M words of 28K articles",
    optimiser=AdamW(lr=2.5e-4),
    schedule=Cosine(warmup=16_000),
    batch=128,
    length=384,
    steps=4_000_000,
    clip=0.25,
)
on_characters = training.but(
    data="enwik8: 100M bytes of Wikipedia's text", schedule=but(warmup=0), batch=22, length=512, steps=400_000
)

declaration = Declaration(
    model=transformer_xl,
    sizes={
        "wt103-standard": standard,
        "wt103-large": transformer_xl.size,
        "enwik8-12": characters,
        "enwik8-24": deep,
        "lm1b-large": billion,
    },
    recipe=Recipe((training,)),
    recipes={
        "wt103-standard": Recipe((training.but(schedule=but(warmup=0), batch=60, length=150, steps=200_000),)),
        "enwik8-12": Recipe((on_characters,)),
        "enwik8-24": Recipe((on_characters.but(schedule=but(warmup=4000), batch=64, length=768),)),
        "lm1b-large": Recipe(
            (
                training.but(
                    data="One Billion Word: 768M words, sentences shuffled",
                    schedule=but(warmup=30_000),
                    batch=512,
                    length=32,
                    steps=1_200_000,
                ),
            )
        ),
    },
    assumed=(
        "memory: as long as a segment in training, as the authors' scripts have it; the paper evaluates with longer "
        "ones (1,600 on WikiText-103), sliding, distances beyond 1,000 counted as 1,000",
        "stack.position.biases: one pair for all layers, as in the paper's formulas and the authors' PyTorch code; "
        "their TensorFlow scripts for words and the published weights have a pair for each layer",
        "heads.own, inputs.shrink: the paper names adaptive softmax and inputs; what they share is the scripts'",
        "inputs.dropout, stack.block.dropout, stack.block.attn.dropout: not in the paper; the scripts' stand here",
        "init: not in the paper; the code's, except that it also draws the norms' gains from N(1, 0.02)",
        "recipe.optimiser, recipe.schedule, recipe.batch, recipe.steps: the scripts'",
    ),
)

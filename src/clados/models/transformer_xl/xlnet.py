"""XLNet: words predicted in a random order, from both sides, with memory (Yang et al. 2019, arXiv 1906.08237)."""

from clados.spec import *

xlnet = Permuted(
    size=Size(layers=24, d_model=1024, heads=16),
    inputs=Tokens(
        vocab=Vocabulary(kind="unigram", size=32_000, unk=0, bos=1, eos=2, cls=3, sep=4, pad=5, mask=6), dropout=0.1
    ),
    stack=Stack(
        block=Block(Attention(biases="none", dropout=0.1), MLP("gelu", dropout=0.1), residual=Post(), dropout=0.1),
        norm=LayerNorm(1e-12),
        sees=All(),
        position=SegmentedDistances(biases="layer", dropout=0.1),
        norm_out=False,
        dropout=0.1,
    ),
    heads=(Tied(bias=True),),
    memory=384,
    reused=256,
    init=Normal(0.02),
)

pretraining = Stage(
    name="pretraining",
    objective=PermutedTokens(),
    data="BooksCorpus and English Wikipedia 13 GB, Giga5 16 GB, ClueWeb 2012-B 19 GB, Common Crawl 110 GB",
    optimiser=AdamW(lr=4e-4, eps=1e-6, decay=0.01),
    schedule=LinearDecay(warmup=40_000),
    batch=8192,
    length=512,
    steps=500_000,
)

declaration = Declaration(
    model=xlnet,
    sizes={"base": Size(layers=12, d_model=768, heads=12), "large": xlnet.size},
    recipe=Recipe((pretraining,)),
    assumed=(
        "stack.block.mlp.act: the paper says GELU; the authors' code computes its tanh form, ports the exact one, "
        "which stands here",
        "stack.position.biases: the paper does not say; one of each for a layer in the published weights",
        "memory, reused: not in the paper; as in the authors' README for pretraining",
        "recipe: of the large model, by the final version of the paper; that of the base one is not published",
        "recipe.schedule: the paper's linear decay; the authors' code stops at a thousandth of the peak",
    ),
)

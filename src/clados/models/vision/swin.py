"""Swin: stages of windows that shift, in an image of falling resolution (Liu et al. 2021, arXiv 2103.14030)."""

from clados.spec import *

block = WindowBlock(WindowAttention(), MLP("gelu"))

swin = Pyramid(
    size=Stages(layers=(2, 2, 6, 2), d_model=96, heads=(3, 6, 12, 24)),
    inputs=PatchMap(image=224, side=4),
    stack=WindowStack(
        block=(block, block.but(attn=ShiftedWindows())),
        window=7,
        norm=LayerNorm(),
        reduction=PatchMerging(),
        drop_path=DropPath(0.2),
    ),
    heads=(MeanClassifier(1000),),
    init=ConvolutionalInit(),
)
deep = (2, 2, 18, 2)
small = swin.but(size=but(layers=deep), stack=but(drop_path=DropPath(0.3)))
base = small.but(size=but(d_model=128, heads=(4, 8, 16, 32)), stack=but(drop_path=DropPath(0.5)))
large = base.but(size=but(d_model=192, heads=(6, 12, 24, 48)), stack=but(drop_path=DropPath(0.2)))
fine = but(image=384)

pretraining = Stage(
    name="pretraining",
    objective=ImageClasses(
        changes=RandAugment(magnitude=9.0, spread=0.5), erased=0.25, mixup=0.8, cutmix=1.0, smoothing=0.1
    ),
    data="ImageNet-1K, 1.28 million images, 300 epochs",
    optimiser=AdamW(lr=1e-3, decay=0.05, decays="products"),
    schedule=Cosine(warmup=25_000),
    batch=1024,
    steps=375_000,
    clip=5.0,
)

declaration = Declaration(
    model=swin,
    sizes={
        "t": swin.size,
        "s": small,
        "b": base,
        "b-384": base.but(inputs=fine, stack=but(window=12)),
        "l": large,
        "l-384": large.but(inputs=fine, stack=but(window=12)),
    },
    recipe=Recipe((pretraining,)),
    assumed=(
        "recipe.stages.objective: the paper (appendix A2.1) names RandAugment, mixup, CutMix and random erasing; their "
        "numbers and the smoothing are those of the authors' code (github:microsoft/Swin-Transformer config.py). Its "
        "crops and flips are left out, and each image has a mixture of its own, not each batch. RandAugment and the "
        "ranges of what is erased are those of their papers: the library that the code calls has 15 changes, each made "
        "half the time, and erases at most a third",
        "recipe: of the sizes' own tunings at 384 pixels none is declared",
    ),
)

"""GC-ViT: windows, and windows whose queries are the whole image (Hatamizadeh et al. 2023, arXiv 2206.09959)."""

from clados.models.vision.swin import pretraining as swin_pretraining, swin
from clados.spec import *

block = WindowBlock(WindowAttention(), MLP("gelu"))

gc_vit = swin.but(
    size=Stages(layers=(2, 2, 6, 2), d_model=64, heads=(2, 4, 8, 16), mlp_ratio=3.0),
    inputs=OverlappingPatches(image=224),
    stack=but(
        block=(block, block.but(attn=GlobalWindows())),
        window=(7, 7, 14, 7),
        reduction=Downsampler(),
        queries=QueryGenerator(),
        drop_path=DropPath(0.2),
    ),
)
tiny_layers, wide_heads = (3, 4, 19, 5), (4, 8, 16, 32)
scaled = gc_vit.but(stack=but(block=but(layer_scale=1e-5), drop_path=DropPath(0.3)))
small = scaled.but(size=Stages(layers=tiny_layers, d_model=96, heads=(3, 6, 12, 24), mlp_ratio=2.0))
base = small.but(size=but(d_model=128, heads=(4, 8, 16, 32)), stack=but(drop_path=DropPath(0.5)))

pretraining = swin_pretraining.but(
    data="ImageNet-1K, 1.28 million images, 310 epochs",
    optimiser=but(lr=5e-3),
    steps=387_500,
    average=0.9998,
)
slower = pretraining.but(optimiser=but(lr=1e-3))

declaration = Declaration(
    model=gc_vit,
    sizes={
        "xxt": gc_vit.size,
        "xt": gc_vit.size.but(layers=(3, 4, 6, 5)),
        "t": gc_vit.size.but(layers=tiny_layers),
        "t2": gc_vit.size.but(layers=(3, 4, 29, 5)),
        "s": small,
        "s2": small.but(size=but(layers=(3, 4, 23, 5), mlp_ratio=3.0)),
        "b": base,
        "l": base.but(size=but(d_model=192, heads=(6, 12, 24, 48))),
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "xt": Recipe((slower,)),
        "s": Recipe((slower.but(average=None),)),
        "b": Recipe((slower.but(average=None),)),
        "l": Recipe((slower,)),
    },
    assumed=(
        "recipe.{batch,schedule.warmup,steps}: not published as numbers of images and steps; of batches as Swin's",
        "recipe: rates, the average of weights and what is done to images are those of the authors' code "
        "(github:NVlabs/GCVit configs, train.py), whose crops and flips are left out; each image has a mixture of "
        "its own, not each batch. RandAugment and the ranges of what is erased are those of their papers, where the "
        "library that the code calls has 15 changes, each made half the time, and erases at most a third",
    ),
)

"""ViT: an encoder that reads an image as a row of patches (Dosovitskiy et al. 2021, arXiv 2010.11929)."""

from clados.spec import *

vit = Encoder(
    size=Size(layers=12, d_model=768, heads=12),
    inputs=Patches(image=224, side=16, dropout=0.1),
    stack=Stack(block=Block(Attention(), MLP("gelu", dropout=0.1), dropout=0.1), norm=LayerNorm(1e-6), sees=All()),
    heads=(Classifier(1000),),
    init=Glorot(positions=0.02),
)

pretraining = Stage(
    name="pretraining",
    objective=ImageClasses(),
    data="ImageNet-21k, 14 million images, 90 epochs",
    optimiser=AdamW(lr=1e-3, decay=0.03),
    schedule=LinearDecay(warmup=10_000),
    batch=4096,
    head=Classifier(21_843, transform="tanh"),
)

declaration = Declaration(
    model=vit,
    sizes={
        "ti/16": Size(layers=12, d_model=192, heads=3),
        "s/16": Size(layers=12, d_model=384, heads=6),
        "b/32": vit.but(inputs=but(side=32)),
        "b/16": vit.size,
        "l/32": vit.but(size=Size(layers=24, d_model=1024, heads=16), inputs=but(side=32)),
        "l/16": Size(layers=24, d_model=1024, heads=16),
        "h/14": vit.but(size=Size(layers=32, d_model=1280, heads=16), inputs=but(side=14)),
    },
    recipe=Recipe((pretraining,)),
    assumed=(
        "stack.block.mlp.act: GELU in the paper; its tanh form in the authors' code, the exact one in ports and here",
        "stack.norm.eps, init: of the authors' code; but its feed-forward biases, of N(0, 1e-6), are 0 here",
        "sizes.ti/16, sizes.s/16: not in the paper; from arXiv 2106.10270",
    ),
)

"""CLIP: an image and a text tower that meet in one space (Radford et al. 2021, arXiv 2103.00020)."""

from clados.spec import *

image = Stack(block=Block(Attention(), MLP("quick_gelu")), norm=LayerNorm(1e-5), sees=All())
clip = TwoTower(
    size=Towers(image=Size(layers=12, d_model=768, heads=12), text=Size(layers=12, d_model=512, heads=8), joint=512),
    image=Tower(inputs=Patches(image=224, side=32, bias=False, norm=True), stack=image, heads=(Projected("first"),)),
    text=Tower(
        inputs=Tokens(vocab=Vocabulary(kind="bytes", size=49_408, bos=49_406, eos=49_407, pad=0), position=Learned(77)),
        stack=image.but(sees=Causal()),
        heads=(Projected("eos"),),
    ),
    temperature=0.07,
    warmest=100.0,
    init=TwoTowerInit(),
)
large = clip.but(
    size=Towers(image=Size(layers=24, d_model=1024, heads=16), text=Size(layers=12, d_model=768, heads=12), joint=768),
    image=but(inputs=but(side=14)),
)
resnet = clip.but(
    size=Towers(image=ResNetSize((3, 4, 6, 3), width=64), text=Size(layers=12, d_model=512, heads=8), joint=1024),
    image=ResNet(inputs=ThreeConvolutions(image=224)),
)

pretraining = Stage(
    name="pretraining",
    objective=Contrastive(),
    data="400 million pairs from the web, 32 epochs",
    optimiser=AdamW(lr=5e-4, beta2=0.98, eps=1e-6, decay=0.2),
    schedule=Cosine(warmup=2000),
    batch=32_768,
    length=77,
)
slower = pretraining.but(optimiser=but(lr=4e-4))
residual = pretraining.but(optimiser=but(beta2=0.999, eps=1e-8))
sharpening = pretraining.but(name="larger images", data="the same pairs at 336 pixels, 1 epoch", optimiser=but(lr=2e-5))

declaration = Declaration(
    model=clip,
    sizes={
        "vit-b/32": clip.size,
        "vit-b/16": clip.but(image=but(inputs=but(side=16))),
        "vit-l/14": large,
        "vit-l/14@336": large.but(image=but(inputs=but(image=336))),
        "rn50": resnet,
        "rn101": resnet.but(size=but(image=but(layers=(3, 4, 23, 3)), joint=512)),
        "rn50x4": resnet.but(
            size=Towers(ResNetSize((4, 6, 10, 6), width=80), Size(layers=12, d_model=640, heads=10), 640),
            image=but(inputs=but(image=288)),
        ),
        "rn50x16": resnet.but(
            size=Towers(ResNetSize((6, 8, 18, 8), width=96), Size(layers=12, d_model=768, heads=12), 768),
            image=but(inputs=but(image=384)),
        ),
        "rn50x64": resnet.but(
            size=Towers(ResNetSize((3, 15, 36, 10), width=128), Size(layers=12, d_model=1024, heads=16), 1024),
            image=but(inputs=but(image=448)),
        ),
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "vit-l/14": Recipe((slower,)),
        "vit-l/14@336": Recipe((slower, sharpening)),
        "rn50": Recipe((residual,)),
        "rn101": Recipe((residual,)),
        "rn50x4": Recipe((residual,)),
        "rn50x16": Recipe((residual.but(optimiser=but(lr=4e-4)),)),
        "rn50x64": Recipe((residual.but(optimiser=but(lr=3.6e-4)),)),
    },
    assumed=(
        "recipes.vit-l/14@336: the last epoch's schedule is not published; that of pretraining stands here",
        "init: the authors' code gives laws for the text tower; its layers' stand here for the image tower too",
        "{image,text}.stack.block.mlp.act: not published; the authors' code computes x sigmoid(1.702 x)",
        "{image,text}.stack.norm.eps: not published; the authors' 1e-5 stands here",
    ),
)

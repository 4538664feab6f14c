"""Imagen: pixels out of noise, as the frozen encoder of T5 v1.1 XXL reads a text (Saharia et al. 2022)."""

from clados.models.t5.t5 import t5
from clados.spec import *

residual = ResidualBlock(step="scaling")
encoder = dropping(t5, 0.0).encoder.but(block=but(mlp=but(act="gelu_tanh", gated=True)))

text = Encoder(
    size=Size(layers=24, d_model=4096, heads=64, d_ff=10_240, head_dim=64),
    inputs=t5.inputs.but(dropout=0.0),
    stack=encoder,
    init=UnscaledScores(),
)

imagen = ImageDenoiser(
    size=DenoiserSize(unet=Levels((512, 1024, 1536, 2048), blocks=3, head_dim=64), text=text.size),
    inputs=Pixels(image=64),
    text=Tower(inputs=text.inputs, stack=encoder),
    unet=UNet(
        residual=residual,
        attention=JointAttention(text_norm=LayerNorm()),
        attended=(2, 4, 8),
        text=PooledStates(),
        down=ResidualDownsample(residual),
        up=ResidualUpsample(residual),
    ),
    diffusion=Diffusion(betas=CosineBetas(), bound=DynamicThreshold(0.995)),
    sampler=DDPM(spacing="even"),
    guidance=1.35,
    init=DenoiserInit(),
)

pretraining = Stage(
    name="pretraining",
    objective=PredictedNoise(dropped=0.1),
    data="460 million images with captions of its own, and LAION's 400 million, of 64 pixels",
    optimiser=Adafactor(lr=1e-4, relative=False),
    schedule=Constant(warmup=10_000),
    batch=2048,
    length=128,
    steps=2_500_000,
)

declaration = Declaration(
    model=imagen,
    sizes={"base-64": imagen.size, "t5-xxl-encoder": text},
    recipe=Recipe((pretraining,)),
    assumed=(
        "recipe.stages[0]: the text tower, which was T5's and learned nothing more, learns with the rest here",
        "unet.text: how attention pools the states is not published; one query, their mean, and one head",
        "diffusion.steps: time is continuous there; a thousand steps of the same schedule stand here",
        "diffusion.bound.share: the percentile is not published; 99.5, an example of others' code",
        "sampler.variance: between the least and the most, how far is not published; the least stands here",
        "recipe.length: not published",
        "recipe.optimiser.relative: not published; the rate is also that of Adam beside it, and so no share",
        "init: of the text none matters, its weights are T5's; the U-Net's as in latent diffusion's code",
    ),
)

"""Stable Diffusion: noise taken out of an autoencoder's latents, as CLIP's text tower says (Rombach et al. 2022)."""

from clados.models.vision.clip import clip
from clados.spec import *

near = GroupNorm(eps=1e-6)
reading = Block(Attention(biases="out"), MLP("gelu", gated=True), cross=CrossAttention(biases="out"))

stable_diffusion = ImageDenoiser(
    size=DenoiserSize(
        unet=Levels((320, 640, 1280, 1280), blocks=2, heads=8),
        text=Size(layers=12, d_model=768, heads=12),
        codes=Levels((128, 256, 512, 512), blocks=2),
    ),
    inputs=Pixels(image=512),
    text=clip.text.but(heads=()),
    unet=UNet(
        attention=ImageTransformer(
            norm=near, stack=Stack(block=reading, norm=LayerNorm(1e-5), sees=All(), norm_out=False)
        ),
        attended=(1, 2, 4),
    ),
    codes=GaussianCoder(scale=0.18215, residual=ResidualBlock(near, step=None), attention=ImageAttention(norm=near)),
    diffusion=Diffusion(betas=ScaledLinearBetas(0.00085, 0.012)),
    sampler=PLMS(offset=1, clean=False),
    init=DenoiserInit(),
)

coding = Stage(
    name="coding",
    objective=ReconstructedImages(),
    data="Open Images, cut to 256 pixels",
    optimiser=AdamW(lr=1.8e-5, beta1=0.5, beta2=0.9, decay=0.0),
    schedule=Constant(),
    batch=4,
)
pretraining = Tuning(
    name="pretraining",
    start="coding",
    objective=PredictedNoise(dropped=0.0),
    data="LAION-2B-en, images of 256 pixels",
    optimiser=AdamW(lr=1e-4, decay=0.01, decays="all"),
    schedule=Constant(warmup=10_000),
    batch=2048,
    length=77,
    steps=237_000,
    average=0.9999,
)
larger = pretraining.but(
    name="larger images", start="pretraining", data="LAION's images of high resolution, 512 pixels", steps=194_000
)
liked = larger.but(
    name="liked images", start="larger images", data="LAION's improved aesthetics, 512 pixels", steps=515_000
)
guidable = liked.but(
    name="without text",
    start="liked images",
    objective=but(dropped=0.1),
    data="LAION's aesthetics v2 5+",
    steps=420_000,
)

declaration = Declaration(
    model=stable_diffusion,
    sizes={"v1": stable_diffusion.size},
    recipe=Recipe((coding, pretraining, larger, liked, guidable)),
    assumed=(
        "recipe.stages[0].batch, recipe.stages[0].optimiser.lr: the configuration beside the published weights "
        "(github:CompVis/latent-diffusion models/first_stage_models/kl-f8/config.yaml) has batches of 4 a device and a "
        "rate of 4.5e-6 for each image of a batch; how many devices learned, and for how long, is not published: one "
        "stands here",
        "recipe.stages[1]: the text tower, which was CLIP's and learned nothing more, learns with the rest here",
        "recipe: v1-3 and v1-4, both from v1-2 on, took 195,000 and 225,000 steps; they stand here as one stage",
        "recipe.stages.average: the published weights are averages, by a decay that is not told; that of the authors' "
        "code stands here (github:CompVis/latent-diffusion ldm/modules/ema.py)",
        "recipe.optimiser.{beta1,beta2,eps,decay}: not published; torch's own, as the authors' code has them",
        "init: of the text tower CLIP's laws; biases, which torch draws, are 0 here",
    ),
)

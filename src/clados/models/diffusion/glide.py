"""GLIDE: pixels out of noise, as a Transformer reads a text, guided without a classifier (Nichol et al. 2021)."""

from clados.spec import *

residual = ResidualBlock(step="scaling", dropout=0.1)

glide = ImageDenoiser(
    size=DenoiserSize(
        unet=Levels((512, 1024, 1536, 2048), blocks=3, head_dim=64), text=Size(layers=24, d_model=2048, heads=32)
    ),
    inputs=Pixels(image=64),
    text=Tower(
        inputs=PaddedTokens(vocab=Vocabulary(kind="bytes", size=50257, pad=50256), position=Learned(128)),
        stack=Stack(block=Block(Attention(), MLP("gelu")), norm=LayerNorm(), sees=All()),
    ),
    unet=UNet(
        residual=residual,
        attention=JointAttention(),
        attended=(2, 4, 8),
        text=LastState(),
        down=ResidualDownsample(residual),
        up=ResidualUpsample(residual),
    ),
    diffusion=Diffusion(betas=CosineBetas(), variance=True, bound=Clipped()),
    sampler=DDPM(variance="learned", spacing="even"),
    guidance=3.0,
    init=DenoiserInit(),
)
filtered = glide.but(size=DenoiserSize(Levels((192, 384, 576, 768), blocks=3, head_dim=64), Size(16, 512, 8)))
filtered_upsampler = glide.but(
    size=DenoiserSize(Levels((192, 192, 384, 384, 768, 768), blocks=2, head_dim=64), Size(16, 512, 8)),
    inputs=but(image=256),
    unet=but(attended=(8, 16, 32)),
    low=LowResolution(),
    diffusion=but(betas=LinearBetas()),
    sampler=DDIM(spacing="even"),
    guidance=1.0,
)
upsampler = filtered_upsampler.but(
    size=DenoiserSize(Levels((384, 384, 768, 768, 1536, 1536), blocks=2, head_dim=64), Size(24, 1024, 16))
)

pretraining = Stage(
    name="pretraining",
    objective=PredictedNoise(dropped=0.0),
    data="DALL-E's 250 million images with captions, of 64 pixels",
    optimiser=AdamW(lr=1e-4, decay=0.0),
    schedule=Constant(),
    batch=2048,
    length=128,
    steps=2_500_000,
    average=0.9999,
)
guidable = Tuning.after(pretraining, name="without text", objective=but(dropped=0.2))
enlarging = pretraining.but(data="the same, of 256 pixels", batch=512, steps=1_600_000)

declaration = Declaration(
    model=glide,
    sizes={
        "base": glide.size,
        "upsampler": upsampler,
        "filtered": filtered,
        "filtered-upsampler": filtered_upsampler,
        "filtered-inpainting": filtered.but(masked=True),
        "filtered-upsampler-inpainting": filtered_upsampler.but(masked=True),
    },
    recipe=Recipe((pretraining, guidable)),
    recipes={"upsampler": Recipe((enlarging,)), "filtered-upsampler": Recipe((enlarging,))},
    assumed=(
        "size.text.layers: of the upsampler not published; 24 as the base model has them",
        "size.text.heads: not published for 24 layers of 2048; heads of 64, as the released models have them",
        "recipe.optimiser, recipe.stages.average: not published; Adam with the rate of ADM's models of 256 pixels, and "
        "the average of its code (github:openai/guided-diffusion scripts/image_train.py)",
        "recipe.stages.steps: how long the model learned without captions is not published; as long as before",
        "init: of the text tower CLIP's laws, from whose code its own is taken; biases, which torch draws, are 0 here",
    ),
)

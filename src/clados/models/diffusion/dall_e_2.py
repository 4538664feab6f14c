"""DALL-E 2, unCLIP: a text to the vector CLIP would have of its picture, the vector to pixels (Ramesh et al. 2022)."""

from clados.models.diffusion.glide import glide
from clados.models.vision.clip import clip, pretraining
from clados.spec import *

seen = clip.but(
    size=Towers(
        image=Size(layers=32, d_model=1280, heads=20), text=Size(layers=24, d_model=1024, heads=16), joint=1024
    ),
    image=but(inputs=but(image=256, side=16)),
)
decoder = glide.but(text=but(inputs=but(position=Learned(256))), unet=but(picture=PictureVector(width=seen.size.joint)))
enlarger = ImageEnlarger(
    size=Levels((320, 640, 960, 1280), blocks=3),
    inputs=Pixels(image=256),
    unet=glide.unet.but(attention=None, attended=(), text=None),
    diffusion=Diffusion(betas=CosineBetas(), bound=Clipped()),
    sampler=DDIM(spacing="even"),
    init=DenoiserInit(),
)
plain = glide.unet.residual.but(dropout=0.0)
last = enlarger.but(
    size=Levels((192, 192, 384, 384, 768, 768), blocks=2),
    inputs=but(image=1024),
    unet=but(residual=plain, down=ResidualDownsample(plain), up=ResidualUpsample(plain)),
    diffusion=but(betas=LinearBetas()),
)
prior = DiffusionPrior(
    size=Size(layers=24, d_model=2048, heads=32),
    inputs=Tokens(vocab=glide.vocab, position=Learned(256)),
    stack=glide.text.stack.but(sees=Causal()),
    further=FurtherPlaces(joint=seen.size.joint),
    diffusion=Diffusion(betas=CosineBetas(), predicts="data"),
    sampler=DDPM(spacing="even"),
    init=Normal(0.02),
)

painting = Stage(
    name="decoder",
    objective=NoiseBesideVector(dropped=0.5),
    data="DALL-E's 250 million images with captions, of 64 pixels",
    optimiser=AdamW(lr=1.2e-4, eps=1e-8, decay=0.0),
    schedule=Constant(),
    batch=2048,
    length=256,
    steps=800_000,
    average=0.9999,
)
enlarging = painting.but(
    name="upsampler",
    objective=PredictedNoise(dropped=0.0),
    data="the same, quarters of images of 256 pixels; the small image is blurred",
    batch=1024,
    steps=1_000_000,
)
enlarging_again = enlarging.but(
    data="the same, quarters of images of 1024 pixels; the small image is worsened as BSR does",
    optimiser=but(lr=1e-4),
    batch=512,
)
foreseeing = painting.but(
    name="prior",
    objective=ForeseenVector(),
    data="the vectors that CLIP gives of the same images and captions",
    optimiser=AdamW(lr=1.1e-4, beta2=0.96, eps=1e-6, decay=0.06),
    batch=4096,
    steps=600_000,
)

declaration = Declaration(
    model=decoder,
    sizes={
        "decoder": decoder.size,
        "diffusion-prior": prior,
        "upsampler-256": enlarger,
        "upsampler-1024": last,
        "clip-vit-h/16": seen,
    },
    recipe=Recipe((painting,)),
    recipes={
        "diffusion-prior": Recipe((foreseeing,)),
        "upsampler-256": Recipe((enlarging,)),
        "upsampler-1024": Recipe((enlarging_again,)),
        "clip-vit-h/16": Recipe((pretraining.but(data="CLIP's and DALL-E's pairs together, about 650 million"),)),
    },
    assumed=(
        "guidance: not published of samples in general; GLIDE's stands here",
        "text.inputs.vocab: not published; GLIDE's",
        "unet.text: kept as GLIDE has it",
        "sizes.diffusion-prior: what stands for no text is not published; vectors are drawn without guidance",
        "sizes.diffusion-prior.inputs: how the text is encoded is not published; as tokens, by the same stack",
        "sizes.diffusion-prior.sampler: the analytic variance of its paper is not here; the least stands in its place",
        "sizes.{upsampler-256,upsampler-1024}.diffusion.variance: not published; DDIM needs none",
        "sizes.upsampler-256.low: where the small image enters is not published; enlarged, as further channels",
        "sizes.clip-vit-h/16.size.image.heads: not published; heads of 64, as CLIP's others have",
        "sizes.clip-vit-h/16.text.inputs: not published; CLIP's vocabulary and length",
        "recipes.clip-vit-h/16: CLIP's own stands here, where SAM is part of this one's optimiser",
        "sizes.diffusion-prior: how large CLIP's vectors are is not published; of mean square 1, for the decoder too",
        "init: not published; GLIDE's and GPT-2's laws",
    ),
)

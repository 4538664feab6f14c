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

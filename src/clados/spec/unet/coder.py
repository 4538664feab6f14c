"""Images to a few numbers a place, and back."""

from dataclasses import replace
from typing import Self

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Kernel, Pieces
from clados.spec.errors import SpecError
from clados.spec.unet.attention import ImageAttention, ImageMixer
from clados.spec.unet.blocks import Downsample, ResidualBlock, Upsample
from clados.spec.unet.levels import Middle, down, levels_of, up


class Descent(Part, kw_only=True):
    """An image down to its last level."""

    residual: ResidualBlock
    attention: ImageMixer
    down: Downsample

    def pieces(self, env: Env) -> Pieces:
        levels = levels_of(env, self)
        inside = replace(env, enters=0, gives=0)
        lowest = replace(inside, dims=levels.dims(len(levels.channels) - 1))
        return {
            "conv_in": Kernel(env.enters, levels.channels[0]),
            "down": down(levels, inside, self.residual, self.down, [None] * len(levels.channels)),
            "middle": Held(Middle(residual=self.residual, attention=self.attention), lowest),
            "norm_out": Held(self.residual.norm, lowest),
            "conv_out": Kernel(levels.channels[-1], env.gives),
        }


class Ascent(Part, kw_only=True):
    """The last level back to an image."""

    residual: ResidualBlock
    attention: ImageMixer
    up: Upsample

    def pieces(self, env: Env) -> Pieces:
        levels = levels_of(env, self)
        inside = replace(env, enters=0, gives=0)
        lowest = replace(inside, dims=levels.dims(len(levels.channels) - 1))
        return {
            "conv_in": Kernel(env.enters, levels.channels[-1]),
            "middle": Held(Middle(residual=self.residual, attention=self.attention), lowest),
            "up": up(levels, inside, self.residual, self.up, [None] * len(levels.channels)),
            "norm_out": Held(self.residual.norm, replace(inside, dims=levels.dims(0))),
            "conv_out": Kernel(levels.channels[0], env.gives),
        }


class Coder(Part):
    """What makes images small and large again."""

    @property
    def deep(self) -> int:
        """Channels, or codes of the vocabulary, of what it makes of an image."""
        raise SpecError(f"{type(self).__name__} does not say of how many channels its codes are")

    def shared(self, share: float) -> Self:
        """The coder of images whose sides are this share of the paper's."""
        return self


class GaussianCoder(Coder, kw_only=True):
    """An image to means and log variances of latents, and latents to an image (Rombach et al. 2022, §3.1, KL-reg.)."""

    latents: int = 4  # channels
    scale: float = 1.0  # latents are times this where they are diffused
    residual: ResidualBlock = ResidualBlock(step=None)
    attention: ImageAttention = ImageAttention()
    down: Downsample = Downsample(around=False)
    up: Upsample = Upsample()

    @property
    def deep(self) -> int:
        return self.latents

    def check(self) -> None:
        if self.latents < 1 or self.scale <= 0:
            raise SpecError(f"GaussianCoder has {self.latents} latents and scale {self.scale}; both must be above 0")

    def pieces(self, env: Env) -> Pieces:
        """``env.enters`` are the channels of an image."""
        descent = Descent(residual=self.residual, attention=self.attention, down=self.down)
        ascent = Ascent(residual=self.residual, attention=self.attention, up=self.up)
        return {
            "encoder": Held(descent, replace(env, gives=2 * self.latents)),
            "quant": Kernel(2 * self.latents, 2 * self.latents, side=1),
            "post_quant": Kernel(self.latents, self.latents, side=1),
            "decoder": Held(ascent, replace(env, enters=self.latents, gives=env.enters)),
        }

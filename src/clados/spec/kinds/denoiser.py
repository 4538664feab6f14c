"""Models that take noise out of images, as a text says."""

from collections.abc import Callable
from typing import Self

from clados.spec.attention.masks import Causal
from clados.spec.core.pieces import Env, Held, Pieces
from clados.spec.core.sizes import DenoiserSize, halvings_of
from clados.spec.diffusion.noise import Diffusion
from clados.spec.diffusion.samplers import NoiseSampler, check_variance
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.inputs.base import Inputs
from clados.spec.inputs.image import Pixels
from clados.spec.kinds.codes import coder_env
from clados.spec.kinds.model import HasHeads, Headless
from clados.spec.kinds.single import Tower
from clados.spec.norms import LayerNorm
from clados.spec.unet.coder import GaussianCoder
from clados.spec.unet.conditions import LowResolution
from clados.spec.unet.levels import UNet


class ImageDenoiser(Headless, kw_only=True):
    """A text tower, and a U-Net that reads its states; in a coder's latents, or in pixels (Rombach et al. 2022)."""

    size: DenoiserSize
    inputs: Pixels
    text: Tower
    unet: UNet
    codes: GaussianCoder | None = None  # None: pixels are diffused
    low: LowResolution | None = None  # the image that it enlarges
    masked: bool = False  # it reads what is known of the image, and which pixels these are
    diffusion: Diffusion
    sampler: NoiseSampler
    guidance: float = 7.5  # how far a painting is led away from what no text says; 1: not at all

    def check(self) -> None:
        if (self.codes is None) != (self.size.codes is None):
            raise SpecError("ImageDenoiser.codes and size.codes: the coder and its levels are both given, or neither")
        if self.inputs.image % (self.shrinks * self.size.unet.shrinks):
            raise SpecError(
                f"ImageDenoiser.inputs.image is {self.inputs.image}, which is not halved as often as its levels say"
            )
        if self.low and (self.codes or self.inputs.image % self.low.factor):
            raise SpecError(
                f"ImageDenoiser.low.factor is {self.low.factor}; it must divide inputs.image, {self.inputs.image}, and "
                "what is diffused must be pixels"
            )
        check_variance("ImageDenoiser", self.sampler, self.diffusion)

    @property
    def towers(self) -> tuple[HasHeads, ...]:
        return (self.text, self)

    @property
    def paints(self) -> bool:
        return True

    @property
    def diffused(self) -> int:
        """Channels of what is diffused."""
        return self.inputs.channels if self.codes is None else self.codes.latents

    @property
    def shrinks(self) -> int:
        """By how much its sides are shorter than the image's."""
        return 1 if self.size.codes is None else self.size.codes.shrinks

    @property
    def noisy_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of what takes the noise."""
        side = self.inputs.image // self.shrinks
        return self.diffused, side, side

    coded_shape = noisy_shape  # of what its coder makes of an image, where it has one

    def adapted(self, inputs: Callable[[Inputs], Inputs], head: Callable[[Head], Head]) -> Self:
        text, images = self.text.but(inputs=inputs(self.text.inputs)), inputs(self.inputs)
        if not isinstance(images, Pixels) or images.image >= self.inputs.image:
            return self.but(text=text, inputs=images)
        size = self.size.within(halvings_of(images.image))
        unet = self.unet.within(self.size.unet, size.unet)
        return self.but(text=text, inputs=images, size=size, unet=unet)

    def pieces(self, env: Env | None = None) -> Pieces:
        text, levels = self.size.text, self.size.unet
        causal = isinstance(self.text.stack.sees, Causal)
        channels = self.diffused
        unet = Env(
            levels.dims(0),
            LayerNorm(),
            self.inputs,
            memory=text.d_model,
            levels=levels,
            enters=channels * (1 + (self.low is not None) + self.masked) + self.masked,
            gives=channels * self.diffusion.outputs,
        )
        held = {
            "text": Held(self.text, Env(text.dims, self.text.stack.norm, self.text.inputs, causal)),
            "unet": Held(self.unet, unet),
        }
        if self.codes is None or self.size.codes is None:
            return held
        return {**held, "codes": Held(self.codes, coder_env(self.size.codes, self.inputs))}

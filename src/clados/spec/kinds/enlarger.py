"""Models that enlarge images, and read nothing else."""

from collections.abc import Callable
from typing import Self

from clados.spec.core.pieces import Env, Held, Pieces
from clados.spec.core.sizes import Levels, halvings_of
from clados.spec.diffusion.noise import Diffusion
from clados.spec.diffusion.samplers import NoiseSampler, check_variance
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.inputs.base import Inputs
from clados.spec.inputs.image import Pixels
from clados.spec.kinds.model import HasHeads, Headless
from clados.spec.norms import LayerNorm
from clados.spec.unet.conditions import LowResolution
from clados.spec.unet.levels import UNet


class ImageEnlarger(Headless, kw_only=True):
    """A U-Net that takes noise out of an image beside the same image of fewer pixels (Ramesh et al. 2022, §2.1)."""

    size: Levels
    inputs: Pixels
    unet: UNet
    low: LowResolution = LowResolution()
    diffusion: Diffusion
    sampler: NoiseSampler

    def check(self) -> None:
        if self.unet.text or self.unet.picture:
            raise SpecError("ImageEnlarger.unet reads a text or a picture's vector, and is given none")
        if (attention := self.unet.attention) and attention.reads_text:
            raise SpecError(f"ImageEnlarger.unet.attention is {attention!r}: it reads a text, and is given none")
        if self.inputs.image % self.size.shrinks or self.inputs.image % self.low.factor:
            raise SpecError(
                f"ImageEnlarger.inputs.image is {self.inputs.image}; it must be a multiple of {self.size.shrinks} and "
                f"of {self.low.factor}"
            )
        check_variance("ImageEnlarger", self.sampler, self.diffusion)

    @property
    def towers(self) -> tuple[HasHeads, ...]:
        return (self,)

    @property
    def noisy_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of what takes the noise."""
        return self.inputs.channels, self.inputs.image, self.inputs.image

    def adapted(self, inputs: Callable[[Inputs], Inputs], head: Callable[[Head], Head]) -> Self:
        images = inputs(self.inputs)
        if not isinstance(images, Pixels) or images.image >= self.inputs.image:
            return self.but(inputs=images)
        size = self.size.within(halvings_of(images.image))
        return self.but(inputs=images, size=size, unet=self.unet.within(self.size, size))

    def pieces(self, env: Env | None = None) -> Pieces:
        channels, levels = self.inputs.channels, self.size
        gives = channels * self.diffusion.outputs
        inside = Env(levels.dims(0), LayerNorm(), self.inputs, levels=levels, enters=2 * channels, gives=gives)
        return {"unet": Held(self.unet, inside)}

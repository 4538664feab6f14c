"""Models of images that are made small and large again."""

from collections.abc import Callable
from typing import Self

from clados.spec.core.part import but
from clados.spec.core.pieces import Env, Held, Pieces
from clados.spec.core.sizes import Levels, halvings_of
from clados.spec.heads.base import Head
from clados.spec.inputs.base import Inputs
from clados.spec.inputs.image import Pixels
from clados.spec.kinds.model import HasHeads, Headless
from clados.spec.norms import LayerNorm
from clados.spec.unet.coder import Coder
from clados.spec.unet.discrete import DiscreteCoder


class Codes(Headless, kw_only=True):
    """Images to codes and back."""

    size: Levels
    inputs: Pixels
    coder: Coder

    @property
    def towers(self) -> tuple[HasHeads, ...]:
        return (self,)

    def adapted(self, inputs: Callable[[Inputs], Inputs], head: Callable[[Head], Head]) -> Self:
        images = inputs(self.inputs)
        if not isinstance(images, Pixels) or images.image >= self.inputs.image:
            return self.but(inputs=images)
        coder = self.coder.shared(images.image / self.inputs.image)
        return self.but(inputs=images, coder=coder, size=self.size.within(halvings_of(images.image)))

    @property
    def codes(self) -> Coder:
        """What makes images small and large again."""
        return self.coder

    @property
    def coded_shape(self) -> tuple[int, int, int]:
        """Channels, or codes of the vocabulary, height and width of what its coder makes of an image."""
        side = self.inputs.image // self.size.shrinks
        return self.coder.deep, side, side

    def small(self) -> Self:
        """An eighth of the widths, which no norm divides, where what others computed is kept in small files."""
        if not isinstance(self.coder, DiscreteCoder):
            return self
        return self.but(size=but(channels=tuple(max(4, each // 8) for each in self.size.channels)))

    def pieces(self, env: Env | None = None) -> Pieces:
        return {"coder": Held(self.coder, coder_env(self.size, self.inputs))}


def coder_env(levels: Levels, inputs: Pixels) -> Env:
    """What a coder of these images is told."""
    return Env(levels.dims(0), LayerNorm(), inputs, levels=levels, enters=inputs.channels)

"""Models that write an image's codes after a text."""

from collections.abc import Callable
from typing import Self

from clados.spec.attention.masks import Causal
from clados.spec.core.part import Part, but
from clados.spec.core.pieces import Env, Held, Pieces
from clados.spec.core.sizes import PainterSize, halvings_of
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.heads.captioned import TextOrCodes
from clados.spec.inputs.base import Inputs
from clados.spec.inputs.captioned import TextThenCodes
from clados.spec.inputs.image import Pixels
from clados.spec.kinds.codes import coder_env
from clados.spec.kinds.model import HasHeads, Headless
from clados.spec.kinds.single import Tower
from clados.spec.unet.discrete import DiscreteCoder


class CodePainter(Headless, kw_only=True):
    """A decoder that writes the codes of an image after a text, and what makes them an image (Ramesh et al. 2021)."""

    size: PainterSize
    inputs: Pixels
    decoder: Tower
    codes: DiscreteCoder

    def check(self) -> None:
        read = self.decoder.inputs
        if not isinstance(read, TextThenCodes) or not isinstance(self.decoder.stack.sees, Causal):
            raise SpecError(f"CodePainter.decoder reads {type(read).__name__}; it must read TextThenCodes, causally")
        if [type(head) for head in self.decoder.heads] != [TextOrCodes]:
            raise SpecError(f"CodePainter.decoder.heads are {self.decoder.heads!r}; they must be (TextOrCodes(),)")
        if read.codes != self.codes.codes:
            raise SpecError(f"CodePainter.decoder reads {read.codes} codes, and its coder has {self.codes.codes}")
        grid = read.position.places - read.text
        if grid * self.shrinks**2 != self.inputs.image**2:
            raise SpecError(
                f"CodePainter.inputs.image is {self.inputs.image}, made {self.shrinks} times smaller; "
                f"decoder.inputs.position has {grid} places for it"
            )

    @property
    def towers(self) -> tuple[HasHeads, ...]:
        return (self.decoder, self)

    @property
    def paints(self) -> bool:
        return True

    @property
    def shrinks(self) -> int:
        """By how much the grid's sides are shorter than the image's."""
        return self.size.codes.shrinks

    @property
    def coded_shape(self) -> tuple[int, int, int]:
        """Codes of the vocabulary, height and width of what its coder makes of an image."""
        side = self.inputs.image // self.shrinks
        return self.codes.codes, side, side

    def resized(self, size: Part) -> Self:
        """At another size, with as many places as its levels leave of an image."""
        if not isinstance(size, PainterSize):
            raise SpecError(f"CodePainter.size is {size!r}; it takes PainterSize")
        return self._on_grid(self.inputs, size, self.decoder)

    def _on_grid(self, images: Pixels, size: PainterSize, decoder: Tower) -> Self:
        side = max(1, images.image // size.codes.shrinks)
        return self.but(size=size, inputs=images, decoder=decoder.but(inputs=but(position=but(side=side))))

    def adapted(self, inputs: Callable[[Inputs], Inputs], head: Callable[[Head], Head]) -> Self:
        images, read = inputs(self.inputs), inputs(self.decoder.inputs)
        if not isinstance(images, Pixels):
            raise SpecError(f"CodePainter.inputs is {images!r}; it takes Pixels")
        changed = self.decoder.but(inputs=read, heads=tuple(map(head, self.decoder.heads)))
        if images.image >= self.inputs.image:
            return self._on_grid(images, self.size, changed)
        coder = self.codes.shared(images.image / self.inputs.image)
        size = self.size.but(codes=self.size.codes.within(halvings_of(images.image)))
        fewer = changed.but(inputs=but(codes=coder.codes))
        return self.but(codes=coder, decoder=fewer)._on_grid(images, size, fewer)

    def pieces(self, env: Env | None = None) -> Pieces:
        dims = self.size.decoder.dims
        return {
            "decoder": Held(self.decoder, Env(dims, self.decoder.stack.norm, self.decoder.inputs, causal=True)),
            "codes": Held(self.codes, coder_env(self.size.codes, self.inputs)),
        }

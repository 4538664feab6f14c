"""Images to vectors of their patches."""

from typing import Self

from clados.spec.core.pieces import Env, Held, Pieces, Table, Weight
from clados.spec.errors import SpecError
from clados.spec.inputs.base import Inputs


class Patches(Inputs, kw_only=True):
    """An image cut into squares, each projected, after a class vector; learned positions (Dosovitskiy 2021, eq. 1)."""

    image: int  # side of the image in pixels
    side: int  # of a patch in pixels
    channels: int = 3
    bias: bool = True  # of the projection
    norm: bool = False
    dropout: float = 0.0

    def check(self) -> None:
        if self.image % self.side:
            raise SpecError(f"Patches.side is {self.side}, which does not divide image {self.image}")

    @property
    def count(self) -> int:
        """Patches of an image."""
        return (self.image // self.side) ** 2

    def pieces(self, env: Env) -> Pieces:
        width, inside = env.dims.d_model, self.channels * self.side**2
        held: dict[str, Weight | Table | Held] = {
            "patch": Weight((width, self.channels, self.side, self.side), fan_in=inside),
            "cls": Weight((width,), fan_in=1),
            "positions": Table(self.count + 1, width),
        }
        if self.bias:
            held["patch_bias"] = Weight((width,))
        return held | ({"norm": Held(env.norm, env)} if self.norm else {})

    def small(self) -> Self:
        return self.but(image=30, side=6)


class Pixels(Inputs, kw_only=True):
    """An image as it is, its numbers from -1 to 1."""

    image: int  # side of the image in pixels
    channels: int = 3

    def small(self) -> Self:
        return self.but(image=24)

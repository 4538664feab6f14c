"""Images to vectors of their patches."""

from abc import ABC, abstractmethod
from typing import Self

from clados.spec.core.pieces import Env, Held, Pieces, Table, Weight
from clados.spec.errors import SpecError
from clados.spec.inputs.base import Inputs
from clados.spec.norms import LayerNorm, Norm
from clados.spec.stacks.reductions import halved


class ImageInputs(Inputs, kw_only=True):
    """Images of a size that the model is made for."""

    image: int  # side of the image in pixels
    channels: int = 3


class Patches(ImageInputs, kw_only=True):
    """An image cut into squares, each projected, after a class vector; learned positions (Dosovitskiy 2021, eq. 1)."""

    side: int  # of a patch in pixels
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


class MapInputs(ImageInputs, ABC, kw_only=True):
    """Images of any size, turned into maps: [batch, height, width, d_model]."""

    @property
    @abstractmethod
    def map_side(self) -> int:
        """Side of the map of an image of ``image`` pixels."""


class PatchMap(MapInputs, kw_only=True):
    """An image cut into squares, each projected and normed; no positions (Liu et al. 2021, §3.1).

    At the right and at the bottom, an image is filled up with zeros to whole squares.
    """

    side: int  # of a patch in pixels
    norm: Norm = LayerNorm()

    @property
    def map_side(self) -> int:
        return -(-self.image // self.side)

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        return {
            "patch": Weight((width, self.channels, self.side, self.side), fan_in=self.channels * self.side**2),
            "patch_bias": Weight((width,)),
            "norm": Held(self.norm, env),
        }

    def small(self) -> Self:
        return self.but(image=58, side=2)


class OverlappingPatches(MapInputs, kw_only=True):
    """Two convolutions of 3 x 3 at every second place, the second as a ``Downsampler`` has it.

    Hatamizadeh et al. 2023, §3.1. A map has a quarter of the image's sides, rounded up.
    """

    norm: Norm = LayerNorm()

    @property
    def map_side(self) -> int:
        return -(-self.image // 4)

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        return {
            "patch": Weight((width, self.channels, 3, 3), fan_in=9 * self.channels),
            "patch_bias": Weight((width,)),
            **halved(self.norm, env, width),
        }

    def small(self) -> Self:
        return self.but(image=64)

"""Models of one stack."""

from typing import Self

from clados.spec.attention.masks import All, Causal
from clados.spec.convolutions.resnet import ThreeConvolutions
from clados.spec.core import small
from clados.spec.core.part import Part, but
from clados.spec.core.pieces import Env, Held, Named, Pieces
from clados.spec.core.sizes import Size
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.inputs.base import Inputs
from clados.spec.inputs.image import MapInputs
from clados.spec.inputs.text import Tokens
from clados.spec.kinds.model import Model, OneTower, Writes, check_heads
from clados.spec.stacks.prefix import Prefix, check_blanks
from clados.spec.stacks.stack import Stack


class Tower(Part, kw_only=True):
    """Inputs, a stack and what is read off it; the size comes from the model around it."""

    inputs: Inputs
    stack: Stack
    heads: tuple[Head, ...] = ()

    def check(self) -> None:
        check_blanks(self.inputs, self.stack, single=isinstance(self, Decoder))
        if isinstance(self.inputs, MapInputs | ThreeConvolutions):
            where = "a Pyramid" if isinstance(self.inputs, MapInputs) else "a ResNet"
            raise SpecError(f"{type(self).__name__}.inputs is {self.inputs!r}, which gives maps, for {where}")
        check_heads(type(self).__name__, self.heads)

    def env_at(self, size: Size, joint: int = 0) -> Env:
        """What its parts know of their surroundings; ``joint``: the width of the space shared with another tower."""
        return Env(size.dims, self.stack.norm, self.inputs, isinstance(self.stack.sees, Causal), joint=joint)

    def pieces(self, env: Env) -> Pieces:
        held: dict[str, Held | Named] = {"inputs": Held(self.inputs, env), "stack": Held(self.stack, env)}
        if self.heads:
            held["heads"] = Named({head.slot: Held(head, env) for head in self.heads})
        return held

    def small(self) -> Self:
        """A tower that reads text has a word above the last with a role: the end is not the highest id."""
        if isinstance(self, Model) or not isinstance(self.inputs, Tokens):
            return self
        return self.but(inputs=but(vocab=but(size=small.VOCABULARY + 1)))


class _Single(Tower, OneTower, kw_only=True):
    """One stack."""

    size: Size

    def env(self) -> Env:
        """What its parts are told."""
        return self.env_at(self.size)

    def pieces(self, env: Env | None = None) -> Pieces:
        return super().pieces(self.env())


class Encoder(_Single, kw_only=True):
    """Every position sees every other."""

    def check(self) -> None:
        super().check()
        if not isinstance(self.stack.sees, All):
            raise SpecError(f"Encoder.stack.sees is {self.stack.sees!r}; an encoder sees All()")


class Decoder(_Single, kw_only=True):
    """Every position sees itself and what came before."""

    def check(self) -> None:
        super().check()
        if isinstance(self.stack.sees, All):
            raise SpecError("Decoder.stack.sees is All(); a decoder sees Causal()")

    @property
    def writes(self) -> Writes | None:
        if not self.reads(Tokens):
            return None
        return "infills" if isinstance(self.stack.sees, Prefix) else "continues"

"""Models that keep the states of the text before: Transformer-XL's segments."""

from dataclasses import replace
from typing import Self, cast

from clados.spec.attention.masks import Banded
from clados.spec.core import small
from clados.spec.core.part import but
from clados.spec.core.pieces import Env, Held, Pieces
from clados.spec.errors import SpecError
from clados.spec.kinds.single import Decoder
from clados.spec.positions.distances import Distances
from clados.spec.residuals import Post
from clados.spec.stacks.stack import Stack


def check_memory(stack: Stack, memory: int | None, kind: str) -> None:
    """Refuse a stack that could not tell a memory's states from its own.

    Raises:
        SpecError: for these.
    """
    if memory is not None and memory < 1:
        raise SpecError(f"{kind}.memory is {memory}; it must be at least 1")
    if not isinstance(stack.position, Distances):
        raise SpecError(f"{kind}.stack.position is {stack.position!r}; a memory needs Distances()")
    if any(not isinstance(block.residual, Post) for block in stack.blocks(2)):
        raise SpecError(f"{kind}.stack.block.residual must be Post(): no published model says how else to remember")


class Recurrent(Decoder, kw_only=True):
    """A decoder over segments of a text; each layer also sees the last ``memory`` states that it met before.

    h'[n-1] = [SG(m[n-1]), h[n-1]]; queries are of h, keys and values of h'; the new memory is the last of h', and no
    gradient passes through it (Dai et al. 2019, §3.2). Given as ``mems`` and given back, [batch, layers, memory,
    d_model].
    """

    memory: int
    sliding: bool = (
        False  # each position sees ``memory`` positions, itself the last; else all memory and what came before
    )

    def check(self) -> None:
        super().check()
        check_memory(self.stack, self.memory, "Recurrent")

    def pieces(self, env: Env | None = None) -> Pieces:
        held = super().pieces(env)
        if not self.sliding:
            return held
        stack = cast(Held, held["stack"])
        banded = self.stack.but(block=but(attn=but(pattern=Banded(self.memory))))
        return {**held, "stack": replace(stack, part=banded)}

    @property
    def remembers(self) -> bool:
        return True

    def shortened(self, share: float) -> Self:
        return self.but(memory=max(1, round(share * self.memory)))

    def small(self) -> Self:
        return self.but(memory=small.MEMORY)

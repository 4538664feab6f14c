"""Stacks: blocks one after the other."""

from dataclasses import replace

from clados.spec.attention.masks import Sees
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Pieces, Several
from clados.spec.norms import Norm
from clados.spec.positions.base import StackPosition
from clados.spec.stacks.block import Block


class Stack(Part, kw_only=True):
    """Blocks one after the other; several kinds of block take turns."""

    block: Block | tuple[Block, ...]
    norm: Norm
    sees: Sees
    position: StackPosition | None = None
    norm_out: bool = True
    dropout: float = 0.0  # of what leaves the stack

    def blocks(self, layers: int) -> tuple[Block, ...]:
        """As many blocks as there are layers, of each kind in turn."""
        kinds = self.block if isinstance(self.block, tuple) else (self.block,)
        return tuple(kinds[i % len(kinds)] for i in range(layers))

    def pieces(self, env: Env) -> Pieces:
        blocks, env = self.blocks(env.dims.layers), replace(env, position=self.position)
        held: dict[str, Held | Several] = {"position": Held(self.position, env)} if self.position else {}
        held["blocks"] = Several(tuple(Held(block, env) for block in blocks))
        return held | ({"norm_out": Held(self.norm, env)} if self.norm_out else {})

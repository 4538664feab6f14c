"""Stacks: blocks one after the other."""

from dataclasses import replace

from clados.spec.attention.block_sparse import BlockSparse
from clados.spec.attention.masks import All, Pattern, Sees
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Pieces, Several
from clados.spec.errors import SpecError
from clados.spec.norms import Norm
from clados.spec.positions.base import StackPosition
from clados.spec.positions.disentangled import Disentangled
from clados.spec.stacks.block import Block
from clados.spec.stacks.enhanced import Convolution, MaskDecoder


class Stack(Part, kw_only=True):
    """Blocks one after the other; several kinds of block take turns."""

    block: Block | tuple[Block, ...]
    last: Block | None = None  # the last layer, where it is none of these
    norm: Norm
    sees: Sees
    position: StackPosition | None = None
    norm_out: bool = True
    dropout: float = 0.0  # of what leaves the stack
    groups: int | None = None  # of neighbours, each with one set of weights (Lan et al. 2020, §3.1); None: none share
    convolution: Convolution | None = None  # beside the first layer
    decoder: MaskDecoder | None = None  # in place of the last layer

    def check(self) -> None:
        if self.groups is not None and self.groups < 1:
            raise SpecError(f"Stack.groups is {self.groups}; it must be at least 1")
        if self.groups is not None and not isinstance(self.block, Block):
            raise SpecError("Stack.block is several in turn; layers that share their weights are of one kind")
        if self.last and (self.groups is not None or self.decoder):
            raise SpecError("Stack.last is a layer of its own, and groups or a decoder take the last for another")
        if self.last and self.last == self.block:
            raise SpecError("Stack.last is the block that all layers are; leave it out")
        if (self.convolution or self.decoder) and not isinstance(self.sees, All):
            raise SpecError(f"Stack.sees is {self.sees!r}; a stack with a convolution or a decoder sees All()")
        if self.decoder and not isinstance(self.position, Disentangled):
            raise SpecError(f"Stack.position is {self.position!r}; a decoder of masked tokens needs Disentangled(...)")
        if any(isinstance(pattern, BlockSparse) for pattern in self.patterns):
            self._check_blocks()

    def _check_blocks(self) -> None:
        if len(self.patterns) > 1:
            raise SpecError("Stack.block.attn.pattern must be one BlockSparse(...) for all layers")
        if not isinstance(self.sees, All):
            raise SpecError(f"Stack.sees is {self.sees!r}; what is global with BlockSparse(...) sees All()")
        if self.position or self.convolution:
            raise SpecError(
                "Stack.position and Stack.convolution do not go with BlockSparse(...), whose layers know no distances"
            )

    @property
    def kinds(self) -> tuple[Block, ...]:
        """The kinds of block that take turns."""
        return self.block if isinstance(self.block, tuple) else (self.block,)

    @property
    def patterns(self) -> tuple[Pattern | None, ...]:
        """The patterns among the layers, each once."""
        every = (*self.kinds, *([self.last] if self.last else []))
        return tuple(dict.fromkeys(block.attn.pattern for block in every))

    def blocks(self, layers: int) -> tuple[Block, ...]:
        """As many blocks as there are layers, of each kind in turn; the last perhaps another."""
        turns = tuple(self.kinds[i % len(self.kinds)] for i in range(layers))
        return (*turns[:-1], self.last) if self.last else turns

    def weights(self, layers: int) -> tuple[int, ...]:
        """The set of weights of each layer."""
        return tuple(i * (self.groups or layers) // layers for i in range(layers))

    def pieces(self, env: Env) -> Pieces:
        layers, env = env.dims.layers, replace(env, position=self.position)
        if self.groups is not None and self.groups > layers:
            raise SpecError(f"Stack.groups is {self.groups}, more than the {layers} layers")
        blocks = Several(tuple(Held(block, env) for block in self.blocks(layers)[: self.groups]))
        named: dict[str, Part | None] = {"norm_out": self.norm if self.norm_out else None}
        named |= {"convolution": self.convolution, "decoder": self.decoder}
        return {
            **{name: piece for pattern in self.patterns if pattern for name, piece in pattern.outside(env).items()},
            **({"position": Held(self.position, env)} if self.position else {}),
            "blocks": blocks,
            **{name: Held(part, env) for name, part in named.items() if part is not None},
        }

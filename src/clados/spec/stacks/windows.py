"""Stages of windows: the layers of one resolution."""

import math
from typing import Self

from clados.spec.attention.windows import GlobalWindows, ShiftedWindows, WindowAttention
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Pieces, Several, Weight
from clados.spec.errors import SpecError
from clados.spec.feedforward.mlp import MLP
from clados.spec.norms import Norm
from clados.spec.stacks.reductions import ConvBlock, Reduction


class WindowBlock(Part):
    """One layer: x + scale attn(norm(x)), then x + scale mlp(norm(x)) (Liu et al. 2021, eq. 3)."""

    attn: WindowAttention
    mlp: MLP
    layer_scale: float | None = None  # at the start, of each number of a branch (Touvron et al. 2021, eq. 2); None: 1

    def pieces(self, env: Env) -> Pieces:
        def scaled(name: str) -> Pieces:
            return {} if self.layer_scale is None else {name: Weight((env.dims.d_model,), start=self.layer_scale)}

        return {
            "attn_norm": Held(env.norm, env),
            "attn": Held(self.attn, env),
            **scaled("attn_scale"),
            "mlp_norm": Held(env.norm, env),
            "mlp": Held(self.mlp, env),
            **scaled("mlp_scale"),
        }


class DropPath(Part):
    """Leaves out a branch of an example in training; the rate rises by layers from 0 (Huang et al. 2016, §3)."""

    dropout: float = 0.0  # of the last layer's branches

    def rates(self, layers: int) -> tuple[float, ...]:
        """The rate of each layer."""
        return tuple(self.dropout * i / max(1, layers - 1) for i in range(layers))


class QueryGenerator(Part):
    """A stage's map brought to the size of a window: convolutions, each followed by the largest of 3 x 3 at every 2nd.

    As many as it takes, and at least one convolution (Hatamizadeh et al. 2023, §3.2, eq. 2).
    """

    def blocks(self, halvings: int) -> tuple[ConvBlock, ...]:
        """Its convolutions."""
        return max(1, halvings) * (ConvBlock(),)


class WindowStack(Part, kw_only=True):
    """What all stages are made of: layers that take turns, and what halves the map between two stages."""

    block: WindowBlock | tuple[WindowBlock, ...]
    window: int | tuple[int, ...]  # side in places of the map, of all stages or of each
    norm: Norm
    reduction: Reduction
    queries: QueryGenerator | None = None  # of each stage, for GlobalWindows
    drop_path: DropPath = DropPath()

    def check(self) -> None:
        if any(each < 1 for each in self.windows(1)):
            raise SpecError(f"WindowStack.window is {self.window}; it must be at least 1")
        asked = any(isinstance(each.attn, GlobalWindows) for each in self.kinds)
        if asked and self.queries is None:
            raise SpecError("WindowStack.queries is None, and GlobalWindows() need a QueryGenerator()")
        if self.queries and any(isinstance(each.attn, ShiftedWindows) for each in self.kinds):
            raise SpecError("WindowStack.block has ShiftedWindows(), and windows as large as the queries do not shift")
        if self.queries and not asked:
            raise SpecError("WindowStack.queries is QueryGenerator(), and no layer has GlobalWindows() to read them")

    @property
    def kinds(self) -> tuple[WindowBlock, ...]:
        """The kinds of layer that take turns."""
        return self.block if isinstance(self.block, tuple) else (self.block,)

    def windows(self, stages: int) -> tuple[int, ...]:
        """The window of each stage."""
        return self.window if isinstance(self.window, tuple) else stages * (self.window,)

    def small(self) -> Self:
        return self.but(window=(*(4 for _ in self.window[1:]), 2) if isinstance(self.window, tuple) else 4)

    def stage(self, layers: int, window: int, side: int, rates: tuple[float, ...]) -> "WindowStage":
        """One of the stages, for a map of a side."""
        blocks = tuple(self.kinds[i % len(self.kinds)] for i in range(layers))
        halvings = max(0, math.ceil(math.log2(side / window))) if self.queries else 0
        return WindowStage(blocks=blocks, window=window, queries=self.queries, halvings=halvings, rates=rates)


class WindowStage(Part, kw_only=True):
    """The layers of one resolution."""

    blocks: tuple[WindowBlock, ...]
    window: int
    queries: QueryGenerator | None
    halvings: int  # of the map, until it is as large as a window
    rates: tuple[float, ...]  # of dropped paths, a layer each

    def pieces(self, env: Env) -> Pieces:
        asked = self.queries.blocks(self.halvings) if self.queries else ()
        queries = {"queries": Several(tuple(Held(each, env) for each in asked))} if asked else {}
        return {**queries, "blocks": Several(tuple(Held(each, env) for each in self.blocks))}

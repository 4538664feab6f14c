"""How the branches of a block join the residual stream. Shapes: x is [batch, length, d_model]."""

from torch import Tensor

from clados import spec as s
from clados.nn.core.context import AttentionContext, State
from clados.nn.core.module import builds
from clados.nn.dropout import drop, drop_path
from clados.nn.stacks.block import Block
from clados.spec.core.pieces import Env


@builds(s.Block, s.Pre)
class PreBlock(Block):
    """x + f(norm(x)), branch after branch."""

    def forward(self, x: Tensor, context: AttentionContext, state: State) -> tuple[Tensor, State]:
        """What leaves the layer, [batch, length, d_model], and what it remembers."""
        y, attn = self.attn(self.attn_norm(x), context, state.attn)
        x = self.joined(x, y)
        cross = state.cross
        if self.crossed:
            y, cross = self.cross(self.cross_norm(x), context, cross)
            x = self.joined(x, y)
        return self.joined(x, self.mlp(self.mlp_norm(x), context)), State(attn, cross)

    def joined(self, x: Tensor, y: Tensor) -> Tensor:
        """The stream and what a branch gave of it: same shape."""
        return x + drop(y, self.dropout, self.training)


class SkippedBlock(PreBlock):
    """Each branch left out of a share of texts in training; texts packed into one row share that lot."""

    def __init__(self, part: s.Block, env: Env, skipped: float) -> None:
        super().__init__(part, env)
        self.skipped = skipped

    def joined(self, x: Tensor, y: Tensor) -> Tensor:
        return x + drop_path(drop(y, self.dropout, self.training), self.skipped, self.training)


@builds(s.Block, s.Skipped)
def _skipped(part: s.Block, env: Env) -> Block:
    if not isinstance(part.residual, s.Skipped):
        raise s.SpecError(f"Block.residual is {part.residual!r}; a SkippedBlock needs Skipped(...)")
    return SkippedBlock(part, env, part.residual.dropout)


@builds(s.Block, s.Post)
class PostBlock(Block):
    """norm(x + f(x)), branch after branch."""

    def forward(self, x: Tensor, context: AttentionContext, state: State) -> tuple[Tensor, State]:
        """What leaves the layer, [batch, length, d_model], and what it remembers."""
        y, attn = self.attn(x, context, state.attn)
        x = self.attn_norm(self.joined(x, y))
        cross = state.cross
        if self.crossed:
            y, cross = self.cross(x, context, cross)
            x = self.cross_norm(self.joined(x, y))
        return self.after(x, context), State(attn, cross)

    def after(self, x: Tensor, context: AttentionContext) -> Tensor:
        """The layer's last branch: same shape."""
        return self.mlp_norm(self.joined(x, self.mlp(x, context)))

    def joined(self, x: Tensor, y: Tensor) -> Tensor:
        """The stream and what a branch gave of it, before the norm: same shape."""
        return x + drop(y, self.dropout, self.training)


@builds(s.Block, s.Parallel)
class ParallelBlock(Block):
    """x + attention(norm(x)) + mlp(norm(x)), a norm for each; or one for both."""

    def __init__(self, part: s.Block, env: Env) -> None:
        super().__init__(part, env)
        self.one_norm = isinstance(part.residual, s.Parallel) and part.residual.norms == 1

    def forward(self, x: Tensor, context: AttentionContext, state: State) -> tuple[Tensor, State]:
        """What leaves the layer, [batch, length, d_model], and what it remembers."""
        h = self.attn_norm(x)
        y, attn = self.attn(h, context, state.attn)
        y = drop(y, self.dropout, self.training)
        z = self.mlp(h if self.one_norm else self.mlp_norm(x), context)
        return x + (y + drop(z, self.dropout, self.training)), State(attn)


@builds(s.Block, s.FromNorm)
class FromNormBlock(Block):
    """h + f(h) with h = norm(x), branch after branch."""

    def forward(self, x: Tensor, context: AttentionContext, state: State) -> tuple[Tensor, State]:
        """What leaves the layer, [batch, length, d_model], and what it remembers."""
        h = self.attn_norm(x)
        y, attn = self.attn(h, context, state.attn)
        x = h + drop(y, self.dropout, self.training)
        cross = state.cross
        if self.crossed:
            h = self.cross_norm(x)
            y, cross = self.cross(h, context, cross)
            x = h + drop(y, self.dropout, self.training)
        h = self.mlp_norm(x)
        return h + drop(self.mlp(h, context), self.dropout, self.training), State(attn, cross)


class DeepNormBlock(PostBlock):
    """norm(a x + f(x)), a = (2 layers)^power."""

    def __init__(self, part: s.Block, env: Env, power: float) -> None:
        super().__init__(part, env)
        self.alpha = float((2 * env.dims.layers) ** power)

    def joined(self, x: Tensor, y: Tensor) -> Tensor:
        return self.alpha * x + drop(y, self.dropout, self.training)


@builds(s.Block, s.DeepNorm)
def _deep(part: s.Block, env: Env) -> Block:
    if not isinstance(part.residual, s.DeepNorm):
        raise s.SpecError(f"Block.residual is {part.residual!r}; a DeepNormBlock needs DeepNorm(...)")
    return DeepNormBlock(part, env, part.residual.power)

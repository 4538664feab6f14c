"""The parts of a stack: norms, positions, attention and its patterns, feed-forward, residuals, blocks."""

from dataclasses import replace
from typing import Literal

from clados.spec.errors import SpecError
from clados.spec.part import Part
from clados.spec.pieces import Env, Held, Linear, Pieces, Several, Table, Weight, linear

Act = Literal["gelu", "gelu_tanh", "quick_gelu", "relu", "silu", "tanh"]

# ---------------------------------------------------------------- norms


class Norm(Part):
    """Brings each position's vector to unit scale."""


class LayerNorm(Norm):
    """(x - mean) / sqrt(variance + eps) * weight + bias (Ba et al. 2016, eq. 4)."""

    eps: float = 1e-5
    bias: bool = True

    def pieces(self, env: Env) -> Pieces:
        gain = {"weight": Weight((env.dims.d_model,))}
        return gain | ({"bias": Weight((env.dims.d_model,))} if self.bias else {})


class RMSNorm(Norm):
    """x / sqrt(mean(x^2) + eps) * weight (Zhang & Sennrich 2019, eq. 4)."""

    eps: float = 1e-6

    def pieces(self, env: Env) -> Pieces:
        return {"weight": Weight((env.dims.d_model,))}


# ---------------------------------------------------------------- positions that a whole stack shares


class StackPosition(Part):
    """How a stack's attention knows where things stand."""

    def inside(self, env: Env) -> Pieces:
        """The tensors that it adds to each attention of its stack."""
        return {}


class RotaryScaling(Part):
    """How the angles of rotary positions are changed for texts longer than those of training."""


class LinearScaling(RotaryScaling):
    """Every angle divided by a factor (Chen et al. 2023, arXiv 2306.15595, eq. 4)."""

    factor: float


class BandScaling(RotaryScaling):
    """Slow angles divided by a factor, fast ones kept (LLaMA 3.1: transformers' ``rope_type: llama3``).

    A plane turns once in w positions. With n ``original`` positions, it is divided where w is above n / ``low``, kept
    where w is below n / ``high``, and in between both are mixed, linearly in n / w.
    """

    factor: float
    low: float
    high: float
    original: int

    def check(self) -> None:
        if not 0 < self.low < self.high:
            raise SpecError(f"BandScaling.low is {self.low}; it must be above 0 and below high, which is {self.high}")


class Rotary(StackPosition):
    """Queries and keys turned by an angle that grows with the position (Su et al. 2021, eq. 34)."""

    base: float = 10_000.0
    fraction: float = 1.0  # of each head that is turned
    pairs: Literal["halves", "neighbours"] = "halves"  # which two numbers make a plane
    scaling: RotaryScaling | None = None

    def check(self) -> None:
        if not 0 < self.fraction <= 1:
            raise SpecError(f"Rotary.fraction is {self.fraction}; it must be above 0 and at most 1")

    def turned(self, head_dim: int) -> int:
        """Numbers of a head that are turned, two a plane.

        Raises:
            SpecError: when they are not so many whole planes.
        """
        turned = int(head_dim * self.fraction)
        if turned < 2 or turned % 2 or turned > head_dim:
            what = f"turns {turned} of a head's {head_dim} numbers"
            raise SpecError(f"Rotary.fraction is {self.fraction}, which {what}; it turns them two by two")
        return turned

    def pieces(self, env: Env) -> Pieces:
        self.turned(env.dims.head_dim)
        return {}


class RelativeBias(StackPosition):
    """One learned number for each bucket of distance and head, added to the scores (Raffel et al. 2020, §2.1)."""

    buckets: int = 32
    distance: int = 128  # from which on all share the last bucket

    def pieces(self, env: Env) -> Pieces:
        return {"table": Table(self.buckets, env.dims.heads)}


# ---------------------------------------------------------------- what a position sees


class Sees(Part):
    """Which positions of its own sequence each position attends to."""


class All(Sees):
    """Everything."""


class Causal(Sees):
    """Itself and what came before."""


class Pattern(Part):
    """Which of the visible positions one layer attends to."""


class Banded(Pattern):
    """The last ``span`` positions, itself included (Child et al. 2019, the local pattern)."""

    span: int


# ---------------------------------------------------------------- attention


class Attention(Part):
    """softmax(scale q k^T + bias) v over ``heads`` heads (Vaswani et al. 2017, eq. 1)."""

    biases: Literal["all", "out", "none"] = "all"
    scale: float | None = None  # else 1 / sqrt(head_dim)
    pattern: Pattern | None = None
    dropout: float = 0.0  # of the probabilities

    def pieces(self, env: Env) -> Pieces:
        size = env.dims
        outs = {"q": size.heads * size.head_dim, "k": size.kv_heads * size.head_dim, "v": size.kv_heads * size.head_dim}
        held = {
            "qkv": Linear(size.d_model, outs, self.biases == "all"),
            "out": linear(outs["q"], size.d_model, self.biases != "none"),
        }
        return held | dict(env.position.inside(env) if isinstance(env.position, StackPosition) else {})


class CrossAttention(Part):
    """Attention whose keys and values come from the encoder's states; it knows nothing of distances."""

    biases: Literal["all", "out", "none"] = "all"
    scale: float | None = None
    dropout: float = 0.0

    def pieces(self, env: Env) -> Pieces:
        size, bias = env.dims, self.biases == "all"
        wide, narrow = size.heads * size.head_dim, size.kv_heads * size.head_dim
        return {
            "q": Linear(size.d_model, {"q": wide}, bias),
            "kv": Linear(env.memory, {"k": narrow, "v": narrow}, bias),
            "out": linear(wide, size.d_model, self.biases != "none"),
        }


# ---------------------------------------------------------------- feed-forward


class FeedForward(Part):
    """What a layer does with each position by itself."""


class MLP(FeedForward):
    """down(act(up x)); gated: down(act(gate x) * up x) (Shazeer 2020, eq. 5-6)."""

    act: Act = "gelu"
    gated: bool = False
    bias: bool = True
    dropout: float = 0.0  # after the activation

    def pieces(self, env: Env) -> Pieces:
        d_model, d_ff = env.dims.d_model, env.dims.d_ff
        outs = {"gate": d_ff, "up": d_ff} if self.gated else {"up": d_ff}
        return {"up": Linear(d_model, outs, self.bias), "down": linear(d_ff, d_model, self.bias)}


# ---------------------------------------------------------------- residual branches


class Residual(Part):
    """Where the norms of a block stand. ``norms`` of them for ``branches`` of them."""


class Pre(Residual):
    """x + f(norm(x)), branch after branch."""


class Post(Residual):
    """norm(x + f(x)), branch after branch."""


class Parallel(Residual):
    """x + attention(norm(x)) + mlp(norm(x)), with one norm for both or one for each."""

    norms: Literal[1, 2] = 2


class Block(Part):
    """One layer: attention, perhaps cross-attention, and feed-forward around the residual stream."""

    attn: Attention
    mlp: FeedForward
    cross: CrossAttention | None = None
    residual: Residual = Pre()
    dropout: float = 0.0  # of each branch, before it joins

    def check(self) -> None:
        if self.cross and isinstance(self.residual, Parallel):
            raise SpecError("Block.cross does not go with residual=Parallel(): no published model says how")

    def pieces(self, env: Env) -> Pieces:
        branches = {"attn": self.attn, "cross": self.cross, "mlp": self.mlp}
        held: dict[str, Held] = {}
        for name, part in branches.items():
            if part is not None:
                pair = {f"{name}_norm": Held(env.norm, env), name: Held(part, env)}
                held |= dict(reversed(pair.items())) if isinstance(self.residual, Post) else pair
        if isinstance(self.residual, Parallel) and self.residual.norms == 1:
            del held["mlp_norm"]
        return held


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

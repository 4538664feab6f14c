"""Encoders of texts and the entities that they name (Zhang et al. 2019, ERNIE)."""

from dataclasses import replace
from typing import Self

from clados.spec.activations import Act
from clados.spec.attention.dense import Attention
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Pieces, Several, linear
from clados.spec.core.sizes import Size
from clados.spec.errors import SpecError
from clados.spec.kinds.single import Encoder


class Entities(Part):
    """Vectors of entities that are given, not learned: how wide, and over how many heads they attend."""

    width: int
    heads: int

    def check(self) -> None:
        if self.width % self.heads:
            raise SpecError(f"Entities.heads is {self.heads}, which does not divide width {self.width}")

    def env(self, env: Env) -> Env:
        """What a part of the entities' stream is told: d_ff is the tokens', for there they meet."""
        dims = replace(
            env.dims, d_model=self.width, heads=self.heads, kv_heads=self.heads, head_dim=self.width // self.heads
        )
        return replace(env, dims=dims)

    def small(self) -> Self:
        return self.but(width=15, heads=3)


class Fusion(Part):
    """h = act(W w + V e + b), from which both streams come back: w' = W' h + c, e' = V' h + d (eq. 3-5)."""

    act: Act = "gelu"
    dropout: float = 0.0  # of both, before they join their streams

    def pieces(self, env: Env) -> Pieces:
        d_model, d_ff, width = env.dims.d_model, env.dims.d_ff, env.joint
        return {
            "up": linear(d_model, d_ff),
            "entity_up": linear(width, d_ff),
            "down": linear(d_ff, d_model, ends_branch=True),
            "entity_down": linear(d_ff, width),
        }


class Aggregator(Part, kw_only=True):
    """One layer of both streams: attention in each, then fusion; a norm after each branch (§3.3, figure 2)."""

    attn: Attention
    entity_attn: Attention | None  # None: entities meet only in the fusion
    mlp: Fusion
    dropout: float = 0.0  # of attention's branches, before they join
    entities: Entities

    def pieces(self, env: Env) -> Pieces:
        other = self.entities.env(env)
        held: dict[str, Held] = {"attn": Held(self.attn, env), "attn_norm": Held(env.norm, env)}
        if self.entity_attn is not None:
            held |= {"entity_attn": Held(self.entity_attn, other), "entity_attn_norm": Held(env.norm, other)}
        held |= {"mlp": Held(self.mlp, env), "mlp_norm": Held(env.norm, env)}
        return {**held, "entity_norm": Held(env.norm, other)}


class EntityEncoder(Encoder, kw_only=True):
    """An encoder whose last layers carry entities beside the tokens; the first of these lets them in by fusion alone.

    ``size.layers`` counts all. The stack's block is that of the plain layers, and the attention of all.
    """

    plain: int  # layers without entities
    entities: Entities
    fusion: Fusion = Fusion()
    entity_attn: Attention = Attention()

    def resized(self, size: Part) -> Self:
        """As large a share of the layers without entities, and one with them at least."""
        layers = size.layers if isinstance(size, Size) else self.size.layers
        plain = round(self.plain * layers / self.size.layers)
        return self.but(size=size, plain=max(0, min(plain, layers - 1)))

    def aggregators(self) -> tuple[Aggregator, ...]:
        """The layers with entities."""
        block = self.stack.blocks(1)[0]
        upper = self.size.layers - self.plain
        if upper < 1:
            raise SpecError(
                f"EntityEncoder.plain is {self.plain}, and no layer is left of {self.size.layers} for entities"
            )
        first = Aggregator(
            attn=block.attn, entity_attn=None, mlp=self.fusion, dropout=block.dropout, entities=self.entities
        )
        return (first, *(upper - 1) * (first.but(entity_attn=self.entity_attn),))

    def env(self) -> Env:
        return replace(super().env(), joint=self.entities.width)

    def pieces(self, env: Env | None = None) -> Pieces:
        whole = self.env()
        lower = replace(whole, dims=replace(whole.dims, layers=self.plain))
        upper = Several(tuple(Held(each, whole) for each in self.aggregators()))
        held = dict(super().pieces())
        heads = {"heads": held["heads"]} if "heads" in held else {}
        return {"inputs": held["inputs"], "stack": Held(self.stack, lower), "fused": upper, **heads}

    def plain_name(self, tensor: str) -> str:
        first, _, rest = tensor.partition(".")
        number, _, inside = rest.partition(".")
        return f"stack.blocks.{self.plain + int(number)}.{inside}" if first == "fused" else tensor

    def small(self) -> Self:
        return self.but(plain=1)

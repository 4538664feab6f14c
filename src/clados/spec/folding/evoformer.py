"""Blocks of an alignment and the map of its pairs (Jumper et al. 2021, supplement §1.6-1.7)."""

from typing import Self

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Pieces, Projection, linear
from clados.spec.core.sizes import Dims
from clados.spec.errors import SpecError
from clados.spec.feedforward.mlp import MLP


def pair_dims(env: Env) -> Dims:
    """The widths of the map of pairs.

    Raises:
        SpecError: the part stands in a model that has none.
    """
    if env.pair is None:
        raise SpecError("only a Fold has a map of pairs")
    return env.pair


def gated_attention(dims: Dims) -> Pieces:
    """Queries, keys and values without bias; a gate on each head's output, sigmoid(W x + b); the product after it."""
    inner = dims.heads * dims.head_dim
    return {
        "qkv": Projection(dims.d_model, dict.fromkeys("qkv", inner), bias=False),
        "gate": Projection(dims.d_model, {"gate": inner}),
        "out": linear(inner, dims.d_model, ends_branch=True),
    }


class RowAttention(Part):
    """Residues of one row see each other, with a bias from the map of pairs (algorithm 7)."""

    dropout: float = 0.0  # of what is added, alike in all rows

    def pieces(self, env: Env) -> Pieces:
        pair = pair_dims(env)
        return {
            "norm": Held(env.norm, env),
            "pair_norm": Held(env.norm, env.of_width(pair.d_model)),
            "bias": linear(pair.d_model, env.dims.heads, bias=False),
            **gated_attention(env.dims),
        }


class Column(Part):
    """How rows of an alignment see each other at one residue."""


class ColumnAttention(Column):
    """Each row its own query (algorithm 8)."""

    def pieces(self, env: Env) -> Pieces:
        return {"norm": Held(env.norm, env), **gated_attention(env.dims)}


class GlobalColumnAttention(Column):
    """One query a head, of the mean over rows; heads share keys and values (algorithm 19)."""

    def pieces(self, env: Env) -> Pieces:
        dims = env.dims
        inner = dims.heads * dims.head_dim
        return {
            "norm": Held(env.norm, env),
            "q": linear(dims.d_model, inner, bias=False),
            "kv": Projection(dims.d_model, dict.fromkeys("kv", dims.head_dim), bias=False),
            "gate": Projection(dims.d_model, {"gate": inner}),
            "out": linear(inner, dims.d_model, ends_branch=True),
        }


class OuterProductMean(Part):
    """W vec(mean over rows of a_i b_j^T) + b, from an alignment to the map of its pairs (algorithm 10)."""

    width: int  # of a and b
    eps: float = 1e-3  # added to the number of rows, by which the sum is divided: the authors' code

    def pieces(self, env: Env) -> Pieces:
        return {
            "norm": Held(env.norm, env),
            "sides": Projection(env.dims.d_model, dict.fromkeys("ab", self.width)),
            "out": linear(self.width**2, pair_dims(env).d_model, ends_branch=True),
        }

    def small(self) -> Self:
        return self.but(width=4)


class TriangleProduct(Part):
    """gate * W norm(sum over k of a_ik b_jk), or of a_ki b_kj; a and b are gated too (algorithms 11 and 12)."""

    dropout: float = 0.0  # of what is added, alike in all rows of the map

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        return {
            "norm": Held(env.norm, env),
            "sides": Projection(width, dict.fromkeys(("a", "b", "a_gate", "b_gate"), width)),
            "norm_out": Held(env.norm, env),
            "gate": Projection(width, {"gate": width}),
            "out": linear(width, width, ends_branch=True),
        }


class TriangleAttention(Part):
    """Pairs that start at one residue see each other, biased by the third side (algorithm 13); transposed, 14."""

    dropout: float = 0.0  # of what is added, alike in all rows of the map; transposed, in all columns

    def pieces(self, env: Env) -> Pieces:
        return {
            "norm": Held(env.norm, env),
            "bias": linear(env.dims.d_model, env.dims.heads, bias=False),
            **gated_attention(env.dims),
        }


class PairBlock(Part, kw_only=True):
    """Updates of a map of pairs, each added: triangle products, triangle attention, feed-forward (algorithm 6, 16)."""

    product: TriangleProduct
    attn: TriangleAttention
    mlp: MLP
    attention_first: bool = False

    def pieces(self, env: Env) -> Pieces:
        return {
            "outgoing": Held(self.product, env),
            "incoming": Held(self.product, env),
            "starting": Held(self.attn, env),
            "ending": Held(self.attn, env),
            "mlp_norm": Held(env.norm, env),
            "mlp": Held(self.mlp, env),
        }


class EvoformerBlock(Part, kw_only=True):
    """An alignment is updated with biases from the map of its pairs, then the map from the alignment (algorithm 6)."""

    row: RowAttention
    column: Column = ColumnAttention()
    mlp: MLP
    outer: OuterProductMean
    pair: PairBlock

    def pieces(self, env: Env) -> Pieces:
        pair = Env(pair_dims(env), env.norm, env.inputs)
        return {
            "row": Held(self.row, env),
            "column": Held(self.column, env),
            "mlp_norm": Held(env.norm, env),
            "mlp": Held(self.mlp, env),
            "outer": Held(self.outer, env),
            "pair": Held(self.pair, pair),
        }

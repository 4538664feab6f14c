"""What is read before the blocks: alignments, other rows of them, templates, and the model's own last output."""

from typing import Self

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Pieces, Projection, Several, linear
from clados.spec.folding.evoformer import EvoformerBlock, PairBlock, pair_dims
from clados.spec.inputs.base import Inputs


class Alignment(Inputs, kw_only=True):
    """A sequence of residues, features of an alignment of it, and how far apart its residues stand (algorithms 3-5).

    m_si = W f_si + W' t_i; z_ij = W'' t_i + W''' t_j + V onehot(clip(index_i - index_j)); t_i is one of ``letters``
    after a place for breaks of the chain.
    """

    letters: int = 21  # amino acids and the unknown one
    features: int = 49  # of each row and residue: letter, deletions, and those of the rows that it stands for
    reach: int = 32  # further apart is as far apart

    def pieces(self, env: Env) -> Pieces:
        pair, width = pair_dims(env).d_model, env.dims.d_model
        return {
            "target": Projection(self.letters + 1, {"left": pair, "right": pair, "row": width}),
            "rows": linear(self.features, width),
            "relative": linear(2 * self.reach + 1, pair),
        }

    def small(self) -> Self:
        return self.but(reach=3, features=7)


class Recycling(Part, kw_only=True):
    """The last pass's first row and map, normed, and its distances in bins, each projected (algorithm 32)."""

    bins: int = 15
    nearest: float = 3.25  # ångström between the carbons beta, at which the first bin begins
    furthest: float = 20.75  # and the last, which has no end
    passes: int = 3  # after the first

    def pieces(self, env: Env) -> Pieces:
        pair = env.of_width(pair_dims(env).d_model)
        return {
            "row_norm": Held(env.norm, env),
            "pair_norm": Held(env.norm, pair),
            "distances": linear(self.bins, pair.dims.d_model),
        }

    def small(self) -> Self:
        return self.but(passes=1, bins=5)


class Templates(Part, kw_only=True):
    """Folds of other proteins: maps of their pairs through blocks, attended to by each pair; angles as further rows.

    Algorithm 2, lines 7-13; algorithms 16 and 17. ``env.dims`` are the maps' own.
    """

    pair_features: int = 88
    angle_features: int = 57
    block: PairBlock

    def pieces(self, env: Env) -> Pieces:
        dims, pair = env.dims, pair_dims(env).d_model
        inner, width = dims.heads * dims.head_dim, env.joint
        return {
            "pair": linear(self.pair_features, dims.d_model),
            "blocks": Several(tuple(Held(self.block, env) for _ in range(dims.layers))),
            "norm_out": Held(env.norm, env),
            "q": linear(pair, inner, bias=False),
            "kv": Projection(dims.d_model, dict.fromkeys("kv", inner), bias=False),
            "out": linear(inner, pair, ends_branch=True),
            "angles": linear(self.angle_features, width),
            "angles_out": linear(width, width),
        }

    def small(self) -> Self:
        return self.but(pair_features=9, angle_features=6)


class ExtraRows(Part, kw_only=True):
    """Rows of the alignment that stand for none but themselves: they only inform the map of pairs (algorithm 18)."""

    features: int = 25  # letter and deletions
    block: EvoformerBlock

    def pieces(self, env: Env) -> Pieces:
        return {
            "rows": linear(self.features, env.dims.d_model),
            "blocks": Several(tuple(Held(self.block, env) for _ in range(env.dims.layers))),
        }

    def small(self) -> Self:
        return self.but(features=8)

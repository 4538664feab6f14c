"""From the map of pairs to places of all atoms (Jumper et al. 2021, supplement §1.8)."""

from typing import Self

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Pieces, Several, Weight, linear
from clados.spec.folding.evoformer import pair_dims
from clados.spec.folding.residues import TORSIONS

SOFT_ONE = 0.541324854612918  # log(1 + exp(this)) is 1


class FirstRow(Part):
    """Of each residue of the alignment's first row, W m_1i + b; ``env.joint`` is the alignment's width."""

    def pieces(self, env: Env) -> Pieces:
        return {"out": linear(env.joint, env.dims.d_model)}


class PointAttention(Part, kw_only=True):
    """Attention by scalars, pairs, and distances of points in each residue's frame (algorithm 22).

    Whatever turns and moves all frames together leaves its output as it is. Products have a bias, as in the authors'
    code; the algorithm gives them none.
    """

    points: int = 4  # of queries and keys, a head
    value_points: int = 8

    def pieces(self, env: Env) -> Pieces:
        dims, pair = env.dims, pair_dims(env).d_model
        heads, inner = dims.heads, dims.heads * dims.head_dim
        both = self.points + self.value_points
        return {
            "q": linear(dims.d_model, inner),
            "kv": linear(dims.d_model, 2 * inner),  # of each head in turn
            "q_points": linear(dims.d_model, 3 * heads * self.points),  # all x, all y, all z
            "kv_points": linear(dims.d_model, 3 * heads * both),
            "bias": linear(pair, heads),
            "head_weights": Weight((heads,), start=SOFT_ONE),
            "out": linear(heads * (dims.head_dim + pair + 4 * self.value_points), dims.d_model, ends_branch=True),
        }

    def small(self) -> Self:
        return self.but(points=2, value_points=3)


class AngleLayer(Part):
    """a + W relu(V relu(a)) (algorithm 20, lines 12 and 13). ``env.dims.d_model`` is the width of a."""

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        return {"up": linear(width, width), "down": linear(width, width, ends_branch=True)}


class Angles(Part, kw_only=True):
    """Sine and cosine of each torsion angle: products and residual layers from first and last states (algorithm 20)."""

    width: int = 128
    layers: int = 2

    def pieces(self, env: Env) -> Pieces:
        layer = Held(AngleLayer(), env.of_width(self.width))
        return {
            "last": linear(env.dims.d_model, self.width),
            "first": linear(env.dims.d_model, self.width),
            "layers": Several((layer,) * self.layers),
            "out": linear(self.width, 2 * TORSIONS),
        }

    def small(self) -> Self:
        return self.but(width=7)


class StructureModule(Part, kw_only=True):
    """Every residue a frame that begins at the origin; layers of one set of weights move it (algorithm 20)."""

    attn: PointAttention = PointAttention()
    angles: Angles = Angles()
    dropout: float = 0.1  # of the states after attention and after the feed-forward, before their norms
    scale: float = 10.0  # ångström in a unit of the frames

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        return {
            "norm": Held(env.norm, env),
            "pair_norm": Held(env.norm, env.of_width(pair_dims(env).d_model)),
            "first": linear(width, width),
            "attn": Held(self.attn, env),
            "attn_norm": Held(env.norm, env),
            "up": linear(width, width),
            "middle": linear(width, width),
            "down": linear(width, width, ends_branch=True),
            "mlp_norm": Held(env.norm, env),
            "move": linear(width, 6, ends_branch=True),
            "angles": Held(self.angles, env),
        }

"""Any number of an image's places to a few vectors (Alayrac et al. 2022, Flamingo)."""

from typing import Self

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Pieces, Projection, Several, Weight, linear
from clados.spec.feedforward.mlp import MLP
from clados.spec.norms import LayerNorm, Norm


class LatentAttention(Part):
    """Attention of latents to an image's places and to themselves, without biases (arXiv:2204.14198, A.1.1)."""

    def pieces(self, env: Env) -> Pieces:
        size = env.dims
        wide = size.heads * size.head_dim
        return {
            "q": Projection(size.d_model, {"q": wide}, bias=False),
            "kv": Projection(size.d_model, {"k": wide, "v": wide}, bias=False),
            "out": linear(wide, size.d_model, bias=False, ends_branch=True),
        }


class LatentBlock(Part):
    """x + attention(norm(x), norm(places)), then x + mlp(norm(x))."""

    mlp: MLP = MLP("squared_relu", bias=False)

    def pieces(self, env: Env) -> Pieces:
        return {
            "attn_norm": Held(env.norm, env),
            "places_norm": Held(env.norm, env),
            "attn": Held(LatentAttention(), env),
            "mlp_norm": Held(env.norm, env),
            "mlp": Held(self.mlp, env),
        }


class Resampler(Part, kw_only=True):
    """Learned latents that read an image's places, each plus its frame's vector, in every layer; then a norm.

    Alayrac et al. 2022, §2.1 and A.1.1 (figure 5); no vectors say where in its frame a place is.
    """

    latents: int = 64
    frames: int = 8
    norm: Norm = LayerNorm()
    block: LatentBlock = LatentBlock()

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        return {
            "latents": Weight((self.latents, width), fan_in=width),
            "times": Weight((self.frames, width), fan_in=width),
            "blocks": Several(env.dims.layers * (Held(self.block, env),)),
            "norm_out": Held(self.norm, env),
        }

    def small(self) -> Self:
        return self.but(latents=5, frames=3)

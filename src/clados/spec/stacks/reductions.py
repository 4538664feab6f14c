"""What halves the sides of a map between two stages."""

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Pieces, Weight, linear
from clados.spec.norms import LayerNorm, Norm

SQUEEZED, NARROWEST = 4, 8  # a squeeze has a quarter of the width, and eight numbers at least


class Reduction(Part):
    """Halves the sides of a map, rounded up, and doubles its width."""


class PatchMerging(Reduction):
    """W norm(x): x are four neighbours side by side, their columns first (Liu et al. 2021, §3.1)."""

    norm: Norm = LayerNorm()

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        return {"norm": Held(self.norm, env.of_width(4 * width)), "reduce": linear(4 * width, 2 * width, bias=False)}


class ConvBlock(Part):
    """x + P(s(gelu(D x))): D a convolution of 3 x 3 within each channel, P a product over the channels, without biases.

    s weighs the channels: s(y) = y * sigmoid(V gelu(U mean(y))), U to a quarter of the width, eight at least
    (Hatamizadeh et al. 2023, eq. 1; the quarter is that of github:NVlabs/GCVit models/gc_vit.py SE).
    """

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        squeezed = max(NARROWEST, width // SQUEEZED)
        return {
            "depthwise": Weight((width, 1, 3, 3), fan_in=9),
            "squeeze": linear(width, squeezed, bias=False),
            "excite": linear(squeezed, width, bias=False),
            "pointwise": linear(width, width, bias=False),
        }


def halved(norm: Norm, env: Env, width: int) -> Pieces:
    """A norm, a ``ConvBlock``, a convolution of 3 x 3 at every second place to a width, and a norm of that."""
    return {
        "norm_in": Held(norm, env),
        "block": Held(ConvBlock(), env),
        "reduce": Weight((width, env.dims.d_model, 3, 3), fan_in=9 * env.dims.d_model),
        "norm_out": Held(norm, env.of_width(width)),
    }


class Downsampler(Reduction):
    """norm(C(block(norm(x)))): C a convolution of 3 x 3 at every second place (Hatamizadeh et al. 2023, §3.1)."""

    norm: Norm = LayerNorm()

    def pieces(self, env: Env) -> Pieces:
        return halved(self.norm, env, 2 * env.dims.d_model)

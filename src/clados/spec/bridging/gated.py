"""What lets a text look at images, closed at first (Alayrac et al. 2022, Flamingo)."""

from clados.spec.attention.dense import CrossAttention
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Pieces, Weight
from clados.spec.feedforward.mlp import MLP
from clados.spec.norms import LayerNorm, Norm


class GatedCross(Part, kw_only=True):
    """x + tanh(a) cross(norm(x), image), then x + tanh(b) mlp(norm(x)), a and b from 0 (arXiv:2204.14198, A.1.2)."""

    norm: Norm = LayerNorm()
    cross: CrossAttention = CrossAttention(biases="none")
    mlp: MLP = MLP("squared_relu", bias=False)

    def pieces(self, env: Env) -> Pieces:
        return {
            "cross_norm": Held(self.norm, env),
            "cross": Held(self.cross, env),
            "cross_gate": Weight((1,), start=0.0),
            "mlp_norm": Held(self.norm, env),
            "mlp": Held(self.mlp, env),
            "mlp_gate": Weight((1,), start=0.0),
        }

"""Feed-forward of two matrices."""

from clados.spec.activations import Act
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Pieces, Projection, linear


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
        return {"up": Projection(d_model, outs, self.bias), "down": linear(d_ff, d_model, self.bias, ends_branch=True)}

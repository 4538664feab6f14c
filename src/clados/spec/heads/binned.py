"""What a model of binned trajectories predicts."""

from typing import ClassVar

from clados.spec.core.pieces import Env, Pieces, Weight
from clados.spec.heads.base import Head
from clados.spec.inputs.binned import binned_inputs


class BinLogits(Head):
    """Scores of the next token's bins and of the end, by a product for each place in a step, without bias.

    The product is that of the token at which it is read, not of the one that it predicts (EinLinear of
    github:jannerm/trajectory-transformer trajectory/models/ein.py).
    """

    slot: ClassVar[str] = "bins"

    def pieces(self, env: Env) -> Pieces:
        read, width = binned_inputs(self, env), env.dims.d_model
        return {"products": Weight((read.step, read.bins + 1, width), fan_in=width)}

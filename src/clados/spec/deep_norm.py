"""DeepNorm: residual branches that stay small beside the stream, however deep the stack (Wang et al. 2022)."""

import math

from clados.spec.init import Fill, Init
from clados.spec.ledger import Row
from clados.spec.parts import MLP, Residual
from clados.spec.pieces import Table


class DeepNorm(Residual):
    """norm(a x + f(x)), a = (2 layers)^power (Wang et al. 2022, §3; a decoder's power is 1/4).

    GLM-130B takes 1/2 (Zeng et al. 2022, §2.1).
    """

    power: float = 0.25


class DeepInit(Init):
    """Glorot's N(0, 2 / (in + out)); values and last products of branches times (2 layers)^-power.

    Wang et al. 2022, §3, figure 2; GLM-130B with 1/2 (Zeng et al. 2022, §2.1). Feed-forward products all count.
    """

    power: float = 0.5
    tables: float = 0.02

    def draw(self, row: Row, out: str, size: int) -> Fill:
        if isinstance(row.piece, Table):
            return Fill("normal", self.tables, size)
        n_out, n_in = size, row.shape[-1]
        narrow = isinstance(row.part, MLP) or out == "v" or row.path.endswith("attn.out.weight")
        gain = (2 * row.env.dims.layers) ** -self.power if narrow else 1.0
        return Fill("normal", gain * math.sqrt(2 / (n_in + n_out)), size)

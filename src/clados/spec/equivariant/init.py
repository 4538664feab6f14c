"""How the tensors of networks over points are drawn."""

from clados.spec.core.ledger import Row
from clados.spec.core.pieces import Projection, Weight
from clados.spec.equivariant.kernels import AttentiveMixture, Radial
from clados.spec.equivariant.layers import BiasedLengths
from clados.spec.init import Fill, Init


class EquivariantInit(Init):
    """Mixtures N(0, 1 / channels), radial networks uniform of variance 2 / fan_in, biases of lengths N(0, 1).

    Other products, and biases of all, uniform of variance 1 / (3 fan_in), as torch draws
    (github:FabianFuchsML/se3-transformer-public equivariant_attention/modules.py).
    """

    def fills(self, row: Row) -> tuple[Fill, ...]:
        if isinstance(row.piece, Projection) and row.is_bias:
            return (Fill("uniform", (3 * row.piece.n_in) ** -0.5, row.shape[0]),)
        if isinstance(row.part, BiasedLengths):
            return (Fill("normal", 1.0, row.shape[0]),)
        return super().fills(row)

    def draw(self, row: Row, out: str, size: int) -> Fill:
        fan_in = row.piece.fan_in if isinstance(row.piece, Weight) else row.shape[-1]
        if isinstance(row.piece, Weight):
            return Fill("normal", fan_in**-0.5, size)
        gain = 2.0 if isinstance(row.part, Radial | AttentiveMixture) else 1 / 3
        return Fill("uniform", (gain / fan_in) ** 0.5, size)

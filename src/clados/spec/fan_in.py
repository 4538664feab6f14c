"""Initialisation by the number of inputs of each product."""

import math

from clados.spec.errors import SpecError
from clados.spec.init import Fill, Init
from clados.spec.ledger import Row
from clados.spec.pieces import Table, Weight


class FanIn(Init):
    """N(0, scale / fan_in), of experts each by its own; tables N(0, 1) (PaLM: Chowdhery et al. 2022, §5).

    Switch Transformer: scale 0.1, drawn again beyond two standard deviations (Fedus et al. 2021, §2.4).
    """

    scale: float = 1.0
    cut: bool = False  # at two standard deviations
    tables: float = 1.0

    def draw(self, row: Row, out: str, size: int) -> Fill:
        if isinstance(row.piece, Table):
            return Fill("normal", self.tables, size)
        fan_in = row.piece.fan_in if isinstance(row.piece, Weight) else row.shape[-1]
        if not fan_in:
            raise SpecError(f"FanIn() does not say how to draw {row.path}, which adds up no inputs")
        return Fill("truncated" if self.cut else "normal", math.sqrt(self.scale / fan_in), size)

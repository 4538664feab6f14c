"""Switch Transformer with gated layers, its XXL size (arXiv:2101.03961 table 9, arXiv:2002.05202 eq. 6)."""

from typing import Any

from clados.proofs.oracles import switch

SOURCE = "arXiv:2101.03961 §2 and table 9, arXiv:2002.05202 eq. 6"
CARDS = ("switch",)


def fits(model: Any) -> bool:
    """Its layers are gated."""
    return not switch.fits(model)


numbers, run = switch.numbers, switch.run

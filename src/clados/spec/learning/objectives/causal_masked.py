"""Predict a text, some spans of it after its end."""

from typing import ClassVar

from clados.spec.core.ranges import NotNegative
from clados.spec.learning.objectives.base import Objective


class CausalMasked(Objective):
    """-log p(x_t | x_<t) over a text whose spans were cut out and stand after its end (Aghajanyan et al. 2022, §2.1).

    So many spans, drawn from Poisson(spans) and kept within ``bounds``, that do not overlap, their ends uniform; a
    numbered mask stands in the place of each and before it at the end, and the end token closes it. Masks are not
    predicted.
    """

    verb: ClassVar[str] = "generate"
    unit: ClassVar[str] = "nats a token"
    spans: NotNegative = 1.0
    bounds: tuple[int, int] = (1, 16)

    def check(self) -> None:
        self.refuse_disorder("bounds", 1)

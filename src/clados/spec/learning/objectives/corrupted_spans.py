"""Predict spans that were taken out."""

from typing import ClassVar

from clados.spec.core.ranges import Positive, Share
from clados.spec.learning.objectives.base import Objective


class CorruptedSpans(Objective):
    """Replace random spans by sentinels; the target spells them out (Raffel et al. 2020, §3.1.4, figure 2)."""

    verb: ClassVar[str] = "fill"
    unit: ClassVar[str] = "nats a token"
    rate: Share = 0.15
    mean: Positive = 3.0  # tokens of a span

"""Predict a target text."""

from typing import ClassVar

from clados.spec.core.ranges import Share
from clados.spec.learning.objectives.base import Objective


class Translation(Objective):
    """-log p(target | source), with smoothed labels (Vaswani et al. 2017, §5.4)."""

    verb: ClassVar[str] = "translate"
    unit: ClassVar[str] = "nats a token"
    smoothing: Share = 0.1  # share of the label spread evenly over the vocabulary, the label included

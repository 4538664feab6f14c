"""Predict spans that were taken out, after the text."""

from typing import ClassVar

from clados.spec.core.ranges import Positive, Share
from clados.spec.learning.objectives.base import Objective


class BlankInfilling(Objective):
    """-log p of the spans that were taken out, in random order, each from left to right (Du et al. 2022, §2.1, eq. 1).

    Of the examples, a share loses whole ``sentences``, a share one ``long`` span, the rest short ones (§2.1.1).
    """

    verb: ClassVar[str] = "fill"
    unit: ClassVar[str] = "nats a token"
    rate: Share = 0.15  # of the tokens, in short spans and in sentences
    mean: Positive = 3.0  # tokens of a short span, Poisson
    sentences: Share = 0.0
    long: Share = 0.0
    least: Share = 0.5  # share of the text that a long span takes, drawn from here to 1
    ending: Share = 0.5  # of the long spans, the share that are the text's end (the default of the authors' arguments)

    def check(self) -> None:
        self.refuse_above_one("sentences", "long")

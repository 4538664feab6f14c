"""Noise that is to be predicted in images."""

from typing import ClassVar

from clados.spec.errors import SpecError
from clados.spec.learning.objectives.base import OF_PARTS, Objective


class PredictedNoise(Objective):
    """|prediction - target|^2 of an image with the noise of a step drawn evenly (Ho et al. 2020, eq. 14).

    What the target is, the model's diffusion says. Where the model has codes, it is their latents, drawn, that take the
    noise, and the codes learn nothing (Rombach et al. 2022, eq. 2). A share of the captions is left empty, so that the
    model also knows images without a text (Ho & Salimans 2022, algorithm 1). A model that says a step's variance too
    learns that of the bound on the likelihood (Nichol & Dhariwal 2021, eq. 16).
    """

    verb: ClassVar[str] = "paint"
    unit: ClassVar[str] = OF_PARTS  # the model decides whether there is a bound beside the square
    dropped: float = 0.1

    def check(self) -> None:
        if not 0 <= self.dropped <= 1:
            raise SpecError(f"{type(self).__name__}.dropped is {self.dropped}; it must be from 0 to 1")


class NoiseBesideVector(PredictedNoise):
    """The same of a model that also reads CLIP's vector of an image, 0 for a share (Ramesh et al. 2022, §2.1)."""

    unseen: float = 0.1

    def check(self) -> None:
        super().check()
        if not 0 <= self.unseen < 1:
            raise SpecError(f"NoiseBesideVector.unseen is {self.unseen}; it must be at least 0 and below 1")


class ForeseenVector(PredictedNoise):
    """|prediction - v|^2, v CLIP's vector of an image, from that with noise, its caption and CLIP's vector of this.

    Ramesh et al. 2022, eq. 2. A share of the captions, and of their vectors, is left out.
    """

    verb: ClassVar[str] = ""
    unit: ClassVar[str] = "squared error a number"

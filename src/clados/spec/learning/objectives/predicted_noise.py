"""Noise that is to be predicted in images."""

from clados.spec.errors import SpecError
from clados.spec.learning.objectives.base import Objective


class PredictedNoise(Objective):
    """|prediction - target|^2 of an image with the noise of a step drawn evenly (Ho et al. 2020, eq. 14).

    What the target is, the model's diffusion says. Where the model has codes, it is their latents, drawn, that take the
    noise, and the codes learn nothing (Rombach et al. 2022, eq. 2). A share of the captions is left empty, so that the
    model also knows images without a text (Ho & Salimans 2022, algorithm 1).
    """

    dropped: float = 0.1

    def check(self) -> None:
        if not 0 <= self.dropped < 1:
            raise SpecError(f"PredictedNoise.dropped is {self.dropped}; it must be at least 0 and below 1")

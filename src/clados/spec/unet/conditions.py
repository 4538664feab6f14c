"""What a network over images is told beside the step: a text as one vector, an image of fewer pixels."""

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Pieces, linear
from clados.spec.errors import SpecError


class TextVector(Part):
    """A vector of a text, as wide as the step's, that is added to it."""


class LastState(TextVector):
    """W h + b, h the text's last state (Nichol et al. 2021, §3)."""

    def pieces(self, env: Env) -> Pieces:
        return {"project": linear(env.memory, env.steps)}


class LowResolution(Part):
    """The same image of fewer pixels, enlarged by bilinear interpolation, as further channels (Saharia et al. 2021)."""

    factor: int = 4  # of its sides

    def check(self) -> None:
        if self.factor < 2:
            raise SpecError(f"LowResolution.factor is {self.factor}; it must be at least 2")

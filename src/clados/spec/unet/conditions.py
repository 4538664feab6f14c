"""What a network over images reads beside the step: a text or a picture as one vector, an image of fewer pixels."""

from typing import Self

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Pieces, Projection, linear
from clados.spec.errors import SpecError
from clados.spec.norms import LayerNorm


class TextVector(Part):
    """A vector of a text, as wide as the step's, that is added to it."""


class LastState(TextVector):
    """W h + b, h the text's last state (Nichol et al. 2021, §3)."""

    def pieces(self, env: Env) -> Pieces:
        return {"project": linear(env.memory, env.steps)}


class PooledStates(TextVector, kw_only=True):
    """W o + b, o what the mean of the text's states, normed, finds among them by attention (Saharia et al. 2022, §2.4).

    Attention has one head, no biases and no product after it.
    """

    norm: LayerNorm = LayerNorm()

    def pieces(self, env: Env) -> Pieces:
        width = env.memory
        return {
            "norm": Held(self.norm, env.of_width(width)),
            "q": linear(width, width, bias=False),
            "kv": Projection(width, {"k": width, "v": width}, bias=False),
            "project": linear(width, env.steps),
        }


class PictureVector(Part, kw_only=True):
    """A picture as one vector: W v + b is added to the step's, and further tokens of it follow the text's states.

    Ramesh et al. 2022, §2.1: four tokens. Where no picture is given the vector is 0.
    """

    width: int  # of the vector, as CLIP gives it
    tokens: int = 4

    def check(self) -> None:
        if self.width < 1 or self.tokens < 1:
            raise SpecError(f"PictureVector has width {self.width} and {self.tokens} tokens; both must be at least 1")

    def pieces(self, env: Env) -> Pieces:
        return {"project": linear(self.width, env.steps), "spread": linear(self.width, self.tokens * env.memory)}

    def small(self) -> Self:
        return self.but(width=min(self.width, 9))


class LowResolution(Part):
    """The same image of fewer pixels, enlarged by bilinear interpolation, as further channels (Saharia et al. 2021)."""

    factor: int = 4  # of its sides

    def check(self) -> None:
        if self.factor < 2:
            raise SpecError(f"LowResolution.factor is {self.factor}; it must be at least 2")

"""Models of two towers that meet in one space."""

import math
from collections.abc import Callable
from typing import Any, Self

from clados.spec.convolutions.resnet import ResNet
from clados.spec.core.pieces import Env, Held, Pieces, Weight
from clados.spec.core.sizes import ResNetSize, Towers
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.inputs.base import Inputs
from clados.spec.inputs.text import Tokens, Vocabulary
from clados.spec.kinds.model import HasHeads, Model
from clados.spec.kinds.single import Tower


class TwoTower(Model, kw_only=True):
    """An image tower and a text tower that meet in one space (Radford et al. 2021, figure 3)."""

    size: Towers
    image: Tower | ResNet
    text: Tower
    temperature: float = 0.07  # at the start; learned as its logarithm's negative
    warmest: float = 100.0  # the factor on the cosines never exceeds this

    def check(self) -> None:
        if isinstance(self.image, ResNet) != isinstance(self.size.image, ResNetSize):
            raise SpecError(f"TwoTower.size.image is {self.size.image!r}; a ResNet has a ResNetSize, a Tower a Size")

    @property
    def towers(self) -> tuple[HasHeads, ...]:
        return (self.image, self.text)

    @property
    def compares(self) -> bool:
        return True

    def adapted(self, inputs: Callable[[Inputs], Inputs], head: Callable[[Head], Head]) -> Self:
        image, text = (tower.but(inputs=inputs(tower.inputs)) for tower in (self.image, self.text))
        return self.but(image=image, text=text)

    @property
    def vocab(self) -> Vocabulary:
        if not isinstance(self.text.inputs, Tokens):
            raise SpecError(f"TwoTower.text.inputs is {self.text.inputs!r}; it must be Tokens(...)")
        return self.text.inputs.vocab

    def pieces(self, env: Env | None = None) -> Pieces:
        def held(tower: Tower | ResNet, size: Any) -> Held:
            return Held(tower, tower.env_at(size, self.size.joint))

        return {
            "logit_scale": Weight((), start=-math.log(self.temperature)),
            "image": held(self.image, self.size.image),
            "text": held(self.text, self.size.text),
        }

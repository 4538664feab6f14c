"""Encoders of images in stages of falling resolution (Liu et al. 2021, Swin)."""

from clados.spec.core.pieces import Env, Held, Named, Pieces, Several
from clados.spec.core.sizes import Stages
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.inputs.image import MapInputs
from clados.spec.kinds.model import OneTower, check_heads
from clados.spec.stacks.windows import WindowStack


class Pyramid(OneTower, kw_only=True):
    """A map of an image through stages, each of half the sides and twice the width of the one before.

    What is read off the last map, a norm after it, takes its places as a row (Liu et al. 2021, figure 3).
    """

    size: Stages
    inputs: MapInputs
    stack: WindowStack
    heads: tuple[Head, ...]

    def check(self) -> None:
        check_heads(type(self).__name__, self.heads)
        if len(windows := self.windows) != (stages := len(self.size.layers)):
            raise SpecError(f"Pyramid.stack.window is {windows}; one for all or each of {stages} stages is needed")

    @property
    def windows(self) -> tuple[int, ...]:
        """The window of each stage."""
        return self.stack.windows(len(self.size.layers))

    def sides(self) -> tuple[int, ...]:
        """The side of each stage's map, for an image of the declared size."""
        sides = [self.inputs.map_side]
        for _ in self.size.layers[1:]:
            sides.append(-(-sides[-1] // 2))
        return tuple(sides)

    def pieces(self, env: Env | None = None) -> Pieces:
        sizes, stack = self.size.stages, self.stack
        envs = [Env(size.dims, stack.norm, self.inputs, window=window) for size, window in zip(sizes, self.windows)]
        rates, first, stages = stack.drop_path.rates(sum(self.size.layers)), 0, []
        for each, side in zip(envs, self.sides()):
            last = first + each.dims.layers
            stages.append(Held(stack.stage(each.dims.layers, each.window, side, rates[first:last]), each))
            first = last
        return {
            "inputs": Held(self.inputs, envs[0]),
            "stages": Several(tuple(stages)),
            "reductions": Several(tuple(Held(stack.reduction, each) for each in envs[:-1])),
            "norm_out": Held(stack.norm, envs[-1]),
            "heads": Named({head.slot: Held(head, envs[-1]) for head in self.heads}),
        }

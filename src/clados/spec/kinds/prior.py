"""Models that foresee the vector of a picture from a text."""

from collections.abc import Callable
from typing import Self

from clados.spec.attention.masks import Causal
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Pieces, Table, linear
from clados.spec.core.sizes import Size
from clados.spec.diffusion.noise import Diffusion
from clados.spec.diffusion.samplers import NoiseSampler, check_variance
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.inputs.base import Inputs
from clados.spec.inputs.text import Tokens
from clados.spec.kinds.model import HasHeads, Headless
from clados.spec.stacks.stack import Stack
from clados.spec.unet.blocks import StepVector


class FurtherPlaces(Part, kw_only=True):
    """Four places after a text: its vector, the step, the picture's noisy vector, and one for what is foreseen.

    Each has a vector of its own; the last has nothing else.
    """

    joint: int  # width of the vectors of texts and pictures

    def check(self) -> None:
        if self.joint < 1:
            raise SpecError(f"FurtherPlaces.joint is {self.joint}; it must be at least 1")

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        return {
            "text": linear(self.joint, width),
            "picture": linear(self.joint, width),
            "own": Table(4, width),
            "project": linear(width, self.joint),
        }

    def small(self) -> Self:
        return self.but(joint=min(self.joint, 9))


class DiffusionPrior(Headless, kw_only=True):
    """A causal stack over a text, its vector, the step, the picture's noisy vector and a last place (§2.2).

    What leaves the last place is the picture's vector (Ramesh et al. 2022).
    """

    size: Size
    inputs: Tokens
    stack: Stack
    further: FurtherPlaces
    step: StepVector = StepVector(ratio=1)
    diffusion: Diffusion
    sampler: NoiseSampler
    drawn: int = 2  # vectors, of which the one most like the text's is taken

    def check(self) -> None:
        if not isinstance(self.stack.sees, Causal):
            raise SpecError(f"DiffusionPrior.stack.sees is {self.stack.sees!r}; it sees Causal()")
        if self.step.ratio != 1 or self.diffusion.variance:
            raise SpecError("DiffusionPrior.step is as wide as the stack, ratio 1, and diffusion says no variance")
        check_variance("DiffusionPrior", self.sampler, self.diffusion)
        if self.drawn < 1:
            raise SpecError(f"DiffusionPrior.drawn is {self.drawn}; it must be at least 1")

    @property
    def towers(self) -> tuple[HasHeads, ...]:
        return (self,)

    def adapted(self, inputs: Callable[[Inputs], Inputs], head: Callable[[Head], Head]) -> Self:
        return self.but(inputs=inputs(self.inputs))

    def pieces(self, env: Env | None = None) -> Pieces:
        inside = Env(self.size.dims, self.stack.norm, self.inputs, causal=True)
        return {
            "inputs": Held(self.inputs, inside),
            "step": Held(self.step, inside),
            "further": Held(self.further, inside),
            "stack": Held(self.stack, inside),
        }

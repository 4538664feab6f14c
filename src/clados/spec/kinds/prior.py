"""Models that foresee the vector of a picture from a text."""

from collections.abc import Callable
from typing import Self

from clados.spec.attention.masks import Causal
from clados.spec.core.pieces import Env, Held, Pieces, Table, linear
from clados.spec.core.sizes import Size
from clados.spec.diffusion.noise import Diffusion
from clados.spec.diffusion.samplers import NoiseSampler
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.inputs.base import Inputs
from clados.spec.inputs.text import Tokens
from clados.spec.kinds.model import HasHeads, Headless
from clados.spec.stacks.stack import Stack
from clados.spec.unet.blocks import StepVector

FURTHER = 4  # places after the text


class DiffusionPrior(Headless, kw_only=True):
    """A causal stack over a text, its vector, the step, the picture's noisy vector and a last place (§2.2).

    What leaves the last place is the picture's vector (Ramesh et al. 2022). Each of the four places after the text has
    a vector of its own; the last has nothing else.
    """

    size: Size
    inputs: Tokens
    stack: Stack
    joint: int  # width of the vectors of texts and pictures
    step: StepVector = StepVector(ratio=1)
    diffusion: Diffusion
    sampler: NoiseSampler
    guidance: float = 1.0  # how far a vector is led away from what no text says; 1: not at all
    drawn: int = 2  # vectors, of which the one most like the text's is taken

    def check(self) -> None:
        if not isinstance(self.stack.sees, Causal):
            raise SpecError(f"DiffusionPrior.stack.sees is {self.stack.sees!r}; it sees Causal()")
        if self.step.ratio != 1 or self.diffusion.variance:
            raise SpecError("DiffusionPrior.step is as wide as the stack, ratio 1, and diffusion says no variance")
        if self.joint < 1 or self.drawn < 1:
            raise SpecError(f"DiffusionPrior has joint {self.joint} and drawn {self.drawn}; both must be at least 1")

    @property
    def towers(self) -> tuple[HasHeads, ...]:
        return (self,)

    def adapted(self, inputs: Callable[[Inputs], Inputs], head: Callable[[Head], Head]) -> Self:
        return self.but(inputs=inputs(self.inputs))

    def small(self) -> Self:
        return self.but(joint=min(self.joint, 9))

    def pieces(self, env: Env | None = None) -> Pieces:
        width = self.size.d_model
        inside = Env(self.size.dims, self.stack.norm, self.inputs, causal=True)
        return {
            "inputs": Held(self.inputs, inside),
            "text": linear(self.joint, width),
            "step": Held(self.step, inside),
            "picture": linear(self.joint, width),
            "further": Table(FURTHER, width),
            "stack": Held(self.stack, inside),
            "project": linear(width, self.joint),
        }

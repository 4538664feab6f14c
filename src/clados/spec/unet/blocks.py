"""What happens to an image at one resolution, and between two."""

from typing import Literal

from clados.spec.activations import Act
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Kernel, Pieces, linear
from clados.spec.errors import SpecError
from clados.spec.norms import GroupNorm


class StepVector(Part, kw_only=True):
    """A vector of a step's number: down(act(up s)), s its cosines and sines at falling frequencies (Ho et al. 2020, B).

    The frequencies are period^(-i / (n - shift)), i < n: half the channels of the first level.
    """

    first: Literal["cosine", "sine"] = "cosine"
    period: float = 10_000.0
    shift: int = 0
    ratio: int = 4  # of its width to the channels of the first level
    act: Act = "silu"

    def check(self) -> None:
        if self.period <= 1 or self.ratio < 1 or self.shift not in (0, 1):
            raise SpecError(
                f"StepVector has period {self.period}, ratio {self.ratio} and shift {self.shift}; "
                "the period must be above 1, the ratio at least 1, the shift 0 or 1"
            )

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        return {"up": linear(width, self.ratio * width), "down": linear(self.ratio * width, self.ratio * width)}


class ResidualBlock(Part):
    """x + conv(act(norm(conv(act(norm(x)))))), x by a product where the channels differ (Dhariwal & Nichol 2021, §3).

    ``step``: a product of the vector that says which step it is, added after the first convolution, or the scale and
    shift of the second norm's output, (1 + scale) y + shift; None: it does not know.
    """

    norm: GroupNorm = GroupNorm()
    act: Act = "silu"
    step: Literal["added", "scaling"] | None = "added"
    dropout: float = 0.0  # before the second convolution

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        enters = env.enters or width
        if self.step and not env.steps:
            raise SpecError(f"ResidualBlock.step is '{self.step}', and the network knows of no steps")
        step = {"step": linear(env.steps, width * (2 if self.step == "scaling" else 1))} if self.step else {}
        skip = {"skip": Kernel(enters, width, side=1)} if enters != width else {}
        return {
            "norm_in": Held(self.norm, env.of_width(enters)),
            "conv_in": Kernel(enters, width),
            **step,
            "norm_out": Held(self.norm, env),
            "conv_out": Kernel(width, width, ends_branch=True),
            **skip,
        }


class Resample(Part):
    """What changes the sides of an image."""


class Downsample(Resample):
    """A convolution of 3 x 3 at every second place; zeros around the image, or at its right and bottom alone."""

    around: bool = True

    def pieces(self, env: Env) -> Pieces:
        return {"conv": Kernel(env.dims.d_model, env.dims.d_model)}


class Upsample(Resample):
    """Each pixel four times, then a convolution of 3 x 3."""

    def pieces(self, env: Env) -> Pieces:
        return {"conv": Kernel(env.dims.d_model, env.dims.d_model)}


class ResidualResample(Resample):
    """A residual block that changes the sides of x, and of what its first convolution reads.

    Brock et al. 2019; for diffusion Song et al. 2021b, and Dhariwal & Nichol 2021, §3.
    """

    residual: ResidualBlock = ResidualBlock()

    def pieces(self, env: Env) -> Pieces:
        return {"residual": Held(self.residual, env)}


class ResidualDownsample(ResidualResample):
    """A residual block to half the sides: the mean of four pixels."""


class ResidualUpsample(ResidualResample):
    """A residual block to twice the sides: each pixel four times."""

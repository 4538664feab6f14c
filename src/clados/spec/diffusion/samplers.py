"""How noise is taken away in fewer steps than it was added in: parts without tensors."""

from typing import Literal

from clados.spec.core.part import Part
from clados.spec.diffusion.noise import Diffusion
from clados.spec.errors import SpecError


class NoiseSampler(Part, kw_only=True):
    """Which steps are taken back, from the last to the first, and what becomes of the image at each.

    Spacing (Lin et al. 2023, table 2): "leading", every k-th step from the first on; "linspace", from the first to the
    last; "trailing", every k-th from the last down. "even" (Nichol & Dhariwal 2021, §4) are the steps of "linspace",
    and each leads to the next of them, where it leads k steps down with the others.
    """

    spacing: Literal["leading", "linspace", "trailing", "even"] = "leading"
    offset: int = 0  # added to the numbers of "leading" steps
    clean: bool = True  # the last step takes all noise away; else it leads to the noise of the very first step

    def check(self) -> None:
        if self.offset < 0:
            raise SpecError(f"{type(self).__name__}.offset is {self.offset}; it must be at least 0")
        if self.offset and self.spacing != "leading":
            raise SpecError(f"{type(self).__name__}.offset is {self.offset}, and only 'leading' steps have one")


class DDPM(NoiseSampler, kw_only=True):
    """Each step draws from the posterior (Ho et al. 2020, algorithm 2).

    Its variance is the least or the most that it may be (§3.2), or between the two where the model says: learned
    (Nichol & Dhariwal 2021, eq. 15).
    """

    variance: Literal["small", "large", "learned"] = "small"


def check_variance(kind: str, sampler: NoiseSampler, diffusion: Diffusion) -> None:
    """Refuse a sampler that takes a variance where the model of that kind says none.

    Raises:
        SpecError: for such a one.
    """
    if isinstance(sampler, DDPM) and sampler.variance == "learned" and not diffusion.variance:
        raise SpecError(f"{kind}.sampler takes a learned variance, and diffusion.variance is False")


class DDIM(NoiseSampler, kw_only=True):
    """A step along the direction of noise; ``eta`` brings in noise, 1 as much as DDPM (Song et al. 2021, eq. 12)."""

    eta: float = 0.0

    def check(self) -> None:
        super().check()
        if not 0 <= self.eta <= 1:
            raise SpecError(f"DDIM.eta is {self.eta}; it must be from 0 to 1")


class PLMS(NoiseSampler, kw_only=True):
    """DDIM's step with the noise extrapolated from that of up to four steps (Liu et al. 2022, eq. 9 and 12)."""

    def check(self) -> None:
        super().check()
        if self.spacing == "even":
            raise SpecError("PLMS.spacing is 'even'; its steps must be equally far apart")


class DPMSolver(NoiseSampler, kw_only=True):
    """DPM-Solver++ (Lu et al. 2022b, algorithm 2, multistep): exact in what is linear; order 1 is DDIM."""

    order: Literal[1, 2] = 2

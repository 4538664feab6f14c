"""Steps that take noise away. Images are [batch, channels, height, width]; what a step remembers is a value."""

import math
from abc import ABC, abstractmethod
from itertools import accumulate
from typing import Any

from torch import Tensor

from clados import spec as s
from clados.errors import InputError
from clados.nn.core.module import MODULES, builds
from clados.nn.diffusion.noise import Diffusion

Past = tuple[Tensor, ...]  # what earlier steps predicted, the latest first


class Steps(ABC):
    """The steps of one sampler over one diffusion: ``timesteps`` are those that the model is asked at, in order.

    Of all of them the ``last`` alone, where so many are said.
    """

    def __init__(self, part: Any, diffusion: Diffusion, steps: int, last: int | None = None) -> None:
        whole = diffusion.part.steps
        if not 1 <= steps <= whole:
            raise InputError(f"steps is {steps}; this model takes at least 1 and at most {whole}")
        self.part, self.diffusion, self.steps, self.gap = part, diffusion, steps, whole // steps
        self.alpha_bars: list[float] = diffusion.alpha_bars.tolist()
        self.timesteps = self.asked(self.spaced(whole)[-(last or steps) :])
        if self.timesteps[0] >= whole:
            raise InputError(f"{type(part).__name__}.offset {part.offset} leads beyond the {whole} steps at {steps}")

    def spaced(self, whole: int) -> tuple[int, ...]:
        """The steps of the declared spacing, from the last to the first."""
        if self.part.spacing == "leading":
            return tuple(i * self.gap + self.part.offset for i in reversed(range(self.steps)))
        if (
            self.part.spacing == "even"
        ):  # added up, as in github:openai/improved-diffusion improved_diffusion/respace.py
            stride = (whole - 1) / max(1, self.steps - 1)
            return tuple(map(round, accumulate([stride] * (self.steps - 1), initial=0.0)))[::-1]
        if self.part.spacing == "linspace":
            return tuple(round(i * (whole - 1) / max(1, self.steps - 1)) for i in reversed(range(self.steps)))
        return tuple(round(whole - i * whole / self.steps) - 1 for i in range(self.steps))

    def asked(self, times: tuple[int, ...]) -> tuple[int, ...]:
        """When the model is asked, of the steps that are taken."""
        return times

    def alpha_bar(self, timestep: int) -> float:
        """a_t of a step; of one before the first, that of what is clean."""
        if timestep >= 0:
            return self.alpha_bars[timestep]
        return 1.0 if self.part.clean else self.alpha_bars[0]

    def end(self, i: int) -> int:
        """The step to which the i-th leads; below 0 for what is clean.

        As in diffusers 0.42.1 that is a fixed gap below, but for "even" steps; so those of "trailing" and "linspace"
        are a little off where the gap is no whole number.
        """
        if self.part.spacing != "even":
            return self.timesteps[i] - self.gap
        return self.timesteps[i + 1] if i + 1 < len(self.timesteps) else -1

    @property
    def draws(self) -> bool:
        """Whether a step needs noise."""
        return False

    @abstractmethod
    def step(
        self, i: int, x: Tensor, predicted: Tensor, past: Past = (), noise: Tensor | None = None
    ) -> tuple[Tensor, Past]:
        """The image after the i-th step of ``timesteps``, and what is to be remembered.

        Args:
            predicted: what the model gave for ``x`` at that step; with a learned variance, of twice the channels.
            noise: of the image's shape, where the step ``draws``.
        """

    def moved(self, x: Tensor, data: Tensor, noise: Tensor, alpha_bar: float) -> Tensor:
        """The foreseen image with the noise of another step (Song et al. 2021, eq. 12, eta 0)."""
        return math.sqrt(alpha_bar) * data + math.sqrt(1 - alpha_bar) * noise


@builds(s.DDPM)
class DDPMSteps(Steps):
    """A draw from the posterior of the step before (Ho et al. 2020, eq. 6, 7)."""

    @property
    def draws(self) -> bool:
        return True

    def step(
        self, i: int, x: Tensor, predicted: Tensor, past: Past = (), noise: Tensor | None = None
    ) -> tuple[Tensor, Past]:
        t = self.timesteps[i]
        alpha_bar, before = self.alpha_bar(t), self.alpha_bar(self.end(i))
        beta = 1 - alpha_bar / before
        predicted, variance = predicted[:, : x.size(1)], predicted[:, x.size(1) :]
        data = self.diffusion.data(x, predicted, alpha_bar)
        mean = (before**0.5 * beta * data + (alpha_bar / before) ** 0.5 * (1 - before) * x) / (1 - alpha_bar)
        if t == 0 or noise is None:
            return mean, ()
        least = max((1 - before) / (1 - alpha_bar) * beta, 1e-20)
        if self.part.variance == "learned":
            share = (variance + 1) / 2
            return mean + (0.5 * (share * math.log(beta) + (1 - share) * math.log(least))).exp() * noise, ()
        return mean + (beta if self.part.variance == "large" else least) ** 0.5 * noise, ()


@builds(s.DDIM)
class DDIMSteps(Steps):
    """Along the noise that parts the image from the one foreseen, once that is bounded."""

    @property
    def draws(self) -> bool:
        return bool(self.part.eta)

    def step(
        self, i: int, x: Tensor, predicted: Tensor, past: Past = (), noise: Tensor | None = None
    ) -> tuple[Tensor, Past]:
        t = self.timesteps[i]
        alpha_bar, before = self.alpha_bar(t), self.alpha_bar(self.end(i))
        data = self.diffusion.data(x, predicted[:, : x.size(1)], alpha_bar)
        old = self.diffusion.noise(x, data, alpha_bar)
        spread = self.part.eta**2 * (1 - before) / (1 - alpha_bar) * (1 - alpha_bar / before)
        x = before**0.5 * data + (1 - before - spread) ** 0.5 * old
        return (x if noise is None or not spread else x + spread**0.5 * noise), ()


@builds(s.PLMS)
class PLMSSteps(Steps):
    """The first step is taken twice: once to look ahead, once with the mean of both predictions."""

    WEIGHTS = ((1.0,), (3 / 2, -1 / 2), (23 / 12, -16 / 12, 5 / 12), (55 / 24, -59 / 24, 37 / 24, -9 / 24))

    def asked(self, times: tuple[int, ...]) -> tuple[int, ...]:
        return (*times[:2], *times[1:])

    def step(
        self, i: int, x: Tensor, predicted: Tensor, past: Past = (), noise: Tensor | None = None
    ) -> tuple[Tensor, Past]:
        t = self.timesteps[i]
        alpha_bar = self.alpha_bar(t)
        new = self.diffusion.noise(x, self.diffusion.data(x, predicted[:, : x.size(1)], alpha_bar), alpha_bar)
        if i == 0:
            return self._led(x, new, t, t - self.gap), (new, x)
        if i == 1:  # where the first step has led: back to its start
            first, start = past
            return self._led(start, (new + first) / 2, t + self.gap, t), (first,)
        past = (new, *past)[: len(self.WEIGHTS)]
        mixed = sum((w * each for w, each in zip(self.WEIGHTS[len(past) - 1], past)), new * 0)
        return self._led(x, mixed, t, t - self.gap), past

    def _led(self, x: Tensor, noise: Tensor, start: int, end: int) -> Tensor:
        alpha_bar = self.alpha_bar(start)
        return self.moved(x, (x - (1 - alpha_bar) ** 0.5 * noise) / alpha_bar**0.5, noise, self.alpha_bar(end))


@builds(s.DPMSolver)
class DPMSolverSteps(Steps):
    """Steps in the logarithm of signal to noise; the last, and the first, are of order 1."""

    def spaced(self, whole: int) -> tuple[int, ...]:
        if self.part.spacing == "trailing":
            return super().spaced(whole)
        if self.part.spacing in ("linspace", "even"):
            return tuple(round(i * (whole - 1) / self.steps) for i in reversed(range(1, self.steps + 1)))
        gap = whole // (self.steps + 1)
        return tuple(i * gap + self.part.offset for i in reversed(range(1, self.steps + 1)))

    def alpha_bar_after(self, i: int) -> float:
        """a_t of where the i-th step leads."""
        return self.alpha_bar(self.timesteps[i + 1] if i + 1 < len(self.timesteps) else -1)

    def step(
        self, i: int, x: Tensor, predicted: Tensor, past: Past = (), noise: Tensor | None = None
    ) -> tuple[Tensor, Past]:
        alpha_bar, after = self.alpha_bar(self.timesteps[i]), self.alpha_bar_after(i)
        data = self.diffusion.data(x, predicted[:, : x.size(1)], alpha_bar)
        shrink = 0.0 if after == 1 else ((1 - after) / (1 - alpha_bar)) ** 0.5
        nearer = after**0.5 - shrink * alpha_bar**0.5  # signal gained, sqrt(a) (1 - exp(-h))
        y = shrink * x + nearer * data
        if self.part.order == 2 and past and i + 1 < len(self.timesteps):
            here = _log_ratio(alpha_bar)
            before = _log_ratio(self.alpha_bar(self.timesteps[i - 1]))
            ratio = (here - before) / (_log_ratio(after) - here)
            y = y + nearer / (2 * ratio) * (data - past[0])
        return y, (data,)


def _log_ratio(alpha_bar: float) -> float:
    """log(sqrt(a) / sqrt(1 - a))."""
    return 0.5 * (math.log(alpha_bar) - math.log1p(-alpha_bar))


def steps_of(part: s.NoiseSampler, diffusion: Diffusion, steps: int, last: int | None = None) -> Steps:
    """The steps of a sampler, or the last of them.

    Raises:
        InputError: for a number of steps that the diffusion does not have.
    """
    found: Steps = MODULES[type(part),](part, diffusion, steps, last)
    return found

"""Optimisers."""

from typing import Literal

from clados.spec.core.part import Part


class Optimiser(Part):
    """How a gradient moves the weights; ``lr`` is the peak of the schedule."""


class AdamW(Optimiser):
    """Adam with decoupled decay (Loshchilov & Hutter 2019, algorithm 2)."""

    lr: float
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    decay: float = 0.0
    decays: Literal["matrices", "products", "all"] = "matrices"  # all but gains and biases; tables spared too; all


class Adafactor(Optimiser):
    """Factored second moments, clipped updates, no momentum (Shazeer & Stern 2018, algorithms 4 and 5).

    The step is ``lr`` times a tensor's root mean square, at least 0.001; where it is not ``relative``, ``lr`` alone.
    """

    lr: float
    relative: bool = True  # whether the rate is a share of each tensor's own scale (there, §8)


class ScaledAdam(Optimiser):
    """Adafactor whose second moments are not factored: Adam with parameter scaling (Chowdhery et al. 2022, §5).

    The decay of the second moments grows as 1 - step^-0.8; weights decay by the square of the rate, updates are
    clipped at a root mean square of 1 (Shazeer & Stern 2018, algorithm 4).
    """

    lr: float  # a share of each tensor's own scale
    beta1: float = 0.9


class Adagrad(Optimiser):
    """The gradient over the root of the sum of its squares so far (Duchi et al. 2011, figure 1, diagonal form)."""

    lr: float
    initial: float = 0.1  # what the sums begin with


class Lion(Optimiser):
    """w -= lr (sign(beta1 m + (1 - beta1) g) + decay w), then m = beta2 m + (1 - beta2) g.

    Chen et al. 2023 (arXiv 2302.06675), algorithm 2. All matrices decay, gains and biases do not.
    """

    lr: float
    beta1: float = 0.9
    beta2: float = 0.99
    decay: float = 0.0


class LAMB(Optimiser):
    """Adam's step, brought to the length of each tensor (You et al. 2020, algorithm 2)."""

    lr: float
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-6
    decay: float = 0.01

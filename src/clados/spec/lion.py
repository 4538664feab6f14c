"""An optimiser that keeps only the sign of its step."""

from clados.spec.learning import Optimiser


class Lion(Optimiser):
    """w -= lr (sign(beta1 m + (1 - beta1) g) + decay w), then m = beta2 m + (1 - beta2) g.

    Chen et al. 2023 (arXiv 2302.06675), algorithm 2. All matrices decay, gains and biases do not.
    """

    lr: float
    beta1: float = 0.9
    beta2: float = 0.99
    decay: float = 0.0

"""Adam whose rate is a share of each tensor's own scale."""

from clados.spec.learning import Optimiser


class ScaledAdam(Optimiser):
    """Adafactor whose second moments are not factored: Adam with parameter scaling (Chowdhery et al. 2022, §5).

    The decay of the second moments grows as 1 - step^-0.8; weights decay by the square of the rate, updates are
    clipped at a root mean square of 1 (Shazeer & Stern 2018, algorithm 4).
    """

    lr: float  # a share of each tensor's own scale
    beta1: float = 0.9

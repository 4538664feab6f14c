"""Adagrad."""

from clados.spec.learning import Optimiser


class Adagrad(Optimiser):
    """The gradient over the root of the sum of its squares so far (Duchi et al. 2011, figure 1, diagonal form)."""

    lr: float
    initial: float = 0.1  # what the sums begin with

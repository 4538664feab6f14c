"""Learning rates over the steps."""

from clados.spec.core.part import Part


class Schedule(Part):
    """The rate at each step, as a share of the peak."""


class Constant(Schedule):
    """Linear warmup, then the peak."""

    warmup: int = 0  # steps


class LinearDecay(Schedule):
    """Linear warmup, then a line down to ``floor`` at the last step, or at ``over`` steps."""

    warmup: int = 0
    floor: float = 0.0
    over: int | None = None


class Cosine(Schedule):
    """Linear warmup, then half a cosine down to ``floor`` at the last step, or at ``over`` steps."""

    warmup: int = 0
    floor: float = 0.0
    over: int | None = None


class InverseSquareRoot(Schedule):
    """sqrt(warmup / max(step, warmup)); rising linearly first, or flat (T5)."""

    warmup: int
    rising: bool = True


class Noam(Schedule):
    """d_model^-0.5 min(step^-0.5, step warmup^-1.5) (Vaswani et al. 2017, eq. 3).

    The rate itself, at the width of the model that is trained; the optimiser's ``lr`` is a factor on it.
    """

    warmup: int

"""Denoising of several kinds at once."""

from clados.spec.learning import Objective
from clados.spec.part import Part


class Denoiser(Part):
    """Spans of about ``mean`` tokens are taken out, ``rate`` of the text in all (Tay et al. 2022, §3.1)."""

    mode: str  # the token in front of the input that says which kind it is
    rate: float
    mean: float | None = None  # None: one span, the text's end (prefix language modelling)


class MixtureOfDenoisers(Objective):
    """Each example by one of several denoisers, each as often: -sum log p(removed_t | removed_<t, rest, mode).

    Tay et al. 2022, §3.1-3.2 and table 2. Span lengths are drawn from a normal distribution around their mean.
    """

    denoisers: tuple[Denoiser, ...]

"""Images as codes, and codes after a text."""

from typing import ClassVar

from clados.spec.core.ranges import AtLeastOne, NotNegative
from clados.spec.errors import SpecError
from clados.spec.learning.objectives.base import OF_PARTS, Objective


class CodedImages(Objective):
    """-ln p(x | z) + b KL(q(z | x) || uniform), over the numbers of x (Ramesh et al. 2021, eq. 1, appendix A.2).

    p is a Laplace distribution of each pixel's logit (eq. 2), the codes z are softmax((l + g) / t) of the encoder's
    scores l with Gumbel noise g (eq. 4 of Jang et al. 2016). b rises from 0 to ``kl`` over ``kl_over`` updates, t falls
    from ``hottest`` to ``coolest`` over ``cools_over``, both as half a cosine. Updates are those of the stage: a run of
    fewer takes the same share of its own.
    """

    verb: ClassVar[str] = "reconstruct"
    unit: ClassVar[str] = OF_PARTS
    kl: NotNegative = 6.6
    kl_over: AtLeastOne = 5_000
    hottest: float = 1.0
    coolest: float = 1 / 16
    cools_over: AtLeastOne = 150_000

    def check(self) -> None:
        if not 0 < self.coolest <= self.hottest:
            raise SpecError(
                f"CodedImages.coolest is {self.coolest} and hottest {self.hottest}; both must be above 0, coolest not "
                "above hottest"
            )


class ReconstructedImages(Objective):
    """|x - reconstruction| + kl KL(q(z | x) || N(0, 1)), over the numbers of x (Rombach et al. 2022, §3.1, KL-reg.).

    z is drawn. The weight and the absolute error are those of the authors' code (github:CompVis/latent-diffusion
    models/first_stage_models/kl-f8/config.yaml, ldm/modules/losses/contperceptual.py). Left out are the perceptual
    error, which reads the states of a VGG that others trained, and the adversarial one, whose discriminator begins
    after 50,000 updates.
    """

    verb: ClassVar[str] = "reconstruct"
    unit: ClassVar[str] = OF_PARTS
    kl: NotNegative = 1e-6


class PaintedCodes(Objective):
    """The next token of a text, then the next code of its image: ``text`` and the rest of one loss, means of each.

    Codes are the likeliest, and what makes them learns nothing (Ramesh et al. 2021, §2.2). Paddings are read, and are
    not to be predicted. Of the paper's recipe, BPE dropout of a tenth is left out.
    """

    verb: ClassVar[str] = "paint"
    unit: ClassVar[str] = OF_PARTS
    text: float = 1 / 8

    def check(self) -> None:
        if not 0 <= self.text < 1:
            raise SpecError(f"PaintedCodes.text is {self.text}; it must be at least 0 and below 1")

"""Predict the class of an image."""

from typing import ClassVar

from clados.spec.core.ranges import BelowOne, Positive, Share
from clados.spec.learning.augmentation import ImageChange
from clados.spec.learning.objectives.base import Objective


class ImageClasses(Objective):
    """Cross-entropy of the class of an image.

    In training images are changed, a rectangle of noise erases a part of some (``erased``: their share; Zhong et al.
    2020, algorithm 1), and each may be mixed with another, drawn evenly: l image + (1 - l) other, l of a Beta
    distribution of both its numbers ``mixup`` (Zhang et al. 2018, §1), or with a rectangle of the other, of a share
    1 - l of its area, l of one of ``cutmix`` (Yun et al. 2019, eq. 1 and 2); where both are said each for half of the
    images. Both classes are then right, by their shares. Of a target ``smoothing`` is spread evenly over all classes
    (Szegedy et al. 2016, §7).
    """

    verb: ClassVar[str] = "classify"
    unit: ClassVar[str] = "nats an image"
    changes: ImageChange | tuple[ImageChange, ...] | None = None  # several are made in turn
    erased: Share = 0.0
    mixup: Positive | None = None
    cutmix: Positive | None = None
    smoothing: BelowOne = 0.0

    @property
    def mixes(self) -> bool:
        """Whether images are mixed with others."""
        return self.mixup is not None or self.cutmix is not None

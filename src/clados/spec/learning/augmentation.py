"""What is done to images before a model learns from them."""

from typing import Annotated

from clados.spec.core.part import Part
from clados.spec.core.ranges import AtLeastOne, NotNegative, Positive, Range, Share
from clados.spec.errors import SpecError

Tenths = Annotated[float, Range(lambda number: 0 <= number <= 10, "from 0 to 10")]


class ImageChange(Part):
    """A change of an image that leaves its class as it is."""


class RandomCrop(ImageChange):
    """A part of an image, brought to the size of the whole (Szegedy et al. 2015, arXiv 1409.4842, §6).

    It has a share of the image's area that is drawn evenly from ``least`` to 1, and its width is as many times its
    height as is drawn from 1 / ``aspect`` to ``aspect``, evenly in the logarithm, in units of the image's own.
    """

    least: Share = 0.08
    aspect: Positive = 4 / 3

    def check(self) -> None:
        if self.least == 0 or self.aspect < 1:
            raise SpecError(f"RandomCrop is {self!r}; least must be above 0, aspect at least 1")


class RandomFlip(ImageChange):
    """A ``share`` of the images with left and right exchanged (Krizhevsky et al. 2012, §4.1)."""

    share: Share = 0.5


class RandAugment(ImageChange):
    """``number`` of 14 changes, drawn evenly, one after the other, each ``magnitude`` tenths of its most.

    Cubuk et al. 2020 (arXiv 1909.13719), §3, figure 2. With a ``spread`` each has a magnitude of its own, of a normal
    distribution of that standard deviation (github:huggingface/pytorch-image-models timm/data/auto_augment.py).
    """

    number: AtLeastOne = 2
    magnitude: Tenths = 9.0
    spread: NotNegative = 0.0

"""What is done to images before a model learns from them."""

from typing import Annotated

from clados.spec.core.part import Part
from clados.spec.core.ranges import AtLeastOne, NotNegative, Range

Tenths = Annotated[float, Range(lambda number: 0 <= number <= 10, "from 0 to 10")]


class RandAugment(Part):
    """``number`` of 14 changes, drawn evenly, one after the other, each ``magnitude`` tenths of its most.

    Cubuk et al. 2020 (arXiv 1909.13719), §3, figure 2. With a ``spread`` each has a magnitude of its own, of a normal
    distribution of that standard deviation (github:huggingface/pytorch-image-models timm/data/auto_augment.py).
    """

    number: AtLeastOne = 2
    magnitude: Tenths = 9.0
    spread: NotNegative = 0.0

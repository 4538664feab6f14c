"""Predict the class of an image."""

from typing import ClassVar

from clados.spec.learning.objectives.base import Objective


class ImageClasses(Objective):
    """Cross-entropy of the class of an image."""

    verb: ClassVar[str] = "classify"

"""Foretell numbers that are measured of points."""

from typing import ClassVar, Literal

from clados.spec.learning.objectives.base import Objective


class PointRegression(Objective):
    """The mean error of what a model gives of points: squared (n-body), or absolute (QM9) (Fuchs et al. 2020, §4)."""

    verb: ClassVar[str] = "move"
    error: Literal["squared", "absolute"] = "squared"

    @property
    def loss_unit(self) -> str:
        return f"{self.error} error a number"

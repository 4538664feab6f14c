"""Objectives: how examples become a batch, and a batch a loss."""

from collections.abc import Mapping
from typing import ClassVar

from clados.spec.core.part import Part
from clados.spec.errors import SpecError

ROUNDING = 1e-9  # of a sum of shares
OF_PARTS = "sum of its parts"  # what a loss is in that adds means of several kinds


class Objective(Part):
    """How examples become a batch, and a batch a loss: what is declared of it. ``clados.objectives`` has what it does.

    ``verb`` is the command that shows what was learned by it, ``tunes`` the task of ``clados finetune`` that it is,
    ``heads_of`` how transformers' classes end whose heads it trains (``BertForTokenClassification``), ``unit`` what its
    loss is a mean of, and ``also`` what is learned beside the tokens that an example shows, by a few words.
    """

    verb: ClassVar[str] = ""
    tunes: ClassVar[str] = ""
    heads_of: ClassVar[str] = ""
    unit: ClassVar[str] = ""
    also: ClassVar[Mapping[str, str]] = {}

    @property
    def loss_unit(self) -> str:
        """What the loss is a mean of, for a reader: its unit, unless its fields decide that."""
        return self.unit

    def marks_for(self, verb: str) -> tuple[str, str]:
        """The tokens before and behind the texts it learned from, with which a verb reads its texts; "" for none."""
        return "", ""

    def refuse_above_one(self, *names: str) -> None:
        """Refuse shares of one whole that are more than it together.

        Raises:
            SpecError: for these.
        """
        shares = [getattr(self, name) for name in names]
        if sum(shares) > 1 + ROUNDING:
            said = " and ".join(f"{name} {share}" for name, share in zip(names, shares))
            raise SpecError(f"{type(self).__name__} has {said}; together they must be 1 at most")

    def refuse_disorder(self, name: str, least: float) -> None:
        """Refuse two bounds of which the first is below ``least``, or above the second.

        Raises:
            SpecError: for these.
        """
        low, high = getattr(self, name)
        if not least <= low <= high:
            raise SpecError(
                f"{type(self).__name__}.{name} is {(low, high)}; the first must be at least {least}, the second no less"
            )

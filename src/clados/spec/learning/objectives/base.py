"""Objectives: how examples become a batch, and a batch a loss."""

from typing import ClassVar

from clados.spec.core.part import Part


class Objective(Part):
    """How examples become a batch, and a batch a loss: what is declared of it. ``clados.objectives`` has what it does.

    ``verb`` is the command that shows what was learned by it.
    """

    verb: ClassVar[str] = ""

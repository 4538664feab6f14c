"""Objectives: how examples become a batch, and a batch a loss."""

from typing import ClassVar

from clados.spec.core.part import Part


class Objective(Part):
    """How examples become a batch, and a batch a loss: what is declared of it. ``clados.objectives`` has what it does.

    ``verb`` is the command that shows what was learned by it, ``tunes`` the task of ``clados finetune`` that it is, and
    ``heads_of`` how transformers' classes end whose heads it trains (``BertForTokenClassification``).
    """

    verb: ClassVar[str] = ""
    tunes: ClassVar[str] = ""
    heads_of: ClassVar[str] = ""

    def marks_for(self, verb: str) -> tuple[str, str]:
        """The tokens before and behind the texts it learned from, with which a verb reads its texts; "" for none."""
        return "", ""

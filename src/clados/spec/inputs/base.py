"""Inputs: what happens before the first layer."""

from typing import ClassVar

from clados.spec.core.part import Part


class Inputs(Part):
    """What turns a model's input into ``[batch, length, d_model]``."""

    per_step: ClassVar[int] = 1  # positions that a token or step takes

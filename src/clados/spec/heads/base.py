"""Heads: what is read off the last states."""

from typing import ClassVar

from clados.spec.core.part import Part


class Head(Part):
    """What is read off a stack's last states. ``slot`` names it among a model's heads, ``output`` in its output."""

    slot: ClassVar[str]
    output: ClassVar[str] = "logits"
    pooled: ClassVar[bool] = False  # whether it reads what Pooler() gives

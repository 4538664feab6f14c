"""Inputs: what happens before the first layer."""

from clados.spec.core.part import Part


class Inputs(Part):
    """What turns a model's input into ``[batch, length, d_model]``."""

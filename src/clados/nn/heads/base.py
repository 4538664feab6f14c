"""What heads read: head(states, inputs, outputs so far)."""

from collections.abc import Mapping
from typing import Protocol

from torch import Tensor

from clados.nn.core.module import Rows

Read = Mapping[str, Tensor]  # what the earlier heads gave, and what the model was given


class Inputs(Protocol):
    """The inputs of a model that reads tokens."""

    tokens: Rows

"""Activations by name."""

from typing import Literal

Act = Literal["gelu", "gelu_tanh", "quick_gelu", "relu", "silu", "squared_relu", "tanh"]

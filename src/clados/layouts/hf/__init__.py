"""Directories of transformers: config.json and the tensors beside it."""

from collections.abc import Mapping

# transformers' names of the activations that there are here (5.23.0 activations.py, ACT2FN); of several for one
# function the first is written.
ACTIVATIONS: Mapping[str | bool | int | None, object] = {
    "gelu": "gelu",
    "gelu_python": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_python_tanh": "gelu_tanh",
    "gelu_fast": "gelu_tanh",
    "gelu_accurate": "gelu_tanh",
    "quick_gelu": "quick_gelu",
    "relu": "relu",
    "silu": "silu",
    "swish": "silu",
    "tanh": "tanh",
}

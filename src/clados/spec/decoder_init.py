"""How the decoders of further code bases are drawn: Mesh TensorFlow, Haiku, Keras."""

import math

from clados.spec.init import Fill, Init, ends_branch, is_position
from clados.spec.ledger import Row
from clados.spec.parts import Attention
from clados.spec.pieces import Table


class MeshNormal(Init):
    """N(0, std), in the feed-forward's last product over sqrt(layers); attention N(0, fan_in^-1/2).

    Queries take the 1/sqrt(head_dim) that the scores leave out (github:EleutherAI/gpt-neo models/gpt2/gpt2.py, with
    mesh_tensorflow transformer/attention.py).
    """

    std: float = 0.02
    positions: float = 0.01

    def draw(self, row: Row, out: str, size: int) -> Fill:
        dims = row.env.dims
        if isinstance(row.part, Attention):
            fan_in = row.shape[-1]
            return Fill("normal", (fan_in * dims.head_dim if out == "q" else fan_in) ** -0.5, size)
        if ends_branch(row):
            return Fill("normal", self.std / math.sqrt(dims.layers), size)
        return Fill("normal", self.positions if is_position(row) else self.std, size)


class Haiku(Init):
    """N(0, fan_in^-1/2) cut at two of it; ends of branches N(0, 2 / (layers sqrt(d))), tables N(0, rows^-1/2), cut too.

    github:kingoflolz/mesh-transformer-jax mesh_transformer/layers.py; the law of products is Haiku's own.
    """

    def draw(self, row: Row, out: str, size: int) -> Fill:
        dims = row.env.dims
        if isinstance(row.piece, Table):
            return Fill("truncated", row.shape[0] ** -0.5, size)
        if ends_branch(row):
            return Fill("truncated", 2 / (dims.layers * math.sqrt(dims.d_model)), size)
        return Fill("truncated", row.shape[-1] ** -0.5, size)


class Keras(Init):
    """Uniform of variance 2 / (fan_in + fan_out); tables N(0, 0.05): what Keras does unasked.

    CTRL (github:salesforce/ctrl transformer.py, training_utils/training.py).
    """

    tables: float = 0.05

    def draw(self, row: Row, out: str, size: int) -> Fill:
        if isinstance(row.piece, Table):
            return Fill("normal", self.tables, size)
        return Fill("uniform", math.sqrt(2 / (row.shape[-1] + size)), size)

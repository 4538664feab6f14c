"""Attention within windows of a map."""

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Pieces, Projection, Table, linear


class WindowAttention(Part):
    """softmax(q k^T / sqrt(head_dim) + B) v within each window; B is learned for each offset (Liu et al. 2021, eq. 4).

    The table of B has a row for each offset of two places, row by row, [(2 window - 1)^2, heads]. A window smaller than
    the declared one takes the offsets that it has; for a larger one the table is interpolated (§3.2), bicubically.
    """

    bias: bool = True  # of queries, keys and values
    dropout: float = 0.0  # of the probabilities

    def projected(self, width: int) -> dict[str, int]:
        """What the first product gives."""
        return {"q": width, "k": width, "v": width}

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        return {
            "qkv": Projection(width, self.projected(width), self.bias),
            "table": Table((2 * env.window - 1) ** 2, env.dims.heads),
            "out": linear(width, width, ends_branch=True),
        }


class ShiftedWindows(WindowAttention):
    """The same in windows that stand half a window further down and right; what wraps around is masked (§3.2).

    Where a window holds the shorter side of a map whole, nothing is shifted, and windows are as large as that side
    (github:microsoft/Swin-Transformer models/swin_transformer.py SwinTransformerBlock).
    """


class GlobalWindows(WindowAttention):
    """The same with queries that all windows share, made of the whole map (Hatamizadeh et al. 2023, §3.2)."""

    def projected(self, width: int) -> dict[str, int]:
        return {"k": width, "v": width}

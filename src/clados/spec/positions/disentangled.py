"""DeBERTa's positions: content and distance meet each other (He et al. 2021)."""

from typing import Self

from clados.spec.core import small
from clados.spec.core.pieces import Env, Held, Pieces, Projection, Table, Weight
from clados.spec.errors import SpecError
from clados.spec.positions.base import StackPosition


class Disentangled(StackPosition):
    """Scores of content by content, content by distance and distance by content (He et al. 2021, eq. 2-4).

    A[i, j] = (q_i k_j + q_i (W_k P)[d(i, j)] + k_j (W_q P)[d(j, i)]) / sqrt(3 head_dim). One table P for all layers;
    d is i - j + n, within 0 and 2n - 1. The authors' code, and what it trained, reads d(i, j) in the third term too.

    With ``buckets`` (version 2), n is their number: nearer than half of it one distance each, beyond it by logarithm,
    up to ``furthest`` (github:microsoft/DeBERTa README.md, deberta/da_utils.py). Projections ``shared`` with the
    content are those of the paper's 1.5B model (He et al. 2021, §5.3).
    """

    furthest: int  # distances beyond it count as it
    buckets: int | None = None  # to each side
    shared: bool = False  # W are the content's; else each layer has its own, and queries and values biases
    norm: bool = False  # the stack's, of the table
    reverse: bool = True  # the third term reads d(j, i); else d(i, j)
    dropout: float = 0.0  # of the table

    def check(self) -> None:
        if self.furthest < 2:
            raise SpecError(f"Disentangled.furthest is {self.furthest}; it must be at least 2")
        if self.buckets is not None and self.buckets >= self.furthest:
            raise SpecError(f"Disentangled.buckets is {self.buckets}; it must be 4 or more and less than furthest")

    @property
    def side(self) -> int:
        """n: rows of the table for each sign."""
        return self.buckets or self.furthest

    def pieces(self, env: Env) -> Pieces:
        table = {"table": Table(2 * self.side, env.dims.d_model)}
        return table | ({"norm": Held(env.norm, env)} if self.norm else {})

    def inside(self, env: Env) -> Pieces:
        size = env.dims
        wide = size.heads * size.head_dim
        if self.shared:
            return {}
        return {
            "q_bias": Weight((wide,)),
            "v_bias": Weight((wide,)),
            "distance_k": Projection(size.d_model, {"k": wide}, bias=False),
            "distance_q": Projection(size.d_model, {"q": wide}),
        }

    def small(self) -> Self:
        """Short texts show every bucket, and distances beyond the furthest."""
        return self.but(furthest=small.FURTHEST, buckets=self.buckets and 6)

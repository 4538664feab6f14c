"""One number for each example."""

from typing import ClassVar

from clados.spec.core.pieces import Env, Pieces, linear
from clados.spec.heads.base import Head


class Scalar(Head):
    """One number, read at the last token of a text: how good it is (Ouyang et al. 2022, §3.5)."""

    slot: ClassVar[str] = "reward"
    output: ClassVar[str] = "rewards"

    def pieces(self, env: Env) -> Pieces:
        return {"out": linear(env.dims.d_model, 1)}

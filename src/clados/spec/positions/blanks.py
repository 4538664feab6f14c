"""Positions that are pairs: of the place in a text, and of the place in a blank of it."""

from clados.spec.core.pieces import Env, Pieces, Table
from clados.spec.positions.absolute import Learned


class Blanks(Learned):
    """Two learned vectors: of the place in the text, which all words of a blank share, and of the place in the blank.

    The second is row 0 for what is read (Du et al. 2021, §2.2).
    """

    def pieces(self, env: Env) -> Pieces:
        return {**super().pieces(env), "blanks": Table(self.length, env.dims.d_model)}

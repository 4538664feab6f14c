"""Positions that are pairs: of the place in a text, and of the place in a blank of it."""

from clados.spec.core.pieces import Env, Pieces, Table
from clados.spec.inputs.base import Inputs
from clados.spec.positions.absolute import Learned


class Blanks(Learned):
    """Two learned vectors: of the place in the text, which all words of a blank share, and of the place in the blank.

    The second is row 0 for what is read (Du et al. 2021, §2.2).
    """

    def pieces(self, env: Env) -> Pieces:
        return {**super().pieces(env), "blanks": Table(self.length, env.dims.d_model)}


def goes_on(inputs: Inputs | None) -> bool:
    """Whether what a long blank stands for takes the places behind it: where places are single numbers.

    (``get_masks_and_position_ids`` of THUDM/GLM-130B generate.py; all else has the place of its blank.)
    """
    return not isinstance(getattr(inputs, "position", None), Blanks)

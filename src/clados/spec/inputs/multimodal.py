"""Text, numbers and patches of images in one sequence."""

from typing import Self

from clados.spec.convolutions.patches import PatchResNet
from clados.spec.core.pieces import Env, Held, Pieces, Table
from clados.spec.errors import SpecError
from clados.spec.inputs.text import Tokens


class Multimodal(Tokens, kw_only=True):
    """Tokens of texts, discrete and continuous values, and patches of images (Reed et al. 2022, §2.1-2.2, C.2-C.3).

    One table: the vocabulary, whose first ids also stand for discrete values; the bins of continuous ones; last the
    separator of observations and actions. Where ``image_token`` stands, which has no row, a patch is read: its pixels,
    from -1 to 1, divided by the root of its side, through ``patches``; plus a row of ``rows`` and one of ``columns``,
    for the part of the image's height and width that it takes up. A token of an observation gains the vector of its
    number in its time step; all tokens of actions gain the same one.
    """

    bins: int  # of continuous values
    patch: int  # side in pixels
    patches: PatchResNet
    intervals: int  # into which an image's height and width are divided
    local: int  # tokens of an observation that have a vector each

    def check(self) -> None:
        super().check()
        for name in ("bins", "patch", "intervals", "local"):
            if (value := getattr(self, name)) < 1:
                raise SpecError(f"Multimodal.{name} is {value}; it must be at least 1")

    @property
    def first_bin(self) -> int:
        """The id of the lowest bin."""
        return self.vocab.size

    @property
    def separator(self) -> int:
        """The id that stands between an observation and an action."""
        return self.vocab.size + self.bins

    @property
    def image_token(self) -> int:
        """The id that stands for a patch."""
        return self.separator + 1

    @property
    def of_actions(self) -> int:
        """The local position of all tokens of actions."""
        return self.local

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        return {
            **super().pieces(env),
            "tokens": Table(self.separator + 1, width),
            "local": Table(self.local + 1, width),
            "patches": Held(self.patches, env),
            "rows": Table(self.intervals, width),
            "columns": Table(self.intervals, width),
        }

    def small(self) -> Self:
        return self.but(bins=29, patch=5, intervals=11, local=7)

"""Blanks: a text is read both ways, and what was taken out of it is written after it (Du et al. 2021, GLM)."""

from clados.spec.errors import SpecError
from clados.spec.inputs import Inputs, Learned
from clados.spec.learning import Objective
from clados.spec.parts import Sees, Stack
from clados.spec.pieces import Env, Pieces, Table


class Prefix(Sees):
    """What is read sees all that is read; what is written sees that, itself and what was written before.

    A position is a pair of numbers: the second is 0 where a text is read, and counts from 1 in what is written
    (Du et al. 2021, §2.1, figure 2). Where positions are single numbers everything is read.
    """


class Blanks(Learned):
    """Two learned vectors: of the place in the text, which all words of a blank share, and of the place in the blank.

    The second is row 0 for what is read (Du et al. 2021, §2.2).
    """

    def pieces(self, env: Env) -> Pieces:
        return {**super().pieces(env), "blanks": Table(self.length, env.dims.d_model)}


class BlankInfilling(Objective):
    """-log p of the spans that were taken out, in random order, each from left to right (Du et al. 2021, §2.1, eq. 1).

    Of the examples, a share loses whole ``sentences``, a share one ``long`` span, the rest short ones (§2.1.1).
    """

    rate: float = 0.15  # of the tokens, in short spans and in sentences
    mean: float = 3.0  # tokens of a short span, Poisson
    sentences: float = 0.0
    long: float = 0.0
    least: float = 0.5  # share of the text that a long span takes, drawn from here to 1


def check_pairs(inputs: Inputs, *stacks: Stack, single: bool = False) -> None:
    """Refuse pairs of positions in one of inputs and stack only, and wherever there is more than a ``single`` stack.

    Raises:
        SpecError: for these.
    """
    position = getattr(inputs, "position", None)
    reads, blanks = any(isinstance(stack.sees, Prefix) for stack in stacks), isinstance(position, Blanks)
    if (reads or blanks) and not single:
        raise SpecError("Prefix() and Blanks(...) are for a Decoder, which reads and writes in one stack")
    if blanks and not reads:
        raise SpecError("inputs.position is Blanks(...), pairs of numbers: stack.sees must be Prefix()")
    if reads and position is not None and not blanks:
        raise SpecError(f"stack.sees is Prefix(), whose positions are pairs: inputs.position is no {position!r}")

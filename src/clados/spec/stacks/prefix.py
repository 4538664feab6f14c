"""A stack that reads both ways and writes after it (Du et al. 2021, GLM)."""

from clados.spec.attention.masks import Sees
from clados.spec.errors import SpecError
from clados.spec.inputs.base import Inputs
from clados.spec.positions.blanks import Blanks
from clados.spec.stacks.stack import Stack


class Prefix(Sees):
    """What is read sees all that is read; what is written sees that, itself and what was written before.

    A position is a pair of numbers: the second is 0 where a text is read, and counts from 1 in what is written
    (Du et al. 2021, §2.1, figure 2). Where positions are single numbers everything is read.
    """


def check_blanks(inputs: Inputs, *stacks: Stack, single: bool = False) -> None:
    """Blanks() inputs need a Prefix() stack and the reverse, and both a Decoder: one ``single`` stack.

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

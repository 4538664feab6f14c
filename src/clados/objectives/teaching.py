"""Teachers: how a student starts from one, and how its outputs are compared with the student's."""

import re
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives.owned import Frozen, Owned

PIECE = 256  # positions whose scores are there at once


class Taught(Owned):
    """A frozen teacher, kept on the student's device while it is trained."""

    def __init__(self, teacher: WholeModel, model: WholeModel) -> None:
        super().__init__()
        self.teacher = Frozen(teacher.to(next(model.parameters()).device))


def evenly_spaced(layers: int, of: int) -> tuple[int, ...]:
    """So many of a teacher's layers, the first and the last among them; of 12 six are 0, 2, 4, 7, 9 and 11.

    (scripts/extract_distilbert.py of the authors.)
    """
    return tuple(round(i * (of - 1) / (layers - 1)) for i in range(layers)) if layers > 1 else (of - 1,)


@torch.no_grad()
def start_at_layers(model: WholeModel, teacher: WholeModel, layers: Mapping[str, Sequence[int]]) -> None:
    """Give a student its teacher's weights: layer i of a stack those of the teacher's layer ``layers[stack][i]``.

    What the teacher lacks stays as it was drawn; what the student lacks, as BERT's segments, is left out.

    Raises:
        InputError: when a tensor has another shape there.
    """
    theirs = teacher.state_dict()
    for name, tensor in model.state_dict().items():
        found = re.fullmatch(r"(\w+)\.blocks\.(\d+)\.(.*)", name)
        there = f"{found[1]}.blocks.{layers[found[1]][int(found[2])]}.{found[3]}" if found else name
        if there not in theirs:
            continue
        if theirs[there].shape != tensor.shape:
            ours, other = (list(each.shape) for each in (tensor, theirs[there]))
            raise InputError(f"a student starts from its teacher: {there} is {other} there, and {ours} here")
        tensor.copy_(theirs[there])


def sum_in_chunks(of: Callable[[Tensor, Tensor], Tensor], ours: Tensor, theirs: Tensor) -> Tensor:
    """The sum of what a function gives of some positions at a time, [positions, d_model] each.

    What it computes is computed again for the gradient, so that the scores of few positions are there at once.
    """
    pieces = zip(ours.split(PIECE), theirs.split(PIECE))
    sums: list[Tensor] = [checkpoint(of, x, y, use_reentrant=False) for x, y in pieces]
    return torch.stack(sums).sum() if sums else ours.sum()

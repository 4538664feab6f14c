"""Who may look at whom in a batch: asked of the model itself, whatever its masks are made from."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.make import build
from clados.objectives.base import Batch

SENT = 1e-9  # what one word changes at another's place is above this, computed in float64
MOST_ASKED = 128  # positions that are asked one by one


@dataclass(frozen=True)
class Attending:
    """A relation between positions.

    Attributes:
        places: the positions that look.
        sees: for each of them whether it sees each position, 1 or 0.
    """

    places: tuple[int, ...]
    sees: tuple[tuple[int, ...], ...]

    @property
    def plain(self) -> bool:
        """Whether all see all, or each itself and what comes before."""
        every = range(len(self.sees[0]))
        rows = list(zip(self.places, self.sees))
        return all(all(row) for _, row in rows) or all(row == tuple(int(j <= i) for j in every) for i, row in rows)


def attending(model: s.Model, batch: Batch, row: int = 0) -> dict[str, Attending]:
    """Who may look at whom in a row of a batch, where that is neither all at all nor each at what came before.

    A small model of the same structure, of one layer, is given the row with one word after the other replaced: a
    position sees a word when what is computed there changes. Nothing is known here of how a model hides words.

    Returns:
        ``reads`` of the positions of the text; ``predicts`` of those asked for, where they are asked for apart.
    """
    given = {name: each[row : row + 1] for name, each in batch.inputs.items()}
    ids = given.get("input_ids")
    if ids is None or model.writes == "answers" or model.compares or not isinstance(model.size, s.Size):
        return {}
    keep = given.get("attention_mask")
    length = ids.size(1) if keep is None or keep.dim() != 2 else int(keep.sum())
    if not 1 < length <= MOST_ASKED:
        return {}
    small = s.dropping(s.tiny(model), 0.0).adapted(_roomy, lambda head: head)
    part: Any = small.resized(small.size.but(layers=1))
    module = build(part).double().eval()
    asked = given.pop("target_mapping", None)
    found = {"reads": _seen(module, given, length, range(length))}
    if asked is not None:
        places = asked[0].argmax(-1)[asked[0].any(-1)]
        given["target_mapping"] = asked[:, : len(places)]
        found["predicts"] = _seen(module, given, length, places.tolist())
    return {} if all(each.plain for each in found.values()) else found


def _roomy(inputs: s.Inputs) -> s.Inputs:
    """The inputs, with positions for any row that is asked about, however few were learned."""
    if not isinstance(inputs, s.Tokens) or not isinstance(inputs.position, s.Learned):
        return inputs
    length = max(inputs.position.length, inputs.position.start + MOST_ASKED)
    return inputs.but(position=inputs.position.but(length=length))


@torch.no_grad()
def _seen(module: Any, given: dict[str, Tensor], length: int, places: Any) -> Attending:
    """Which of the first words change what is computed at some places: those that are read, or asked for."""
    many = {name: each.double() if each.is_floating_point() else each for name, each in given.items()}
    many = {name: each.expand(length + 1, *each.shape[1:]) for name, each in many.items()}
    first, other = sorted(range(module.spec.vocab.size))[-2:]
    ids = torch.full_like(many["input_ids"], first)
    ids[range(1, length + 1), range(length)] = other
    states = module.states(**{**many, "input_ids": ids})[:, : len(places)]
    changed = (states[1:] - states[:1]).abs().amax(-1) > SENT
    return Attending(tuple(places), tuple(tuple(map(int, row)) for row in changed.T.tolist()))

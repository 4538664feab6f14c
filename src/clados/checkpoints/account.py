"""The tensors of files against those of a model: each of ours found, none of theirs left over."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from clados.checkpoints import tensors
from clados.checkpoints.choose import Chosen, headed, slots
from clados.checkpoints.errors import CheckpointError
from clados.checkpoints.files import Stored
from clados.checkpoints.names import Place, body_alone, embedding, is_unused, of_another_head, places, twins, unprefixed
from clados.checkpoints.report import Report, more
from clados.spec.kinds import Model
from clados.spec.layout import Folded

Found = Mapping[str, Stored]


@dataclass(frozen=True, slots=True)
class Account:
    """The model that files hold, the places of its tensors, their names for each, and the report of it all."""

    model: Model
    places: tuple[Place, ...]
    names: Mapping[str, tuple[str, ...]]
    report: Report


def account(path: Path, choice: Chosen, found: Found) -> Account:
    """Every tensor accounted for; nothing is read but second names, to compare them.

    Raises:
        CheckpointError: something is missing, left over or of another shape; ``error.report`` tells all.
    """
    layout, placed = choice.layout, places(choice.layout, choice.model)
    alone = body_alone(layout, found)
    tied = twins(layout, placed, alone)
    names = {place.row.path: each for place in placed if (each := _names(choice, place, found, tied, alone=alone))}
    used = {name for each in names.values() for name in each}
    left_out = _left_out(choice.model, placed, names)
    wanted = {name: shape for place in placed for name, shape in _shapes(place, names, found)}
    aside = tuple(
        n for n in found if n not in used and embedding(choice.model) and of_another_head(layout, choice.model, n)
    )
    report = Report(
        path=path,
        model=f"{choice.card or 'a model of its own'} as {choice.architecture}",
        matched=tuple(names),
        renamed={ours: each for ours, each in names.items() if each != (ours,)},
        missing=tuple(place.row.path for place in placed if place.row.path not in names),
        left_out=left_out,
        unexpected=tuple(
            n for n in found if n not in used and n not in tied and n not in aside and not is_unused(layout, n)
        ),
        wrong_shape={n: (found[n].shape, shape) for n, shape in wanted.items() if found[n].shape != shape},
        notes=(f"a text's vector needs no '{aside[0]}'{more(aside)}: not used",) if aside else (),
    )
    if report.refused:
        raise CheckpointError(f"{_where(report, found)}: {report.verdict.removeprefix('refused: ')}", report)
    model = headed(choice.model, [slot for slot in slots(choice.model) if slot not in left_out])
    here = tuple(place for place in placed if place.row.path in names)
    return Account(model, here, names, report)


def strangers(account: Account, choice: Chosen, found: Found) -> tuple[str, ...]:
    """A note on each second name that holds other numbers than the tensor of ours that it stands for."""
    by_path = {place.row.path: place for place in account.places}
    notes = []
    for name, path in twins(choice.layout, account.places, body_alone(choice.layout, found)).items():
        if name in found and path in by_path and name not in account.names[path]:
            held = tensors.ours(by_path[path], [found[each].read() for each in account.names[path]])
            if not torch.equal(found[name].read(), held):
                notes.append(f"'{name}' differs from {path}, to which it is tied here: it is not used")
    return tuple(notes)


def _names(choice: Chosen, place: Place, found: Found, tied: Mapping[str, str], *, alone: bool) -> tuple[str, ...]:
    """Under which names a tensor of ours is there: its own, or a second one; none when it is not there."""
    names = unprefixed(place.names, choice.layout.prefix) if alone else place.names
    if all(name in found for name in names):
        return names
    return tuple(name for name, ours in tied.items() if ours == place.row.path and name in found)[:1]


def _shapes(place: Place, names: Mapping[str, tuple[str, ...]], found: Found) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The shape that each tensor of theirs must have to be a tensor of ours."""
    for name, shape in zip(names.get(place.row.path, ()), tensors.shapes(place)):
        rows = found[name].shape[:1]
        free = isinstance(place.rule, Folded) and place.rule.any_rows and name.endswith(place.rule.plus) and rows > (0,)
        yield name, (*rows, *shape[1:]) if free else shape


def _left_out(model: Model, placed: tuple[Place, ...], names: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The heads that have tensors, of which the files hold none."""
    paths = [place.row.path for place in placed]
    of = {slot: [path for path in paths if path.startswith(f"heads.{slot}.")] for slot in slots(model)}
    return tuple(slot for slot, each in of.items() if each and not any(path in names for path in each))


def _where(report: Report, found: Found) -> str:
    names = [*report.wrong_shape, *report.unexpected]
    return f"{found[names[0]].file if names else report.path} ({report.model})"

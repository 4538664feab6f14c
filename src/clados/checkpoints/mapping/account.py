"""The tensors of files against those of a model: each of ours found, none of theirs left over."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch

from clados.checkpoints.errors import CheckpointError, LayoutError
from clados.checkpoints.mapping import tensors
from clados.checkpoints.mapping.detect import LayoutMatch, heads, replace_heads, slots
from clados.checkpoints.mapping.lazy import LazyTensor
from clados.checkpoints.mapping.names import (
    TensorPlace,
    body_alone,
    heads_in,
    is_extra,
    is_outside,
    is_unused,
    places,
    twins,
    unprefixed,
)
from clados.checkpoints.report import Report
from clados.spec.errors import SpecError
from clados.spec.kinds.model import Model
from clados.spec.layout import PlusRow

Found = Mapping[str, LazyTensor]


@dataclass(frozen=True, slots=True)
class Account:
    """The model that files hold, the places of its tensors, their names for each, and the report of it all."""

    model: Model
    places: tuple[TensorPlace, ...]
    names: Mapping[str, tuple[str, ...]]
    report: Report


def account(path: Path, choice: LayoutMatch, found: Found) -> Account:
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
    loose = [n for n in found if n not in used and n not in tied and n not in choice.zeros and not is_unused(layout, n)]
    unused = tuple(n for n in loose if _is_of_others(choice, n, alone=alone))
    report = Report(
        path=path,
        model=f"{choice.card or 'a model of its own'} as {choice.architecture}",
        matched=tuple(names),
        renamed={ours: each for ours, each in names.items() if each != (ours,)},
        missing=tuple(place.row.path for place in placed if place.row.path not in names),
        left_out=left_out,
        unused=unused,
        unexpected=tuple(n for n in loose if n not in unused),
        wrong_shape={n: (found[n].shape, shape) for n, shape in wanted.items() if found[n].shape != shape},
    )
    if report.refused:
        raise CheckpointError(f"{_where(report, found)}: {report.verdict.removeprefix('refused: ')}", report)
    model = replace_heads(choice.model, [slot for slot in slots(choice.model) if slot not in left_out])
    here = tuple(place for place in placed if place.row.path in names)
    return Account(model, here, names, report)


def without_wrapper(choice: LayoutMatch, found: dict[str, LazyTensor]) -> tuple[dict[str, LazyTensor], tuple[str, ...]]:
    """The tensors under the names that the layout knows, where a class around the model put one in front; and a note.

    So do classes of people's own (``encoder.embeddings...``), and what wraps a model for training (``module.``).
    """
    first = places(choice.layout, choice.model)[0].names[0]
    for anchor in (first, first.removeprefix(choice.layout.prefix)):
        if anchor in found:
            return found, ()
        fronts = [name.removesuffix(anchor) for name in found if name.endswith(f".{anchor}")]
        if len(fronts) == 1:
            inside = {name.removeprefix(fronts[0]): each for name, each in found.items()}
            whole = len(inside) == len(found)
            return (inside, (f"names are read without '{fronts[0]}' in front",)) if whole else (found, ())
    return found, ()


def untied_notes(account: Account, choice: LayoutMatch, found: Found) -> tuple[str, ...]:
    """A note on each second name that holds other numbers than the tensor of ours that it stands for."""
    by_path = {place.row.path: place for place in account.places}
    notes = []
    for name, path in twins(choice.layout, account.places, body_alone(choice.layout, found)).items():
        if name in found and path in by_path and name not in account.names[path]:
            held = tensors.our_tensor(by_path[path], [found[each].read() for each in account.names[path]])
            if not torch.equal(found[name].read(), held):
                notes.append(f"'{name}' differs from {path}, to which it is tied here: it is not used")
    return tuple(notes)


def unused_notes(account: Account, choice: LayoutMatch, found: Found) -> tuple[str, ...]:
    """A note on the tensors of heads and parts that the model is without, and on the classes of theirs that have them.

    Offered are the classes of the layout whose every tensor is in the files, and which read some of these.
    """
    if not (unused := account.report.unused):
        return ()
    layout, alone = choice.layout, body_alone(choice.layout, found)
    offered = []
    for architecture in (*layout.architectures, *layout.tuned):
        names = {name for place in _class_places(choice, architecture) for name in place.names}
        names = {*unprefixed(names, layout.prefix)} if alone else names
        if architecture != choice.architecture and names <= {*found} and names & {*unused}:
            offered.append(architecture)
    hint = f"; read them with architecture={' or '.join(map(repr, offered))}" if offered else ""
    named = ", ".join(f"'{name}'" for name in unused[:3]) + (f" and {len(unused) - 3} more" if unused[3:] else "")
    return (f"not used, since {choice.architecture} has no place for them: {named}{hint}",)


def _class_places(choice: LayoutMatch, architecture: str) -> tuple[TensorPlace, ...]:
    """The tensors of the model as another class of the layout; none where its structure has no such heads."""
    held = heads(choice.layout, architecture)
    with suppress(LayoutError, SpecError):
        model = replace_heads(replace_heads(choice.model, choice.declared), held)
        if {each if isinstance(each, str) else each.slot for each in held} == {*slots(model)}:
            return places(choice.layout, model)
    return ()


def _is_of_others(choice: LayoutMatch, name: str, *, alone: bool) -> bool:
    """Whether a tensor that the model has no place for is known to be of a head or a part that it is without."""
    return (
        bool(heads_in(choice.layout, name) - {*slots(choice.model)})
        or is_extra(choice.layout, name)
        or (choice.body and is_outside(choice.layout, name, alone))
    )


def _names(
    choice: LayoutMatch, place: TensorPlace, found: Found, tied: Mapping[str, str], *, alone: bool
) -> tuple[str, ...]:
    """Under which names a tensor of ours is there: its own, or a second one; none when it is not there."""
    names = unprefixed(place.names, choice.layout.prefix) if alone else place.names
    if all(name in found for name in names):
        return names
    return tuple(name for name, ours in tied.items() if ours == place.row.path and name in found)[:1]


def _shapes(
    place: TensorPlace, names: Mapping[str, tuple[str, ...]], found: Found
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The shape that each tensor of theirs must have to be a tensor of ours."""
    for name, shape in zip(names.get(place.row.path, ()), tensors.shapes(place)):
        rows = found[name].shape[:1]
        is_added = isinstance(place.rule, PlusRow) and place.rule.any_rows and name.endswith(place.rule.plus)
        yield name, (*rows, *shape[1:]) if is_added and rows > (0,) else shape


def _left_out(model: Model, placed: tuple[TensorPlace, ...], names: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The heads that have tensors, of which the files hold none."""
    paths = [place.row.path for place in placed]
    of = {slot: [path for path in paths if path.startswith(f"heads.{slot}.")] for slot in slots(model)}
    return tuple(slot for slot, each in of.items() if each and not any(path in names for path in each))


def _where(report: Report, found: Found) -> str:
    names = [*report.wrong_shape, *report.unexpected]
    return f"{found[names[0]].file if names else report.path} ({report.model})"

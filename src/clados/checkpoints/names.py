"""Layouts on names: which of their tensors hold each of ours."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product

from clados.checkpoints.errors import LayoutError
from clados.spec.kinds import Model
from clados.spec.layout import Folded, Fused, Layout, Rule, Stacked
from clados.spec.ledger import Row, rows


@dataclass(frozen=True, slots=True)
class Place:
    """One tensor of ours, the rule that places it, and the names under which they keep it."""

    row: Row
    rule: Rule
    names: tuple[str, ...]


def places(layout: Layout, model: Model) -> tuple[Place, ...]:
    """Where every tensor of a model is kept, names with the layout's prefix.

    Raises:
        LayoutError: no rule fits a tensor, two tensors are put in one place, or a fused one has other parts.
    """
    found = tuple(_place(layout, row) for row in saved(model))
    taken: dict[str, str] = {}
    for place in found:
        for name in place.names:
            if name in taken and not isinstance(place.rule, Fused):
                raise LayoutError(f"{layout.model_type}: '{name}' would hold {taken[name]} and {place.row.path}")
            taken[name] = place.row.path
    return found


def saved(model: Model) -> tuple[Row, ...]:
    """The tensors of a model that a checkpoint holds: all but constants."""
    return tuple(row for row in rows(model) if not getattr(row.piece, "buffer", False))


def used(layout: Layout, model: Model) -> set[str]:
    """The rules, by our names, under which a model has a tensor."""
    fitting = (next((each for each in layout.rules if _pattern(each).fullmatch(row.path)), "") for row in saved(model))
    return {*fitting} - {""}


def _place(layout: Layout, row: Row) -> Place:
    for pattern, said in layout.rules.items():
        if found := _pattern(pattern).fullmatch(row.path):
            rule = said if isinstance(said, Rule) else Rule(said)
            names = expanded(_filled(rule.name, found.groups()))
            if isinstance(rule, Stacked):
                return Place(row, rule, tuple(names[0].replace("#", str(i)) for i in range(row.shape[0])))
            if len(names) not in (1, len(row.outs)):
                outs = ", ".join(out for out, _ in row.outs)
                raise LayoutError(f"{layout.model_type}: {row.path} fuses {outs}, and the rule names {len(names)}")
            return Place(row, rule, (*names, _filled(rule.plus, found.groups())) if isinstance(rule, Folded) else names)
    raise LayoutError(f"{layout.model_type}: no rule says where {row.path} is kept")


def _filled(name: str, pieces: tuple[str, ...]) -> str:
    each = iter(pieces)
    return re.sub(r"\*", lambda _: next(each), name)


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(re.escape(name).replace(r"\*", r"([^.]+)"))


def expanded(name: str) -> tuple[str, ...]:
    """``a.{q,k}.b`` as ``a.q.b`` and ``a.k.b``."""
    pieces = [piece.split(",") for piece in re.split(r"[{}]", name)[1::2]]
    between = re.split(r"\{[^}]*\}", name)
    return tuple("".join(a + b for a, b in zip(between, (*choice, ""), strict=True)) for choice in product(*pieces))


def body_alone(layout: Layout, found: Iterable[str]) -> bool:
    """Whether files with these names are of the body alone, whose tensors lack the prefix."""
    return bool(layout.prefix) and not any(name.startswith(layout.prefix) for name in found)


def is_body(layout: Layout, placed: Iterable[Place], slots: Iterable[str]) -> bool:
    """Whether a model is written as a body alone: each of its heads has tensors, and all lie under the prefix.

    A head without tensors (the token table used again) belongs to a class that wraps the body.
    """
    names: dict[str, list[str]] = {slot: [] for slot in slots}
    for place in placed:
        if place.row.path.startswith("heads.") and (slot := place.row.path.split(".")[1]) in names:
            names[slot].extend(place.names)
    return bool(layout.prefix) and all(
        each and all(name.startswith(layout.prefix) for name in each) for each in names.values()
    )


def unprefixed(names: Iterable[str], prefix: str) -> tuple[str, ...]:
    """Names as they stand in files of the body alone."""
    return tuple(name.removeprefix(prefix) for name in names)


def is_unused(layout: Layout, name: str) -> bool:
    """Whether a tensor of theirs holds nothing of its own; with or without the prefix."""
    return any(re.fullmatch(each, spelt) for each in layout.unused for spelt in (name, layout.prefix + name))


def twins(layout: Layout, alone: bool) -> Mapping[str, str]:
    """Their second names of our tensors, as they stand in the files."""
    return {name.removeprefix(layout.prefix) if alone else name: ours for name, ours in layout.tied.items()}

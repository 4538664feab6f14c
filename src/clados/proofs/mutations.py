"""Every word of a declaration changed, one at a time: numbers, booleans, choices, whole parts, their order."""

import re
import types
import typing
from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Any, Literal

from clados import spec as s
from clados.nn.core.module import has_module

EPS = 1e-3  # what the small numbers of norms are changed to
LARGE = 1000  # numbers of which one more or less is nothing
SIZES = re.compile(r"(^|\.)size\.")
_LIKE_MEANS = {"mean", "mean_sqrt_len_tokens"}  # the sum of the states over its length, and over the root of that
HALF = 0.5  # what a share of nothing is changed to


@dataclass(frozen=True)
class Mutant:
    """A part with one word changed; ``None`` where no other value of that word makes a part at all."""

    path: str
    old: Any
    new: Any
    part: Any

    def __str__(self) -> str:
        return f"{self.path}: {_short(self.old)} to {_short(self.new)}"


def mutants(part: s.Part) -> Iterator[Mutant]:
    """A mutant for each number (the first valid change), and for each alternative of each choice or part."""
    for path, old, groups in _fields(part, type(part), ""):
        for group in groups:
            mutant = _first(part, path, old, group)
            equivalent = _equivalence(path, old)
            if mutant.part is None or equivalent is None or not equivalent(part, mutant.part):
                yield mutant


def _equivalence(path: str, old: Any) -> Callable[[Any, Any], bool] | None:
    """The test for an equivalent mutant at this path; None where every change matters."""
    if path.endswith(".pool"):
        return _a_factor
    if path == "init" or (old is None and path.startswith("init.")):
        return _alike
    return _same if old is None and (SIZES.search(path) or path.endswith(".groups")) else None


def _same(part: s.Part, other: s.Part) -> bool:
    """Whether two models have the same tensors: what a size leaves unsaid and no part reads is no word of it."""
    try:
        tensors, others = ([(row.path, row.shape) for row in s.rows(each)] for each in (part, other))
    except s.SpecError:
        return False
    return tensors == others


def _a_factor(part: Any, other: Any) -> bool:
    """Whether two models' text vectors differ by a positive factor only, which unit length takes out."""
    for head, changed in zip(part.heads, other.heads):
        if head != changed:
            *before, last = head.steps or (None,)
            linear = all(isinstance(step, s.Dense) and not step.bias and step.act is None for step in before)
            return {head.pool, changed.pool} == _LIKE_MEANS and linear and isinstance(last, s.UnitLength)
    return False


def _alike(part: Any, other: Any) -> bool:
    """Whether two models draw every tensor by the same law: another kind of law may differ only in what both lack."""
    try:
        drawn = (row for row in s.rows(part) if not isinstance(row.part, s.TwoTower))  # whose one number is a word
        return all(part.init.fills(row) == other.init.fills(row) for row in drawn)
    except s.SpecError:  # a law that does not say how to draw them all
        return False


def _first(part: s.Part, path: str, old: Any, group: Iterable[Any]) -> Mutant:
    """The first of several values that makes a part; all mean the same change."""
    new = None
    for new in group:
        try:
            return Mutant(path, old, new, put(part, path, new))
        except s.SpecError:
            continue
    return Mutant(path, old, new, None)


def put(part: Any, path: str, value: Any) -> Any:
    """The part with a value at a path such as ``stack.block[1].attn.pattern``.

    Raises:
        SpecError: when the value does not go with the rest.
    """
    step, _, rest = path.partition(".")
    name, _, index = step.partition("[")
    old = getattr(part, name)
    if index:
        at = int(index.rstrip("]"))
        value = put(old[at], rest, value) if rest else value
        return part.but(**{name: (*old[:at], value, *old[at + 1 :])})
    return part.but(**{name: put(old, rest, value) if rest else value})


# ---------------------------------------------------------------- the fields and their other values


def _fields(part: s.Part, cls: type, path: str) -> Iterator[tuple[str, Any, list[list[Any]]]]:
    """Each word's path, what it says, and groups of other values."""
    hints = _hints(cls)
    for name, value in s.part_fields(part).items():
        here = f"{path}.{name}".lstrip(".")
        if groups := _others(name, value, hints[name]):
            yield here, value, groups
        for i, each in enumerate(value if isinstance(value, tuple) else ()):
            if isinstance(each, s.Head):
                yield f"{here}[{i}]", each, _heads(each)
            if isinstance(each, s.Part):
                yield from _fields(each, type(each), f"{here}[{i}]")
        if isinstance(value, s.Part):
            yield from _fields(value, type(value), here)


def _others(name: str, value: Any, hint: Any) -> list[list[Any]]:
    """Groups of other values: one of each group is tried."""
    kinds = _kinds(hint)
    groups: list[list[Any]] = []
    if value is not None and type(None) in kinds:
        groups.append([None])
    if isinstance(value, tuple):
        return groups + _rows(value, any(isinstance(kind, type) and issubclass(kind, s.Part) for kind in kinds))
    for kind in kinds:
        if typing.get_origin(kind) is Literal:
            groups += [[each] for each in typing.get_args(kind) if each != value]
        elif isinstance(kind, type) and issubclass(kind, s.Part):
            groups += [
                [example(each)] for each in siblings(kind) if type(value) is not each and not isinstance(value, tuple)
            ]
        elif kind in (bool, int, float) and (value is None or _is(value, kind)):
            groups.append(_numbers(name, value, kind))
    return groups


def _is(value: Any, kind: type) -> bool:
    """Whether a value is of a kind of number; whole ones also stand where a slot takes any."""
    return isinstance(value, kind | int) and isinstance(value, bool) == (kind is bool)


def _numbers(name: str, value: Any, kind: type) -> list[Any]:
    if kind is bool:
        return [not value]
    if kind is float:
        return [EPS if name == "eps" and value != EPS else value / 2 if value else HALF]
    if value is None:
        return [2, 3, 1]
    others = [2 * value] if value >= LARGE else [value + 1, 2 * value, value - 1, value // 2]
    return [each for each in others if each != value]


def _rows(value: tuple[Any, ...], single: bool) -> list[list[Any]]:
    """Parts in a row: each left out, the order turned; numbers in a row: each changed.

    ``single``: the slot also takes one part that stands in no row.
    """
    if not value:
        return []
    if all(isinstance(each, s.Part) for each in value):
        fewer = [[value[:i] + value[i + 1 :]] for i in range(len(value))]
        if len(value) > 1 and not all(isinstance(each, s.Head) for each in value):
            fewer = [[each[0][0] if single and len(each[0]) == 1 else each[0]] for each in fewer]
            fewer.append([value[::-1]])
        return fewer
    if all(isinstance(each, tuple) for each in value):
        return [
            [(*value[:i], (*row[:j], row[j] + 1, *row[j + 1 :]), *value[i + 1 :])]
            for i, row in enumerate(value)
            for j in range(len(row))
        ]
    if all(_is(each, int) for each in value):
        return [[(*value[:i], each + 1, *value[i + 1 :])] for i, each in enumerate(value)]
    return []


def _heads(head: s.Head) -> list[list[Any]]:
    """Other heads for the same slot."""
    return [[example(each)] for each in siblings(s.Head) if each is not type(head) and each.slot == head.slot]  # type: ignore[attr-defined]


def _kinds(hint: Any) -> tuple[Any, ...]:
    """What a slot takes, one by one."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return tuple(kind for each in typing.get_args(hint) for kind in _kinds(each))
    return (hint,)


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


# ---------------------------------------------------------------- other parts


def siblings(kind: type) -> list[type]:
    """The concrete parts that a slot of this kind takes: those with a module of their own, and those with no kinds."""
    below: list[type] = kind.__subclasses__()
    concrete = [each for sub in below if not issubclass(sub, s.Model) for each in siblings(sub)]
    return [kind, *concrete] if not concrete or has_module(kind) else concrete


def example(kind: Any) -> Any:
    """A part of a kind; what it does not know by itself is filled with small numbers and first choices."""
    if (own := kind.example()) is not None:
        return own
    given = {each.name: _example(_hints(kind)[each.name]) for each in fields(kind) if _required(each)}
    return kind(**given)


def _required(each: Any) -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def _example(hint: Any) -> Any:
    kind = _kinds(hint)[0]
    if typing.get_origin(kind) is Literal:
        return typing.get_args(kind)[0]
    if typing.get_origin(kind) is tuple:
        return ()
    if isinstance(kind, type) and issubclass(kind, s.Part):
        return s.Vocabulary(kind="bpe", size=60) if kind is s.Vocabulary else example(siblings(kind)[0])
    return {int: 60, float: HALF, bool: True, str: "other"}[kind]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 40 else f"{type(value).__name__}(...)"

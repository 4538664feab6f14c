"""Part: a frozen, comparable piece of a model, and how one part is said as a change to another."""

import functools
import math
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, Literal, Self, TypeVar, dataclass_transform

from clados.names import did_you_mean
from clados.spec.core.pieces import Env, Pieces
from clados.spec.core.ranges import Range, ranges_in
from clados.spec.core.registry import register
from clados.spec.errors import SpecError

T = TypeVar("T")


# Fields that mean the same in every part, with what they may be.
RANGES: Mapping[str, Range] = {
    "dropout": Range(lambda rate: 0 <= rate < 1, "at least 0 and below 1"),
    "eps": Range(lambda eps: eps > 0, "above 0"),
    "buckets": Range(lambda number: number >= 4, "at least 4"),
    "types": Range(lambda number: number >= 0, "at least 0"),
    **dict.fromkeys(
        ("image", "side", "channels", "states", "actions", "timesteps", "context", "frames", "classes", "joint"),
        Range(lambda number: number >= 1, "at least 1"),
    ),
}


class Change(dict[str, Any]):
    """Changes to a part that is known only once its parent is."""

    __slots__ = ()


def but(**changes: Any) -> Any:
    """The same part, except for these fields: ``bert.but(inputs=but(types=1))``."""
    return Change(changes)


def hint(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'near'?``, or the list of what is known."""
    known = sorted(known)
    return did_you_mean(word, known) or f"; it has {', '.join(known) or 'none'}"


_NUMBER = (int, float)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Part:
    """A frozen, comparable, hashable piece of a model. Subclassing makes the dataclass, and makes it known by its name.

    Raises:
        SpecError: at construction, for a misspelt word (with the nearest name), a missing one, or a wrong type.
    """

    def __init_subclass__(cls, kw_only: bool = False) -> None:
        dataclass(frozen=True, repr=False, kw_only=kw_only)(cls)
        cls.__init__ = _refusing(cls.__init__, cls)  # type: ignore[method-assign]
        register(cls)

    def __post_init__(self) -> None:
        cls: type = type(self)
        ranges = _ranges(cls)
        for name, expected in _hints(cls).items():
            value = getattr(self, name)
            if not _fits(value, expected):
                raise _unfit(value, expected, f"{cls.__name__}.{name}")
            for each in ranges[name] if isinstance(value, _NUMBER) else ():
                if not each.holds(value):
                    raise SpecError(f"{cls.__name__}.{name} is {value}; it must be {each.allowed}")
        self.check()

    def check(self) -> None:
        """Raise SpecError where fields that are right one by one do not go together."""

    def pieces(self, env: Env) -> Pieces:
        """The tensors of this part and the parts that it holds, by name; the one place where they are said."""
        return {}

    def small(self) -> Self:
        """The same part with few rows, classes, positions ..., for proofs; widths and layers are those of the size."""
        return self

    @classmethod
    def example(cls) -> Self | None:
        """A small part of this kind, for proofs; None: small numbers where there is no default make one."""
        return None

    @classmethod
    def like(cls, part: "Part", **changes: Any) -> Self:
        """A part of this kind with the fields that another has too, some of them changed as in ``but``.

        Raises:
            SpecError: for a word that this kind does not have.
        """
        known = {f.name for f in fields(cls)}  # type: ignore[arg-type]
        shared = {name: value for name, value in part_fields(part).items() if name in known}
        said = {name: altered(shared.get(name), value, f"{cls.__name__}.{name}") for name, value in changes.items()}
        return cls(**{**shared, **said})

    def __repr__(self) -> str:
        """Only what differs from the defaults, so that it reads as it was written."""
        said = [(f, getattr(self, f.name)) for f in fields(self)]  # type: ignore[arg-type]
        args = ", ".join(f"{f.name}={value!r}" for f, value in said if value != _default(f))
        return f"{type(self).__name__}({args})"

    def but(self, **changes: Any) -> Self:
        """The same part with other fields; a nested ``but(...)`` changes the part that stands there.

        Of several in turn, ``**{"block[1]": but(...)}`` changes one, as paths name it; ``heads[lm]`` is that in a slot.

        Raises:
            SpecError: for a word that this part does not have.
        """
        known, made = part_fields(self), dict[str, Any]()
        for said, value in changes.items():
            name, _, index = said.partition("[")
            if name not in known:
                raise SpecError(f"{type(self).__name__} has no '{name}'{hint(name, known)}")
            old, where = made.get(name, known[name]), f"{type(self).__name__}.{said}"
            if index:
                made[name] = _replaced(old, index.rstrip("]"), value, where)
            else:
                made[name] = value if _keeps_changes(self, name) else altered(old, value, where)
        return replace(self, **made)  # type: ignore[type-var]


def _replaced(old: Any, index: str, new: Any, where: str) -> tuple[Any, ...]:
    number = _number(old, index)
    if number is None:
        raise SpecError(f"{where} is not there: {old!r}")
    return (*old[:number], altered(old[number], new, where), *old[number + 1 :])


def _number(several: Any, index: str) -> int | None:
    """The place that an index of a path means, a number or a slot; None when it is not there."""
    if not isinstance(several, tuple):
        return None
    found = range(len(several))
    if index.isdigit():
        return next((i for i in found if i == int(index)), None)
    return next((i for i in found if getattr(several[i], "slot", None) == index), None)


def part_fields(part: Part) -> dict[str, Any]:
    """The fields of a part and their values, in the order of declaration."""
    kind: type = type(part)
    return {name: getattr(part, name) for name in _names(kind)}


def altered(old: Any, new: Any, where: str = "") -> Any:
    """``new``; or, when it is a change, ``old`` so changed (each of several, when there are several).

    Raises:
        SpecError: for a change where there is no part.
    """
    if not isinstance(new, Change):
        return new
    if isinstance(old, tuple):
        return tuple(altered(each, new, where) for each in old)
    if not isinstance(old, Part):
        raise SpecError(f"{where} is {old!r}: there is nothing to change with but({', '.join(new)}=...)")
    return old.but(**new)


def part_differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield ``(path, old, new)`` for each smallest place where two parts differ."""
    if old == new:
        return
    if isinstance(old, Part) and type(old) is type(new):
        for name, value in part_fields(old).items():
            yield from part_differences(value, getattr(new, name), f"{path}.{name}".lstrip("."))
    elif (olds := in_turn(old)) and (news := in_turn(new)) and _same_kinds(olds, news):
        if len(olds) != len(news):
            yield f"{path}, in turn", len(olds), len(news)
        for i, each in enumerate(news):
            yield from part_differences(olds[i % len(olds)], each, f"{path}[{i}]" if len(news) > 1 else path)
    else:
        yield path, old, new


def in_turn(value: Any) -> tuple[Part, ...]:
    """The parts of a slot that takes one part, or several that take turns."""
    several = value if isinstance(value, tuple) else (value,)
    return several if all(isinstance(each, Part) for each in several) else ()


def reach(part: Any, path: str) -> Any:
    """What stands at a dotted path: ``stack.block[1].attn.pattern``; of several in turn, the first.

    Raises:
        SpecError: when there is no such word.
    """
    for step in path.split("."):
        name, _, index = step.partition("[")
        value = part[int(name)] if name.isdigit() else getattr(part, name, None)
        if value is None and not (isinstance(part, Part) and name in part_fields(part)):
            raise SpecError(f"{type(part).__name__} has no '{name}' (in '{path}')")
        if isinstance(value, tuple) and index:
            number = _number(value, index.rstrip("]"))
            if number is None:
                raise SpecError(f"{type(part).__name__} has no '{step}' (in '{path}')")
            value = value[number]
        part = value[0] if isinstance(value, tuple) and value and not index and in_turn(value) else value
    return part


def at(path: str, value: Any) -> Change:
    """The change that puts ``value`` at a dotted path: ``at("size.d_ff", 4) == but(size=but(d_ff=4))``."""
    for name in reversed(path.split(".")):
        value = Change({name: value})
    return typing.cast(Change, value)


def merged(*changes: Mapping[str, Any]) -> Change:
    """Several changes as one; where two say the same word, the later wins."""
    result = Change()
    for change in changes:
        for name, value in change.items():
            both = isinstance(value, Change) and isinstance(result.get(name), Change)
            result[name] = merged(result[name], value) if both else value
    return result


def _default(of: Any) -> Any:
    return of.default if of.default_factory is MISSING else of.default_factory()


def _same_kinds(olds: tuple[Part, ...], news: tuple[Part, ...]) -> bool:
    return len(olds) + len(news) > 2 and {type(each) for each in olds} == {type(each) for each in news}


def _refusing(made: Callable[..., None], cls: type) -> Callable[..., None]:
    """``__init__`` that answers a misspelt or missing word with SpecError instead of TypeError."""

    @functools.wraps(made)
    def __init__(self: Part, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        known = _names(cls)
        for name in kwargs:
            if name not in known:
                raise SpecError(f"{cls.__name__} has no '{name}'{hint(name, known)}")
        try:
            made(self, *args, **kwargs)
        except TypeError as error:
            raise SpecError(f"{cls.__name__}: {str(error).rpartition('__init__() ')[2]}") from error

    return __init__


@functools.cache
def _names(cls: type) -> tuple[str, ...]:
    return tuple(f.name for f in fields(cls))


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    return {f.name: hints[f.name] for f in fields(cls)}


@functools.cache
def _ranges(cls: type) -> dict[str, tuple[Range, ...]]:
    """What the numbers of each field may be: by its name, and by its type."""
    said = typing.get_type_hints(cls, include_extras=True)
    return {
        name: (*((RANGES[name],) if name in RANGES else ()), *ranges_in(said[name]))
        for name in (f.name for f in fields(cls))
    }


def _unfit(value: Any, expected: Any, where: str) -> SpecError:
    if typing.get_origin(expected) is Literal:
        allowed = typing.get_args(expected)
        return SpecError(f"{where} is {value!r}{hint(str(value), map(str, allowed))}")
    return SpecError(f"{where} is {value!r}; it takes {_name(expected)}")


def _fits(value: Any, expected: Any) -> bool:
    if isinstance(value, Change):
        return expected is Any or expected is Change or _takes_change(expected)
    return _fitting(expected)(value)


@functools.cache
def _fitting(expected: Any) -> Callable[[Any], bool]:
    """What tells whether a value that is no change is of a type."""
    origin, args = typing.get_origin(expected), typing.get_args(expected)
    if expected is Any:
        return lambda value: True
    if origin in (types.UnionType, typing.Union):
        kinds = [_fitting(each) for each in args]
        return lambda value: any(each(value) for each in kinds)
    if origin is Literal:
        return lambda value: any(value == each and type(value) is type(each) for each in args)
    if origin is tuple:
        return functools.partial(_fits_in_turn, args=args)
    if origin is not None:
        return lambda value: isinstance(value, origin)
    if expected is float:
        return lambda value: isinstance(value, _NUMBER) and not isinstance(value, bool) and math.isfinite(value)
    if expected is int:
        return lambda value: isinstance(value, int) and not isinstance(value, bool)
    kind = type(None) if expected is None else expected
    return lambda value: isinstance(value, kind)


def _fits_in_turn(value: Any, args: tuple[Any, ...]) -> bool:
    if not isinstance(value, tuple):
        return False
    each = args[:1] * len(value) if args[1:] == (...,) else args
    return len(each) == len(value) and all(map(_fits, value, each))


def _keeps_changes(part: Part, name: str) -> bool:
    """Whether a word is itself about changes, and says them as they are."""
    kind: type = type(part)
    return _takes_change(_hints(kind)[name])


def _takes_change(expected: Any) -> bool:
    return any(each is Change for each in typing.get_args(expected))


def _name(expected: Any) -> str:
    args = typing.get_args(expected)
    if typing.get_origin(expected) in (types.UnionType, typing.Union):
        return " or ".join(_name(each) for each in args)
    if typing.get_origin(expected) is tuple:
        return f"({', '.join('...' if each is ... else _name(each) for each in args)})"
    return "None" if expected is type(None) else getattr(expected, "__name__", str(expected))

"""One word of a config: their value as a word of ours, and ours as their value."""

import re
from collections.abc import Iterator
from functools import singledispatch
from typing import Any

from clados.checkpoints.errors import LayoutError
from clados.checkpoints.mapping.names import expanded
from clados.files import LARGEST_INT
from clados.spec.core.part import hint, in_turn, reach
from clados.spec.core.sizes import Size
from clados.spec.errors import SpecError
from clados.spec.kinds.encoder_decoder import EncoderDecoder
from clados.spec.kinds.model import Model
from clados.spec.layout import (
    Choice,
    CountOf,
    Derived,
    EachLayer,
    HeadShare,
    KeyRule,
    KindOf,
    LevelNames,
    NoneAs,
    Offset,
    Shrunk,
    TimesWidth,
)

HEAD_FIELD = re.compile(r"heads\[(\w+)\]")


def each_of(said: str | KeyRule | tuple[str | KeyRule, ...]) -> tuple[str | KeyRule, ...]:
    """How a key gives each of its fields."""
    return said if isinstance(said, tuple) else (said,)


def is_late(how: str | KeyRule) -> bool:
    """Whether it is read with the help of other fields."""
    return isinstance(how, HeadShare | TimesWidth | EachLayer | CountOf | Derived | KindOf | Shrunk | LevelNames)


def paths(how: str | KeyRule, model: Model) -> tuple[str, ...]:
    """The fields that a key gives; those of heads that the model lacks are left out."""
    slots = {head.slot for head in model.own_heads}
    every = expanded(how if isinstance(how, str) else how.path)
    return tuple(path for path in every if not (of := HEAD_FIELD.match(path)) or of[1] in slots)


def our_fields(how: str | KeyRule, key: str, value: Any, model: Model) -> Iterator[tuple[str, Any]]:
    """The paths and values that their value of a key gives.

    Args:
        model: as it is read so far.

    Raises:
        LayoutError: a value that no word of ours stands for.
    """
    if isinstance(how, EachLayer | CountOf) or (isinstance(how, LevelNames) and not how.attended):
        if (expected := their_value(how, how.path, model)) != value:
            raise LayoutError(f"'{key}' is {value!r}; as declared, so many layers or levels are {expected!r}")
        return
    if isinstance(how, Derived):
        if (expected := their_value(how, how.path, model)) != value:
            raise LayoutError(f"'{key}' is {value!r}; the other keys make it {expected!r}")
        return
    for path in paths(how, model):
        yield path, _inward(how, key, value, model)


def key_value(key: str, said: str | KeyRule | tuple[str | KeyRule, ...], model: Model) -> Iterator[Any]:
    """Their value of a key, once; nothing where the model has none of its fields.

    Raises:
        LayoutError: they have no name for a value, or fields that one key gives differ in it.
    """
    found = [(path, their_value(how, path, model)) for how in each_of(said) for path in paths(how, model)[:1]]
    for path, value in found[1:]:
        if value != found[0][1]:
            raise LayoutError(f"'{key}' would be {found[0][1]!r} for {found[0][0]} and {value!r} for {path}")
    yield from (value for _, value in found[:1])


def their_value(how: str | KeyRule, path: str, model: Model) -> Any:
    """Their value of the word at a path.

    Raises:
        LayoutError: a word that they have no name for.
    """
    try:
        return _outward(how, path, model)
    except SpecError as error:
        raise LayoutError(str(error)) from error


@singledispatch
def _inward(how: str | KeyRule, key: str, value: Any, model: Model) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _number(key: str, value: Any) -> Any:
    """A number of a config, for what is worked out with it.

    Raises:
        LayoutError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST_INT:
        raise LayoutError(f"'{key}' is {value!r}; a number is allowed")
    return value


@_inward.register
def _(how: Choice, key: str, value: Any, model: Model) -> Any:
    meant = [word for name, word in how.names.items() if name == value]
    if not meant:
        raise LayoutError(f"'{key}' is {value!r}{hint(str(value), map(str, how.names))}")
    return meant[0]


@_inward.register
def _(how: Offset, key: str, value: Any, model: Model) -> Any:
    return _number(key, value) + how.by


@_inward.register
def _(how: NoneAs, key: str, value: Any, model: Model) -> Any:
    return None if value == how.number else value


@_inward.register
def _(how: HeadShare, key: str, value: Any, model: Model) -> Any:
    return 1.0 if value is None else _number(key, value) / reach(model, "size").dims.head_dim


@_inward.register
def _(how: KindOf, key: str, value: Any, model: Model) -> Any:
    if value not in how.names:
        raise LayoutError(f"'{key}' is {value!r}{hint(str(value), how.names)}")
    return how.names[value].like(reach(model, how.path))


@_inward.register
def _(how: Shrunk, key: str, value: Any, model: Model) -> Any:
    return int(_number(key, value)) * reach(model, "shrinks")


@_inward.register
def _(how: LevelNames, key: str, value: Any, model: Model) -> Any:
    names = list(value)[:: -1 if how.upwards else 1]
    if odd := [each for each in names if each not in (how.plain, how.attended)]:
        raise LayoutError(f"'{key}' has {odd[0]!r}{hint(str(odd[0]), (how.plain, how.attended))}")
    return tuple(2**i for i, name in enumerate(names) if name == how.attended)


@_inward.register
def _(how: TimesWidth, key: str, value: Any, model: Model) -> Any:
    return round(_number(key, value) * _width(how.path, model))


def _width(path: str, model: Model) -> int:
    """The ``d_model`` of the size that a path leads into."""
    return int(reach(model, path.rpartition(".")[0]).d_model)


@singledispatch
def _outward(how: str | KeyRule, path: str, model: Model) -> Any:
    return _word(model, path)


@_outward.register
def _(how: Choice, path: str, model: Model) -> Any:
    value = _word(model, path)
    names = [name for name, word in how.names.items() if word == value]
    if not names:
        raise LayoutError(f"they have no word for {how.path} {value!r}")
    return names[0]


@_outward.register
def _(how: Offset, path: str, model: Model) -> Any:
    return _word(model, path) - how.by


@_outward.register
def _(how: NoneAs, path: str, model: Model) -> Any:
    value = _word(model, path)
    return how.number if value is None else value


@_outward.register
def _(how: HeadShare, path: str, model: Model) -> Any:
    return int(_word(model, path) * reach(model, "size").dims.head_dim)


@_outward.register
def _(how: TimesWidth, path: str, model: Model) -> Any:
    times, rest = divmod(_word(model, path), _width(path, model))
    return times + rest / _width(path, model) if rest else times


def _each_layer(path: str, model: Model) -> list[Any]:
    """What stands at a path such as ``stack.block.attn.pattern`` in each layer."""
    stack, _, inside = path.partition(".block.")
    size = f"sides.{stack}" if isinstance(model, EncoderDecoder) else "size"
    return [reach(each, inside) for each in reach(model, stack).blocks(reach(model, size).layers)]


@_outward.register
def _(how: CountOf, path: str, model: Model) -> Any:
    return sum(isinstance(each, how.kind) for each in _each_layer(path, model))


@_outward.register
def _(how: EachLayer, path: str, model: Model) -> Any:
    kinds = {kind: name for name, kind in how.names.items()}
    held = _each_layer(path, model)
    names = [kinds.get(None if each is None else type(each)) for each in held]
    if None in names:
        raise LayoutError(f"they have no word for {path} {held[names.index(None)]!r}")
    if not how.rounds:
        return names
    turn = len(in_turn(reach(model, path.partition(".block.")[0]).block))
    times, rest = divmod(len(names), turn)
    return [[names[:turn], times]] * bool(times) + [[names[-rest:], 1]] * bool(rest)


@_outward.register
def _(how: KindOf, path: str, model: Model) -> Any:
    value = reach(model, path)
    names = [name for name, kind in how.names.items() if type(value) is kind]
    if not names:
        raise LayoutError(f"they have no word for {how.path} {value!r}")
    return names[0]


@_outward.register
def _(how: Shrunk, path: str, model: Model) -> Any:
    return _word(model, path) // reach(model, "shrinks")


@_outward.register
def _(how: LevelNames, path: str, model: Model) -> Any:
    count = len(reach(model, how.levels or path))
    attended = reach(model, path) if how.attended else ()
    names = [how.attended if 2**i in attended else how.plain for i in range(count)]
    return names[:: -1 if how.upwards else 1]


def _word(model: Model, path: str) -> Any:
    value = reach(model, path)
    outer, _, name = path.rpartition(".")
    if value is None and outer and isinstance(size := reach(model, outer), Size):
        return getattr(size.dims, name)
    return list(value) if isinstance(value, tuple) else value

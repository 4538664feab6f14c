"""A model's declaration as text and back: ``parsed(repr(model)) == model``. Only parts and literals are read."""

import ast
import warnings
from typing import Any, TypeVar

from clados.checkpoints.errors import LayoutError
from clados.spec.core.part import Part
from clados.spec.core.registry import kind_named
from clados.spec.errors import SpecError
from clados.spec.kinds.model import Model

LONGEST_DECLARATION = 100_000  # characters; the largest declaration has some 3,000
AnyPart = TypeVar("AnyPart", bound=Part)


def parsed(text: str) -> Model:
    """The model that a ``repr`` says; see ``part``."""
    return part(text, Model)  # type: ignore[type-abstract]


def part(text: str, kind: type[AnyPart]) -> AnyPart:
    """The part of a kind that a ``repr`` says.

    Raises:
        LayoutError: the text is no such ``repr``, or names a part that this version lacks.
        SpecError: a part refuses its fields.
    """
    found = value(text)
    if not isinstance(found, kind):
        raise LayoutError(f"not a {kind.__name__}: {text[:60]!r}")
    return found


def value(text: str) -> Any:
    """The part or plain value that a ``repr`` says.

    Raises:
        LayoutError: as ``part``, of any kind.
        SpecError: a part refuses its fields.
    """
    if not isinstance(text, str):
        raise LayoutError(f"a declaration is text, not {str(text)[:60]}")
    if len(text) > LONGEST_DECLARATION:
        raise LayoutError(f"a declaration of {len(text)} characters; none is longer than {LONGEST_DECLARATION}")
    try:
        with warnings.catch_warnings(action="ignore"):  # of Python's about the text
            return _value(ast.parse(text, mode="eval").body)
    except (SyntaxError, RecursionError, MemoryError, ValueError, TypeError) as error:
        raise LayoutError(f"not a declaration ({getattr(error, 'msg', error)}): {text[:60]!r}") from error


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
            if any(keyword.arg is None for keyword in keywords):
                raise LayoutError(f"{name}: fields are given one by one, by name")
            said = {str(keyword.arg): _value(keyword.value) for keyword in keywords}
            return _kind(name)(*map(_value, args), **said)
        case ast.Tuple(elts=each):
            return tuple(map(_value, each))
        case ast.Dict(keys=keys, values=values) if None not in keys:
            return {_value(key): _value(value) for key, value in zip(keys, values, strict=True) if key is not None}
        case ast.Constant() | ast.UnaryOp():
            return ast.literal_eval(node)
        case _:
            raise LayoutError(f"a declaration holds parts and plain values, not '{ast.unparse(node)[:40]}'")


def _kind(name: str) -> type[Part]:
    try:
        return kind_named(name)
    except SpecError as error:
        raise LayoutError(str(error)) from error

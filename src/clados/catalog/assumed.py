"""What a declaration assumes because no source says it: read from its text, so that a list of all cards imports none.

A line is ``path, path: what the paper leaves open; what stands here and why``. A path that begins with ``sizes.NAME``
or ``recipes.NAME`` concerns that published size alone.
"""

import ast
from collections.abc import Iterable, Sequence
from pathlib import Path


def assumed_in(path: Path) -> tuple[str, ...] | None:
    """The lines of a declaration's file, in order; None where they are no literal and the file must be run for them.

    Raises:
        OSError: when the file cannot be read.
    """
    try:
        statements = ast.parse(path.read_bytes()).body
    except (SyntaxError, ValueError):
        return None
    for statement in statements:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "declaration":
            return _literal(statement.value)
    return None


def _literal(value: ast.expr) -> tuple[str, ...] | None:
    if not isinstance(value, ast.Call):
        return None
    given = {keyword.arg: keyword.value for keyword in value.keywords}
    if "assumed" in given:
        try:
            lines = ast.literal_eval(given["assumed"])
        except ValueError:
            return None
        return tuple(map(str, lines)) if isinstance(lines, tuple | list) else None
    afresh = isinstance(value.func, ast.Name) and None not in given  # a call of Declaration itself, not parent.but(...)
    return () if afresh else None


def concerning(lines: Iterable[str], sizes: Sequence[str], size: str) -> tuple[str, ...]:
    """The lines that concern one of the published sizes: all but those of other sizes alone.

    >>> concerning(("init: open", "sizes.big.heads: open", "sizes.base.heads, init: open"), ("base", "big"), "base")
    ('init: open', 'sizes.base.heads, init: open')
    """
    return tuple(line for line in lines if {None, size} & {_size(path, sizes) for path in _paths(line)})


def _paths(line: str) -> list[str]:
    return [path.strip() for path in line.partition(": ")[0].split(",")]


def _size(path: str, sizes: Sequence[str]) -> str | None:
    """The size that a path is confined to; names may hold dots, so the longest that fits is meant."""
    _, dot, rest = path.partition(".")
    if path.partition(".")[0] not in ("sizes", "recipes") or not dot:
        return None
    fitting = [name for name in sizes if rest == name or rest.startswith(f"{name}.")]
    return max(fitting, key=len, default=None)

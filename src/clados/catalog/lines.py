"""Where a field stands in the text of a card."""

import re
from collections.abc import Iterator

from clados.files import text_lines

Key = tuple[str | int, ...]

_TABLE = re.compile(r"\s*\[(\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_FIELD = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*[.=]""")
_MULTILINE = re.compile(r'"""|\'\'\'')


def field_lines(text: str) -> dict[Key, int]:
    """The line (from 1) of every table and field: ``("params",)``, ``("sizes", 1, "label")``; of twins, the first."""
    found: dict[Key, int] = {}
    for key, line in _keys(text):
        found.setdefault(key, line)
    return found


def line_of(found: dict[Key, int], key: Key) -> int:
    """The line of the field, or of the nearest enclosing table that is written, or 1."""
    return next((found[key[:n]] for n in range(len(key), 0, -1) if key[:n] in found), 1)


def _keys(text: str) -> Iterator[tuple[Key, int]]:
    here: Key = ()
    rows: dict[str, int] = {}
    inside = False  # a text in triple quotes may hold lines that look like fields
    for number, line in enumerate(text_lines(text), 1):
        if not inside and (table := _TABLE.match(line)):
            here = (table[2],)
            if table[1]:
                rows[table[2]] = rows.get(table[2], -1) + 1
                here = (table[2], rows[table[2]])
            yield here, number
        elif not inside and (field := _FIELD.match(line)):
            yield (*here, field[1]), number
        inside ^= len(_MULTILINE.findall(line)) % 2 == 1

"""How figures and names are written and read: ``100M``, ``1.5B``; which known word is near a misspelt one."""

import re
from collections.abc import Iterable

from clados.errors import InputError, nearest

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "g": 10**9, "t": 10**12}
_NUMBER = re.compile(r"([0-9][0-9_]*(?:\.[0-9]+)?(?:e[0-9]+)?)([kmbgt]?)", re.IGNORECASE)


class QueryError(InputError):
    """A question that cannot be answered as it is put; says what is allowed."""


def near(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'this'?``, or nothing when no known word is near."""
    found = nearest(word, known)
    return f"; did you mean '{found}'?" if found is not None else ""


def number(text: str) -> int:
    """``1.5B`` as 1500000000.

    Raises:
        QueryError: when it is no number.
    """
    match = _NUMBER.fullmatch(text.strip())
    if not match:
        raise QueryError(f"'{text}' is not a number; write 350000, 350k, 100M, 1.5B or 2T")
    figure = match[1].replace("_", "")
    unit = _UNITS[match[2].lower()]
    return int(figure) * unit if figure.isdigit() else round(float(figure) * unit)


def figure(count: int) -> str:
    """A count as people write it, with three or four digits: ``109.5M``, ``1.54B``, ``175B``."""
    for unit, name in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k")):
        if count >= unit * 0.9995:
            digits = 2 if count < 10 * unit else 1
            return f"{count / unit:.{digits}f}".rstrip("0").rstrip(".") + name
    return str(count)


def figures(counts: tuple[int, ...]) -> str:
    """Up to two counts one by one, more as their span: ``60.5M–11.3B (5)``."""
    if len(counts) > 2:
        return f"{figure(min(counts))}–{figure(max(counts))} ({len(counts)})"
    return ", ".join(figure(each) for each in counts)

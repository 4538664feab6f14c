"""A long text in parts that give the ids that the whole gives."""

import re
from collections.abc import Callable, Iterator, Sequence

Alike = Callable[[str, Sequence[str]], bool]
_NEAR = 200  # characters on each side of a cut that are compared, at least
_TRIES = 64  # places that are tried for a cut
PLACE = re.compile(r"(?<=[^\W_]) (?=[^\W_])|(?<=\n)(?=\S)|(?<=[。！？，；])(?=\w)")  # between words, lines and clauses


def text_parts(text: str, size: int, alike: Alike) -> Iterator[str]:
    """The parts of a text, of about ``size`` characters each.

    It is cut where words part anyway, with the space or without it, and each cut is checked: ``alike`` says whether the
    text around it gives the same ids whole and in two. Where there is no such place, the text goes on uncut.
    """
    at = 0
    while len(text) - at > size + size // 2:
        found = next((cut for cut in _cuts(text, at + size) if _harmless(text, at, *cut, alike)), None)
        if found is None:
            break
        yield text[at : found[0]]
        at = found[1]
    yield text[at:]


def _cuts(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Where a part may end and the next one begin."""
    for _, place in zip(range(_TRIES), PLACE.finditer(text, start)):
        yield place.start(), place.start()
        if place.end() > place.start():
            yield place.span()


def _harmless(text: str, start: int, end: int, begin: int, alike: Alike) -> bool:
    before, after = max(start, end - 4 * _NEAR), begin + _NEAR
    before = next((place.end() for place in PLACE.finditer(text, before, end - _NEAR)), before)
    after = next((place.start() for place in PLACE.finditer(text, after, after + 3 * _NEAR)), after)
    return alike(text[before:after], (text[before:end], text[begin:after]))

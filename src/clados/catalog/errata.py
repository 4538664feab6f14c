"""The errata in words: what the survey's row has, in quotation marks, and what a source says instead."""

from collections import Counter
from collections.abc import Iterable

from clados.catalog.card import Erratum
from clados.catalog.schema import ERRATUM_KINDS


def erratum_line(row: Erratum) -> str:
    """What the survey has, quoted to the letter, and the fact."""
    has = f"the survey has “{row.survey}”" if row.survey else "the survey has nothing"
    return f"{row.attribute}: {has}; {row.fact}  [{row.source if row.checked else 'not yet checked'}]"


def errata_of_kind(rows: Iterable[Erratum], kind: str) -> list[Erratum]:
    """The errata of one kind, in order."""
    return [row for row in rows if row.kind == kind]


def errata_counts(rows: Iterable[Erratum]) -> dict[str, int]:
    """How many errata there are of each kind."""
    found = Counter(row.kind for row in rows)
    return {kind: found[kind] for kind in ERRATUM_KINDS}


def in_short(rows: Iterable[Erratum]) -> str:
    """The kinds that occur and how often.

    >>> in_short([Erratum("date", "wrong", "2018", "2019"), Erratum("lab", "absent", "", "North")])
    '1 wrong, 1 absent'
    """
    return ", ".join(f"{number} {kind}" for kind, number in errata_counts(rows).items() if number) or "none"

"""The result of a full run as one page: ``docs/verification.md``."""

import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from clados.catalog.card import Card
from clados.catalog.counts import UNKNOWN, Counted, count_size
from clados.catalog.load import catalog
from clados.proofs.proof import PROOFS, Proof
from clados.version import __version__

STATUS_MARKS = {"holds": "holds", "fails": "**fails**", "missing": "missing", "not applicable": "n/a"}


def markdown(proofs: Sequence[Proof], *, quick: bool = False) -> str:
    """The page."""
    rows = {each.id: {} for each in proofs}  # type: dict[str, dict[str, Proof]]
    for each in proofs:
        rows[each.id][each.proof] = each
    proved = {
        name: row
        for name, row in rows.items()
        if any(p.status in ("holds", "fails") for n, p in row.items() if n != "card")
    }
    parts = [
        *_head(proofs, quick=quick),
        *_overview(proved),
        *_evidence(proved),
        *_sizes(proved),
        *_comparisons(proved),
    ]
    rest = sorted(rows.keys() - proved.keys())
    if rest:
        cards = Counter(rows[name]["card"].status for name in rest if "card" in rows[name])
        statuses = ", ".join(f"card {status}: {number}" for status, number in cards.items())
        parts += ["## Not declared yet", "", f"{len(rest)} models ({statuses}): {', '.join(rest)}.", ""]
    return "\n".join(parts)


def _head(proofs: Sequence[Proof], *, quick: bool) -> Iterator[str]:
    by = Counter(each.status for each in proofs)
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("torch", "transformers"))
    yield "# Verification"
    yield ""
    command = "clados verify --quick --write docs/verification.md" if quick else "make full"
    yield f"Written by `{command}` on {datetime.now(UTC).date()}:"
    yield f"Clados {__version__}, {versions}, Python {platform.python_version()}, {platform.machine()}."
    yield ", ".join(f"{number} {status}" for status, number in by.most_common()) + "."
    yield ""
    yield from (f"- **{name}**: {says}" for name, (_, says) in PROOFS.items())
    yield ""


def _overview(proved: dict[str, dict[str, Proof]]) -> Iterator[str]:
    yield from _table(
        ["model", *PROOFS], ([name, *(_mark(row, each) for each in PROOFS)] for name, row in proved.items())
    )


def _mark(row: dict[str, Proof], name: str) -> str:
    return STATUS_MARKS[row[name].status] if name in row else ""


def _evidence(proved: dict[str, dict[str, Proof]]) -> Iterator[str]:
    yield from ("## Evidence", "")
    for name, row in proved.items():
        yield from (f"### {name}", "")
        yield from (
            f"- {each.proof}, {STATUS_MARKS[each.status]} ({each.seconds:.0f} s): {each.evidence}"
            for each in row.values()
        )
        yield ""


def _sizes(proved: dict[str, dict[str, Proof]]) -> Iterator[str]:
    cards = catalog()
    yield from sizes([cards[name] for name in proved])


def sizes(cards: Iterable[Card]) -> Iterator[str]:
    """Every published size of some cards: what is published, what is computed, the difference and its reason.

    The difference is that from the reference's exact count, where there is one on the same basis, else from the label.
    """
    yield from ("## Sizes: published, computed", "")
    heads = ["model", "size", "counts", "published", "reference", "computed", "difference", "why"]
    rows = [row for card in cards for size in card.sizes for row in count_size(card, size)]
    yield from _table(heads, (_size(row) for row in rows))


def _size(row: Counted) -> list[str]:
    against = row.published if row.exact is None else row.exact
    difference = None if row.total is None or against is None else row.total - against
    computed = UNKNOWN if row.total is None and row.why.startswith(UNKNOWN) else _number(row.total)
    figures = [_number(row.published), _number(row.exact), computed]
    apart = "-" if difference is None else f"{difference:+,}" if difference else "0"
    return [row.id, row.size, row.basis, *figures, apart, row.why]


def _comparisons(proved: dict[str, dict[str, Proof]]) -> Iterator[str]:
    yield from ("## Parity: every comparison", "")
    rows = [
        [
            name,
            each["size"],
            each["reference"],
            *(f"{each[what]:.1e}" if what in each else "" for what in ("outputs", "gradients")),
        ]
        for name, row in proved.items()
        if "parity" in row
        for each in row["parity"].details
    ]
    yield from _table(["model", "size, made small", "reference", "outputs", "gradients"], rows)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    yield from (f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)
    yield ""


def _number(value: Any) -> str:
    return "-" if value is None else f"{value:,}"

"""Results of proofs as one page: ``docs/verification.md``."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from clados.catalog.card import Card
from clados.catalog.counts import UNKNOWN, Counted, count_size
from clados.catalog.load import catalog
from clados.proofs.proof import PROOFS, TRAINED
from clados.proofs.results import KeptResult, has_changed

NOT_RUN = "not run"
STATUS_MARKS = {"holds": "holds", "fails": "**fails**", "missing": "missing", NOT_RUN: NOT_RUN, "not applicable": "n/a"}
MEANINGS = {
    "holds": "what is asked of the model was found, in the numbers of the evidence",
    "fails": "some of it was not found; the evidence names what",
    "missing": "it cannot be asked yet: the evidence names what is lacking, such as a reference, a measure or a judge",
    NOT_RUN: "nobody has asked yet: the training of a small model takes minutes of a processor",
    "not applicable": "n/a, there is nothing to ask, as of the later stages of a recipe that has one",
}
_EARLIER = {"holds": "held", "**fails**": "**failed**"}  # what has changed since
_Rows = Mapping[str, dict[str, KeptResult]]  # by model and proof


def markdown(results: Iterable[KeptResult], models: Sequence[str]) -> str:
    """The page.

    Args:
        results: of any models and proofs, on whatever days they were found.
        models: whose rows there are; of those that are not declared only the card is named.
    """
    cards = catalog()
    declared = [name for name in models if cards[name].runnable]
    rows: _Rows = {name: {} for name in declared}
    for each in results:
        if each.proof.id in rows:
            rows[each.proof.id][each.proof.proof] = each
    parts = [*_head(rows), *_overview(rows), *_learned(rows), *_evidence(rows), *_sizes(rows), *_comparisons(rows)]
    rest = sorted({*models} - {*declared})
    if rest:
        parts += ["## Not declared yet", "", f"{len(rest)} models, of which there are cards: {', '.join(rest)}.", ""]
    return "\n".join(parts)


def _head(rows: _Rows) -> Iterator[str]:
    every = [each for row in rows.values() for each in row.values()]
    by = Counter(each.proof.status for each in every) + Counter({NOT_RUN: len(rows) * len(PROOFS) - len(every)})
    yield "# Verification"
    yield ""
    yield f"Written on {datetime.now(UTC).date()} by `clados verify`, of results that are of the days which they name:"
    yield ", ".join(f"{number} {status}" for status, number in by.most_common()) + "."
    yield "`clados verify MODEL --results docs/verification` runs it, `make full` runs all that are not up to date."
    yield ""
    yield from (f"- `{status}`: {says}" for status, says in MEANINGS.items() if by[status])
    yield "- `held`, `failed`: so it was; its declaration, setting or objective is another since then"
    yield ""
    yield from (f"- {each}" for each in sorted({each.versions for each in every}))
    yield ""
    yield from (f"- **{name}**: {says}" for name, (_, says) in PROOFS.items())
    yield ""


def _overview(rows: _Rows) -> Iterator[str]:
    yield from _table(
        ["model", *PROOFS], ([name, *(_mark(row, each) for each in PROOFS)] for name, row in rows.items())
    )


def _mark(row: Mapping[str, KeptResult], name: str) -> str:
    if name not in row:
        return NOT_RUN
    mark = STATUS_MARKS[row[name].proof.status]
    return _EARLIER.get(mark, mark) if has_changed(row[name]) else mark


def _learned(rows: _Rows) -> Iterator[str]:
    """What the small models learned, of the first seed; in nats where the proof does not say otherwise."""
    heads = ["model", "objective", "baseline", "start", "end", "control", "seconds", "use", "proved"]
    table = [
        _figures(name, row)
        for name, row in rows.items()
        if any(row[each].proof.details for each in row.keys() & TRAINED)
    ]
    if table:
        yield from ("## Small models: held-out loss, and use", "")
        yield from _table(heads, table)


def _figures(name: str, row: Mapping[str, KeptResult]) -> list[str]:
    runs: Sequence[Any] = row["learns"].proof.details if "learns" in row else ()
    uses: Sequence[Any] = row["applies"].proof.details if "applies" in row else ()
    cells = [name]
    if runs:
        first, control = runs[0], next(each for each in runs if each["shuffled"])
        numbers = first["baseline"]["loss"], first["start"], first["end"], control["end"]
        cells += [first["objective"], *(f"{each:.2f}" for each in numbers), f"{first['seconds']:.0f}"]
    cells += [""] * (7 - len(cells))
    cells.append("{name} {value:.3g} ({beside} {trivial:.3g})".format(**uses[0]["measure"]) if uses else "")
    return [*cells, "; ".join(dict.fromkeys(_origin(row[each]) for each in TRAINED if each in row))]


def _origin(result: KeptResult) -> str:
    """When and by which code something was proved."""
    words = [result.day, result.commit, "one seed" * (result.quick and result.proof.proof == "learns")]
    return ", ".join(word for word in words if word)


def _evidence(rows: _Rows) -> Iterator[str]:
    yield from ("## Evidence", "")
    for name, row in rows.items():
        yield from (f"### {name}", "")
        yield from (_line(row[each]) if each in row else f"- {each}, {NOT_RUN}" for each in PROOFS)
        yield ""


def _line(result: KeptResult) -> str:
    proof = result.proof
    mark = STATUS_MARKS[proof.status]
    changed = mark in _EARLIER and has_changed(result)  # of what was found: a reason why nothing was is one of today
    since = "; its declaration, setting or objective has changed since" if changed else ""
    found = f"{mark} ({proof.seconds:.0f} s; {_origin(result)})"
    return f"- {proof.proof}, {found}: {proof.evidence}{since}"


def _sizes(rows: _Rows) -> Iterator[str]:
    cards = catalog()
    yield from sizes([cards[name] for name in rows])


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


def _comparisons(rows: _Rows) -> Iterator[str]:
    yield from ("## Parity: every comparison", "")
    compared = [
        [
            name,
            each["size"],
            each["reference"],
            *(f"{each[what]:.1e}" if what in each else "" for what in ("outputs", "gradients")),
        ]
        for name, row in rows.items()
        if "parity" in row
        for each in row["parity"].proof.details
    ]
    yield from _table(["model", "size, made small", "reference", "outputs", "gradients"], compared)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    yield from (f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)
    yield ""


def _number(value: Any) -> str:
    return "-" if value is None else f"{value:,}"

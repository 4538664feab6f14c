"""The page of a card: attributes, sizes, lineage, training, assumptions, and errata of the survey."""

from collections.abc import Iterator, Sequence
from typing import Any

from clados.catalog.card import Card, CardSize, Value
from clados.catalog.errata import errata_of_kind, erratum_line
from clados.catalog.publications import described_in
from clados.catalog.structure import headline_declared, structure, training_compute
from clados.catalog.texts import attribute_text, shape_text, size_figure
from clados.tables import Page, TextTable

ERRATA = {"wrong": "Where the survey is wrong", "refined": "Said more exactly", "absent": "Absent from the survey"}


def card_page(card: Card, children: Sequence[Card]) -> Page:
    """The whole card, and the cards that came of it."""
    return Page(
        [
            *_head(card),
            *_sizes(card),
            *_descent(card, children),
            *_structure(card),
            *_described(card),
            *_seen(card),
            *_training(card),
            *_assumed(card),
            *_errata(card),
        ]
    )


def _head(card: Card) -> Iterator[Any]:
    where = f"survey {card.survey}" if card.survey else "not among the survey's 77"
    runs = "declared: it builds and runs" if card.runnable else "facts only: not declared yet"
    yield f"{card.name}   {card.id} · {where} · {runs}"
    rows = []
    for name, value in card.values.items():
        text = attribute_text(card, name)
        rows.append([name, f"{text} [{value.note}]" if value.note else text, value.mark, value.source])
    yield TextTable(("attribute", "value", "kind", "source"), rows)
    if alone := card.per_survey:
        yield [f"per the survey alone, {len(alone)} of {len(rows)}: {', '.join(alone)}"]


def _sizes(card: Card) -> Iterator[Any]:
    rows = [[_size_name(size), *_published(size), *_exact(size), shape_text(size), size.why] for size in card.sizes]
    if rows:
        yield "Sizes"
        heads = ("size", "published", "counts", "exact", "counts ", "shape", "why they differ")
        yield TextTable(
            heads, rows, right=("published", "exact"), wrap=("counts", "counts ", "shape", "why they differ")
        )


def _size_name(size: CardSize) -> str:
    return f"{size.name} *" if size.headline else size.name


def _published(size: CardSize) -> tuple[str, str]:
    mark = "" if size.label.kind == "reported" and not size.label.recalled else f" ({size.label.mark})"
    return size_figure(size) + mark * size.label.known, size.basis if size.label.known else size.label.note


def _exact(size: CardSize) -> tuple[str, str]:
    if size.exact is None or not size.exact.known:
        return "-", ""
    return f"{size.exact.value:,}", size.exact_basis


def _descent(card: Card, children: Sequence[Card]) -> Iterator[Any]:
    if card.lineage:
        yield "Parents"
        yield [f"{each.id} ({each.kind}): {each.change}  [{each.source}]" for each in card.lineage]
    if children:
        yield "Descendants"
        yield [", ".join(each.id for each in children)]


def _structure(card: Card) -> Iterator[Any]:
    if headline_declared(card):
        built = structure(card)
        marks = f"; assumed: {', '.join(built.assumed)}" if built.assumed else ""
        yield f"Structure of {built.size}, computed from its declaration{marks}"
        yield built.rows


def _described(card: Card) -> Iterator[Any]:
    yield "Described in"
    yield [f"{each}  [{each.link or each.reference}]" for each in described_in(card)] or ["nothing published"]


def _seen(card: Card) -> Iterator[Any]:
    """Tokens and computation of the sizes' training, where they are known."""
    known = [(size, size.tokens, training_compute(card, size)) for size in card.sizes]
    rows = [[size.name, *_figure(seen), *_figure(flops)] for size, seen, flops in known if seen or flops]
    if rows:
        yield "Tokens seen in training, and floating-point operations"
        heads = ("size", "tokens", "kind", "source", "FLOPs", "kind ", "source ")
        yield TextTable(heads, rows, right=("tokens", "FLOPs"), wrap=("source", "source "))


def _figure(value: Value | None) -> list[str]:
    if value is None or not value.known:
        return ["", "", ""]
    number = value.items[0]
    return [f"{number:,}" if isinstance(number, int) else f"{number:.3g}", value.mark, value.source]


def _training(card: Card) -> Iterator[Any]:
    if card.training or card.headlines:
        yield "Training and results"
        named = [*card.training.items(), *(("result", each) for each in card.headlines)]
        rows = [[name, str(value), value.mark, value.source] for name, value in named]
        yield TextTable(("fact", "value", "kind", "source"), rows)


def _assumed(card: Card) -> Iterator[Any]:
    if card.assumed:
        yield "Assumed, or otherwise than published"
        yield card.assumed


def _errata(card: Card) -> Iterator[Any]:
    for kind, title in ERRATA.items():
        if rows := errata_of_kind(card.errata, kind):
            yield f"{title} ({len(rows)})"
            yield [erratum_line(row) for row in rows]

"""``clados count`` and ``clados diff``: a model's parameters, and what changed from one model to another."""

from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from clados.cli import output

if TYPE_CHECKING:
    from clados.catalog.card import Card, Size
    from clados.catalog.counts import Counted, Line


class Detail(StrEnum):
    """How much of the ledger is printed."""

    FOLDED = "folded"
    FULL = "full"
    NONE = "none"


def count(
    model: Annotated[str | None, typer.Argument(help="A model, or MODEL:SIZE.", metavar="MODEL[:SIZE]")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every published size of every declared model.")] = False,
    basis: Annotated[str | None, typer.Option(help="Count the model, body, body+pooler or non-embedding.")] = None,
    ledger: Annotated[Detail, typer.Option(help="Layers folded, every tensor, or none.")] = Detail.FOLDED,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Count parameters, beside the published figures, with the ledger of every tensor.

    Example: clados count bert:base
    """
    from clados.catalog import counts
    from clados.catalog.load import catalog

    cards = catalog()
    if everything or model is None:
        rows = counts.every_count(cards)
        if as_json:
            output.tell([row.as_dict() for row in rows])
        else:
            _table(rows)
        return
    card, size = named(model)
    rows = counts.counted(card, size, basis)
    lines = counts.ledger(counts.model_of(card, size), full=ledger is Detail.FULL)
    lines = [] if ledger is Detail.NONE else lines
    assumed = card.assumed_for(size)
    if as_json:
        head = {"id": card.id, "size": size.name, "assumed": assumed}
        output.tell({**head, "counts": [row.as_dict() for row in rows], "ledger": [asdict(line) for line in lines]})
        return
    output.heading(f"{card.name} {size.name}")
    _table(rows)
    _ledger(lines)
    output.assumed(assumed)


def named(model: str) -> "tuple[Card, Size]":
    """The card and the size that ``MODEL[:SIZE]`` names.

    Raises:
        NoSuchModel, SpecError: with the nearest name.
    """
    from clados.catalog.counts import size_named
    from clados.catalog.load import catalog

    name, _, size = model.partition(":")
    card = catalog()[name]
    return card, size_named(card, size or None)


def _table(rows: "list[Counted]") -> None:
    heads = ("model", "size", "counts", "parameters", "non-embedding", "active", "published", "reference", "agreement")
    cells = [
        [row.id, row.size, row.basis, _figure(row.total, row.why) + " (assumed)" * bool(row.assumed),
         *(_figure(each, row.why) for each in (row.non_embedding, row.active)),
         *map(_figure, (row.published, row.exact)), row.why]
        for row in rows
    ]  # fmt: skip
    output.table(heads, cells, right=heads[3:8], wrap=("agreement",))
    if any(row.assumed for row in rows):
        print("(assumed): a part of the shape that is counted is published nowhere")


def _figure(number: int | None, why: str = "") -> str:
    if number is None:
        return "unknown" if why.startswith("unknown") else "-"
    return f"{number:,}"


def _ledger(lines: "list[Line]") -> None:
    if not lines:
        return
    output.heading("\nLedger")
    cells = [
        [
            line.path,
            " x ".join(map(str, line.shape)) or "1",
            f"x{line.times}" if line.times > 1 else "",
            f"{line.total:,}",
        ]
        for line in lines
    ]
    cells.append(["total", "", "", f"{sum(line.total for line in lines):,}"])
    output.table(("tensor", "shape", "layers", "parameters"), cells, right=("layers", "parameters"))


def diff(
    old: Annotated[str, typer.Argument(help="The model to start from.", metavar="A[:SIZE]")],
    new: Annotated[str, typer.Argument(help="The model to arrive at.", metavar="B[:SIZE]")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what changed from one model to another: in words, in parts, in parameters.

    Where only one size is named, or none, the other model's size of the same name is taken if it has one.

    Example: clados diff bert roberta
    """
    from clados.catalog.counts import model_of
    from clados.catalog.differences import compared

    (card, size), (other, its) = _pair(old, new)
    found = compared(model_of(card, size), model_of(other, its))
    assumed = {"old": card.assumed_for(size), "new": other.assumed_for(its)}
    if as_json:
        names = {"old": f"{card.id}:{size.name}", "new": f"{other.id}:{its.name}"}
        output.tell({**names, **found.as_dict(), "assumed": assumed})
        return
    output.heading(f"From {card.name} {size.name} to {other.name} {its.name}")
    sides = (card.id, other.id) if card.id != other.id else (f"{card.id}:{size.name}", f"{other.id}:{its.name}")
    output.lines(list(dict.fromkeys(each.words for each in found.changes)) or ["nothing: they are the same"])
    if found.changes:
        output.heading("\nIn parts")
        heads = ("part", *sides)
        rows = [[each.path, *(_said(side) for side in (each.old, each.new))] for each in found.changes]
        output.table(heads, rows, wrap=heads[1:])
    output.heading("\nIn parameters")
    cells = [[name, f"{a:,}", f"{b:,}", f"{b - a:+,}"] for name, (a, b) in found.parameters.items()]
    marked = [f"{side} (assumed)" if each.assumed else side for side, each in zip(sides, (size, its))]
    output.table(("", *marked, "difference"), cells, right=(*marked, "difference"))
    output.assumed([f"{side}: {line}" for side, lines in zip(sides, assumed.values()) for line in lines])


def _pair(old: str, new: str) -> "tuple[tuple[Card, Size], tuple[Card, Size]]":
    """Two models at sizes of one name, where the user leaves that open."""
    (card, size), (other, its) = named(old), named(new)
    if ":" not in new:
        its = next((each for each in other.sizes if each.name == size.name), its)
    elif ":" not in old:
        size = next((each for each in card.sizes if each.name == its.name), size)
    return (card, size), (other, its)


def _said(value: object) -> str:
    return "-" if value is None else str(value) if isinstance(value, str) else repr(value)

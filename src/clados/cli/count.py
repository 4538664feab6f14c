"""``clados count`` and ``clados diff``: a model's parameters, and what changed from one model to another."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clados.cli import output
from clados.cli.arguments import Json, SizedOrSaved, complete_from, complete_models, sized_or_saved
from clados.cli.draw import Pdf, Png, Svg, save_drawing, show_drawing
from clados.errors import InputError

if TYPE_CHECKING:
    from clados.catalog.counts import Counted, LedgerLine


_bases = complete_from(lambda: ("model", "body", "body+pooler", "non-embedding"))


class Detail(StrEnum):
    """How much of the ledger is printed."""

    FOLDED = "folded"
    FULL = "full"
    NONE = "none"


def count_command(
    model: Annotated[
        str | None,
        typer.Argument(
            help="A model or one of its sizes, or a directory that holds one; all models when none is named.",
            metavar="MODEL[:SIZE]|DIR",
            autocompletion=complete_models,
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every published size of the model, or of all.")] = False,
    basis: Annotated[
        str | None,
        typer.Option(help="What is counted: model, body, body+pooler or non-embedding.", autocompletion=_bases),
    ] = None,
    ledger: Annotated[
        Detail | None, typer.Option(help="The tensors: layers folded, in full, or none.", show_default="folded")
    ] = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Write the parameters as a treemap, in SVG.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Count parameters tensor by tensor and compare them with the published figures.

    Example: clados count bert:base
    """
    from clados.catalog import counts
    from clados.catalog.load import catalog

    if svg is not None and (everything or model is None):
        raise InputError("--svg draws one size: name it, as in bert:base")
    if everything and model is not None and ":" in model:
        raise InputError(f"--all counts every size, and '{model}' names one: leave one of them away")
    if everything or model is None:
        if ledger not in (None, Detail.NONE):
            raise InputError("--ledger is of one size: name it, as in bert:base")
        cards = catalog()
        chosen = {model: cards[model]} if model else cards
        rows = counts.every_count(chosen, basis)
        if as_json:
            output.print_json([row.as_dict() for row in rows])
        else:
            _table(rows)
        return
    given = sized_or_saved(model)
    named = counts.named_model(given)
    if svg is not None:
        from clados.drawing.treemap import treemap_figure

        save_drawing(treemap_figure(named.model, named.name), svg)
    if isinstance(given, str) and not given.endswith(".py"):
        card, size = counts.card_and_size(given)
        rows, title = counts.count_size(card, size, basis), f"{card.name} {size.name}"
    else:
        rows, title = [counts.count_named(named, basis or "model")], named.name
    lines = [] if ledger is Detail.NONE else counts.ledger(named.model, full=ledger is Detail.FULL)
    if as_json:
        head = {"id": rows[0].id, "size": rows[0].size, "assumed": named.assumed}
        output.print_json(
            {**head, "counts": [row.as_dict() for row in rows], "ledger": [asdict(line) for line in lines]}
        )
        return
    output.print_heading(title)
    _table(rows)
    _ledger(lines)
    output.print_assumed(named.assumed)


def _table(rows: "list[Counted]") -> None:
    heads = ("model", "size", "counts", "parameters", "non-embedding", "active", "published", "reference", "agreement")
    cells = [
        [row.id, row.size, row.basis, _figure(row.total, row.why) + " (assumed)" * bool(row.assumed),
         *(_figure(each, row.why) for each in (row.non_embedding, row.active)),
         *map(_figure, (row.published, row.exact)), row.why]
        for row in rows
    ]  # fmt: skip
    output.print_table(heads, cells, right=heads[3:8], wrap=("agreement",))
    if any(row.assumed for row in rows):
        print("(assumed): a part of the shape that is counted is published nowhere")


def _figure(number: int | None, why: str = "") -> str:
    if number is None:
        return "unknown" if why.startswith("unknown") else "-"
    return f"{number:,}"


def _ledger(lines: "list[LedgerLine]") -> None:
    if not lines:
        return
    output.print_heading("\nLedger")
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
    output.print_table(("tensor", "shape", "layers", "parameters"), cells, right=("layers", "parameters"))


def diff_command(
    old: SizedOrSaved,
    new: SizedOrSaved,
    svg: Svg = None,
    png: Png = None,
    pdf: Pdf = None,
    as_json: Json = False,
) -> None:
    """Compare two models: what differs in architecture, training and parameters; as a picture, box by box.

    Where only one size is named, the other model's size of the same name is taken if it has one.

    Example: clados diff bert roberta
    """
    from clados.catalog.differences import diff
    from clados.drawing.drawings import draw

    one, other = sized_or_saved(old), sized_or_saved(new)
    if svg or png or pdf:
        show_drawing(draw(one, against=other), svg, png, pdf, as_json=as_json)
        return
    found = diff(one, other)
    if as_json:
        output.print_json(found.as_dict())
    else:
        output.print_page(found.page())

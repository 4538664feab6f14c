"""`clados tree` and `clados timeline`: the survey's figures, drawn from the cards."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clados.cli import output
from clados.cli.output import note, table, tell
from clados.spec.errors import CladosError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from clados.catalog.card import Card
    from clados.drawing.svg import Figure


_WIDEST = 10_000  # columns of a file


class Axis(StrEnum):
    """What goes up: lanes of families, or the number of parameters."""

    FAMILY = "family"
    PARAMS = "params"


Svg = Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Write the drawing as SVG.")]
Json = Annotated[bool, typer.Option("--json", help="Print the data: nodes, edges, boxes.")]
Highlight = Annotated[list[str] | None, typer.Option(metavar="MODEL", help="Light this model; may be repeated.")]
Everything = Annotated[bool, typer.Option("--all", help="Also the models that are not among the survey's entries.")]
Against = Annotated[
    bool, typer.Option("--against-survey", help="List each edge that differs from the survey's figure, and why.")
]
SurveyLines = Annotated[bool, typer.Option("--survey-lines", help="Also the lines that only the survey's tree has.")]
Recent = Annotated[bool, typer.Option("--recent", help="The language models of early 2023.")]


def tree(
    svg: Svg = None,
    as_json: Json = False,
    highlight: Highlight = None,
    everything: Everything = False,
    against_survey: Against = False,
    survey_lines: SurveyLines = False,
) -> None:
    """Draw the family tree: who descends from whom, and what changed."""
    from clados import drawing
    from clados.catalog.load import catalog

    cards = catalog()
    shown = list(cards.values()) if everything else drawing.surveyed(cards.values())
    if against_survey:
        _departures(shown, as_json=as_json)
        return
    lit = {cards[name].id for name in highlight or ()}
    _show(
        lambda: drawing.family_tree(shown, lit, cards.values(), survey=survey_lines),
        lambda: drawing.terminal_tree(shown, lit, cards.values(), survey=survey_lines),
        svg,
        as_json=as_json,
    )


def architecture(
    model: Annotated[str, typer.Argument(help="A model, or MODEL:SIZE.")],
    svg: Svg = None,
    as_json: Json = False,
) -> None:
    """Draw a declared model: its parts in boxes, repeated layers folded, parameters on each."""
    from clados.catalog.assumed import concerning
    from clados.drawing import architecture as draw
    from clados.models.declared import declared

    name, _, size = model.partition(":")
    declaration = declared(name)
    part = declaration.at(size or None)
    assumed = concerning(declaration.assumed, [*declaration.sizes], size or declaration.headline)
    title = f"{model} (shape assumed)" if _shape_assumed(name, size or declaration.headline) else model
    _show(
        lambda: draw.architecture(part, title, assumed),
        lambda: draw.terminal_architecture(part, title, assumed),
        svg,
        as_json=as_json,
    )


def _shape_assumed(name: str, size: str) -> bool:
    """Whether a part of the shape of a card's size is published nowhere."""
    from clados.catalog.load import catalog

    cards = catalog()
    return name in cards and any(each.assumed for each in cards[name].sizes if each.name == size)


def timeline(
    y: Annotated[Axis, typer.Option("--y", help="What goes up.")] = Axis.FAMILY,
    recent: Recent = False,
    svg: Svg = None,
    as_json: Json = False,
    highlight: Highlight = None,
    everything: Everything = False,
) -> None:
    """Draw the models by date: in the lanes of their families, or by number of parameters."""
    from clados import drawing
    from clados.catalog.load import catalog

    cards = catalog()
    lit = {cards[name].id for name in highlight or ()}
    if recent:
        _show(
            lambda: drawing.recent(cards, y.value, lit),
            lambda: drawing.terminal_recent(cards, y.value),
            svg,
            as_json=as_json,
        )
        return
    shown = list(cards.values()) if everything else drawing.surveyed(cards.values())
    _show(
        lambda: drawing.timeline(shown, y.value, lit),
        lambda: drawing.terminal_timeline(shown, y.value),
        svg,
        as_json=as_json,
    )


def _show(
    figure: "Callable[[], Figure]", terminal: "Callable[[], RenderableType]", svg: Path | None, *, as_json: bool
) -> None:
    """Writes the drawing, prints its data, or prints the terminal's version, as asked."""
    if svg is None and not as_json:
        _print(terminal())
        return
    drawn = figure()
    if svg is not None:
        try:
            drawn.save(svg)
        except OSError as error:
            raise CladosError(f"cannot write {svg}: {error.strerror}") from error
        note(f"wrote {svg}")
    if as_json:
        tell(drawn.data)


def _departures(cards: "Iterable[Card]", *, as_json: bool) -> None:
    from clados.drawing.records import of_cards
    from clados.drawing.survey import departures, recent_departures

    nodes = of_cards(cards)
    found = [*departures(nodes), *recent_departures(nodes)]
    if as_json:
        tell([each.json() for each in found])
        return
    rows = [
        (
            each.child,
            str(each.figure),
            ", ".join(sorted(each.survey)),
            ", ".join(sorted(each.ours)),
            each.reason or "no reason given",
            each.source,
        )
        for each in found
    ]
    table(("model", "figure", "only the survey", "only ours", "why", "source"), rows, wrap=("why", "source"))


def _print(what: "RenderableType") -> None:
    from rich.console import Console
    from rich.measure import Measurement

    console = Console(width=output.width() or 1)
    if output.width() is None:  # in a file or a pager, lines are as long as they get
        wide = console.options.update(width=_WIDEST)
        console.width = Measurement.get(console, wide, what).maximum
    console.print(what)

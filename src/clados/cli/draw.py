"""`clados tree` and `clados timeline`: the survey's figures, drawn from the cards."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clados.cli import output
from clados.cli.arguments import SizedOrSaved, complete_models, sized_or_saved
from clados.cli.output import print_json, print_note, print_table
from clados.errors import InputError
from clados.spec.errors import CladosError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from clados.drawing.drawings import Drawing
    from clados.drawing.svg import Figure


_WIDEST = 10_000  # columns of a file


class Axis(StrEnum):
    """What goes up: lanes of families, parameters or FLOPs of training; or parameters over training tokens."""

    FAMILY = "family"
    PARAMS = "params"
    TOKENS = "tokens"
    FLOPS = "flops"


class Towards(StrEnum):
    """Where data flow to in the drawing of a model."""

    UP = "up"
    RIGHT = "right"


Svg = Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Write the drawing as SVG.")]
Png = Annotated[Path | None, typer.Option("--png", metavar="FILE", help="Write the drawing in pixels, by resvg-py.")]
Pdf = Annotated[Path | None, typer.Option("--pdf", metavar="FILE", help="Write the drawing as PDF, by typst.")]
_Json = Annotated[bool, typer.Option("--json", help="Print the data: nodes, edges, boxes.")]
Highlight = Annotated[
    list[str] | None,
    typer.Option(metavar="MODEL", help="Highlight this model; repeat for more.", autocompletion=complete_models),
]
Everything = Annotated[bool, typer.Option("--all", help="Also the models that are not among the survey's entries.")]
Against = Annotated[
    bool, typer.Option("--against-survey", help="List each edge that differs from the survey's figure, and why.")
]
SurveyLines = Annotated[bool, typer.Option("--survey-lines", help="Also the lines that only the survey's tree has.")]
_Recent = Annotated[bool, typer.Option("--recent", help="The language models of early 2023.")]


def tree_command(
    svg: Svg = None,
    png: Png = None,
    pdf: Pdf = None,
    as_json: _Json = False,
    highlight: Highlight = None,
    everything: Everything = False,
    against_survey: Against = False,
    survey_lines: SurveyLines = False,
) -> None:
    """Draw the family tree: who descends from whom, and what changed.

    Example: clados tree --highlight bert --svg tree.svg
    """
    from clados.drawing.drawings import tree

    if against_survey:
        _departures(everything=everything, as_json=as_json)
    else:
        drawing = tree(highlight or (), everything=everything, survey_lines=survey_lines)
        show_drawing(drawing, svg, png, pdf, as_json=as_json)


def draw_command(
    model: SizedOrSaved,
    attention: Annotated[
        str | None, typer.Option(metavar="LAYER", help="Draw who sees whom in this layer: stack.blocks.3.")
    ] = None,
    length: Annotated[int | None, typer.Option(help="Positions of that drawing.", show_default="48")] = None,
    direction: Annotated[Towards, typer.Option(help="Where data flow to in the drawing.")] = Towards.UP,
    opened: Annotated[
        list[str] | None,
        typer.Option("--open", metavar="FOLD", help="Draw layer by layer: all, stack.blocks; whole: stack.blocks.3."),
    ] = None,
    svg: Svg = None,
    png: Png = None,
    pdf: Pdf = None,
    as_json: _Json = False,
) -> None:
    """Draw a declared model as its data flow: norms, residual paths, attention, shapes; parameters on every box.

    Example: clados draw t5:small
    """
    from clados.drawing.drawings import draw

    if opened and not (svg or png or pdf or as_json):
        raise InputError(
            f"--open {opened[0]}: it opens folds of a drawing; name one with --svg, --png, --pdf or --json"
        )
    drawing = draw(
        sized_or_saved(model), attention=attention, length=length, direction=direction.value, opened=opened or ()
    )
    show_drawing(drawing, svg, png, pdf, as_json=as_json)


def timeline_command(
    y: Annotated[Axis, typer.Option("--y", help="What goes up.")] = Axis.FAMILY,
    recent: _Recent = False,
    svg: Svg = None,
    png: Png = None,
    pdf: Pdf = None,
    as_json: _Json = False,
    highlight: Highlight = None,
    everything: Everything = False,
) -> None:
    """Draw the models by date: by family, parameters or training compute; with --y tokens parameters over tokens.

    Example: clados timeline --y params
    """
    from clados.drawing.drawings import timeline

    drawing = timeline(y.value, highlight or (), recent=recent, everything=everything)
    show_drawing(drawing, svg, png, pdf, as_json=as_json)


def poster_command(
    pdf: Pdf = None,
    svg: Svg = None,
    png: Png = None,
    survey: Annotated[bool, typer.Option("--survey", help="Only the survey's own models.")] = False,
    as_json: _Json = False,
) -> None:
    """Draw the whole family tree with the key facts of every model, for a sheet of A1.

    Example: clados poster --pdf poster.pdf
    """
    from clados.drawing.drawings import poster

    show_drawing(poster(everything=not survey), svg, png, pdf, as_json=as_json)


def save_drawing(
    drawing: "Drawing | Figure", svg: Path | None, png: Path | None = None, pdf: Path | None = None
) -> bool:
    """Write a drawing to each file that is named, and say so; False: none is.

    Raises:
        InputError: for a file whose ending is that of another format.
        CladosError: when a file cannot be written.
    """
    named = (("svg", drawing.save, svg), ("png", drawing.save_png, png), ("pdf", drawing.save_pdf, pdf))
    wanted = [(kind, save, file) for kind, save, file in named if file is not None]
    for kind, _, file in wanted:
        if file.suffix.lower() not in ("", f".{kind}"):
            raise InputError(f"--{kind} is {file}; it writes {kind.upper()}, so the file has to end in .{kind}")
    for _, save, file in wanted:
        try:
            save(file)
        except OSError as error:
            raise CladosError(f"cannot write {file}: {error.strerror}") from error
        print_note(f"wrote {file}")
    return bool(wanted)


def show_drawing(
    drawing: "Drawing", svg: Path | None, png: Path | None = None, pdf: Path | None = None, *, as_json: bool
) -> None:
    """Write the drawing to the files that are named, print its data as JSON, or print the terminal's version."""
    saved = save_drawing(drawing, svg, png, pdf)
    if as_json:
        print_json(drawing.data)
    elif not saved:
        _print(drawing.__rich__())


def _departures(*, everything: bool, as_json: bool) -> None:
    from clados.catalog.load import catalog
    from clados.drawing import surveyed
    from clados.drawing.records import of_cards
    from clados.drawing.survey import departures, recent_departures

    cards = catalog().values()
    nodes = of_cards(cards if everything else surveyed(cards))
    found = [*departures(nodes), *recent_departures(nodes)]
    if as_json:
        print_json([each.json() for each in found])
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
    print_table(("model", "figure", "only the survey", "only ours", "why", "source"), rows, wrap=("why", "source"))


def _print(what: "RenderableType") -> None:
    from rich.console import Console
    from rich.measure import Measurement

    console = Console(width=output.terminal_width() or 1)
    if output.terminal_width() is None:  # in a file or a pager, lines are as long as they get
        wide = console.options.update(width=_WIDEST)
        console.width = Measurement.get(console, wide, what).maximum
    console.print(what)

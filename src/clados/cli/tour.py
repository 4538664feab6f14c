"""`clados tour`: three models from card to trained small model, and a report of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clados.cli.output import print_heading, print_json, print_lines, print_note, print_table

if TYPE_CHECKING:
    from clados.tour.stops import Stop


def tour_command(
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder for the models and report.html.")] = Path(
        "runs/tour"
    ),
    minutes: Annotated[
        float, typer.Option(min=0.01, help="Minutes of training, for all three together; more where a machine is slow.")
    ] = 3.5,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Train BERT, GPT-2 and T5 small, each with its own objective on the embedded text, and write a report.

    Example: clados tour --minutes 7
    """
    from clados.catalog.counts import card_and_size
    from clados.catalog.load import card
    from clados.catalog.sizes import model_of
    from clados.files import write_text
    from clados.spec import count_parameters
    from clados.tour.report import report
    from clados.tour.stops import check_folder, stop, stops
    from clados.train.log import Bar

    done: dict[str, Stop] = {}
    for name in stops(minutes):
        check_folder(out / name)
    for name, choices in stops(minutes).items():
        if not as_json:
            known, model = card(name), model_of(*card_and_size(name))
            total = count_parameters(model).total
            print_heading(f"{known.name} · {type(model).__name__} · {total:,} parameters as published")
            print_lines([str(known.values["extension"])])
        done[name] = stop(choices, out / name, Bar)
        if not as_json:
            _show(done[name])
            _warn(name, done[name], minutes)
    page = out / "report.html"
    write_text(page, report(done))
    if as_json:
        print_json({"report": str(page), "models": [each.json() for each in done.values()]})
    print_note(f"wrote {page}")


def _warn(name: str, stop: "Stop", minutes: float) -> None:
    if not stop.clear:
        few = f"{name} has learned little in {stop.plan.run.steps:,} steps"
        print_note(f"{few}; clados tour --minutes {2 * minutes:g} trains longer")


def _show(stop: "Stop") -> None:
    """What one model came to."""
    figures = stop.json()
    print_table(
        ("parameters", "steps", "start", "unigram", "bigram", "end", "under the unigram", str(stop.measure.name)),
        [
            (
                f"{figures['parameters']:,}",
                f"{figures['steps']:,}",
                *(f"{figures[name]:.3f}" for name in ("start", "unigram", "bigram", "end", "under_unigram")),
                f"{stop.measure.value:.3f} ({stop.measure.beside} {stop.measure.trivial:.3f})",
            )
        ],
    )
    print_lines([f"{each.given}  ->  {said}" for each, said in zip(stop.samples, stop.said)])
    print()

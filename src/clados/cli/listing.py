"""``clados list``: one option for each attribute, made from the schema."""

import inspect
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from clados.catalog.card import Card
from clados.catalog.load import catalog
from clados.catalog.query import search
from clados.catalog.schema import ATTRIBUTES, Attribute
from clados.catalog.texts import attribute_text
from clados.cli import output
from clados.cli.arguments import complete_from, complete_models, complete_values
from clados.errors import InputError

_EXAMPLES = {
    "params": "as in 100M..1B, ..1B, 7B",
    "vocab": "as in 30k..50k",
    "date": "as in 2019 or 2019..2021-06",
    "license": "as in open, MIT, Apache*",
}
_WIDTHS = {"name": 22, "family": 14, "architecture": 16, "license": 22, "lab": 24}
_WORDS = {
    "text": "Words anywhere in the card.",
    "since": "Published in or after, as in 2019 or 2019-07.",
    "until": "Published in or before.",
    "kind": "Kind of evidence for the filtered values: reported, computed, ...",
}
_FLAGS = {"survey": "Only the survey's own 77, or all models.", "runnable": "Only those declared."}
_PANEL: dict[str, Any] = {"rich_help_panel": "Filters", "show_default": False}
_COLUMNS = ("family", "architecture", "date", "params", "license", "lab")


def list_command(pattern: str | None, sort: str, limit: int | None, json: bool, csv: bool, **wanted: Any) -> None:
    """List models, with a filter for every attribute.

    A filter is a name in any case (BERT) or a wildcard ('gpt*').
    'a,b' is either, '!a' is not a, 'unknown' is no known value.
    Figures and dates take ranges: 100M..1B, ..1B, 2019..2021-06.
    Filters given together must all hold.

    Example: clados list --arch encoder-decoder --params ..1B --license open --since 2019
    """
    if json and csv:
        raise InputError("--json and --csv are two forms of one list: give one of them")
    filters = {name: value for name, value in wanted.items() if value is not False}
    filters["name"] = [*(filters["name"] or ()), *([pattern] if pattern else ())]
    everything = catalog().values()
    found = search(everything, filters, sort=sort)
    shown = found.cards[:limit]
    if json:
        output.print_json([card.as_row() for card in shown])
    elif csv:
        from clados.catalog.export import csv_text

        print(csv_text([card.as_row() for card in shown]), end="")
    elif shown:
        _print(shown)
    if found.emptied:
        output.print_note(f"no models: {found.emptied}")
    elif not json and not csv:
        theirs = [card for card in everything if card.survey]
        runs = f"; {sum(card.runnable for card in theirs)} of the survey's {len(theirs)} run" if theirs else ""
        match = f"{len(found.cards)} that match, of " if len(shown) < len(found.cards) < len(everything) else ""
        output.print_note(f"{len(shown)} of {match}{len(everything)} models{runs}")


def _print(cards: list[Card]) -> None:
    heads = ("id", "name", "family", "architecture", "date", "params", "license", "lab", "survey", "runnable")
    rows = [
        [
            card.id,
            card.name,
            *(attribute_text(card, name) for name in _COLUMNS),
            card.survey or "-",
            "yes" if card.runnable else "-",
        ]
        for card in cards
    ]
    output.print_listing(heads, rows, first=("id", *_COLUMNS[:5], "runnable", "lab", "survey"), widths=_WIDTHS)


def _filter(attribute: Attribute) -> inspect.Parameter:
    """The option of an attribute; it may be given several times."""
    allowed = f": {', '.join(attribute.allowed)}" if attribute.allowed else ""
    example = f", {_EXAMPLES[attribute.name]}" if attribute.name in _EXAMPLES else ""
    text = f"{attribute.meaning}{allowed}{example}."
    option = typer.Option(
        *attribute.flags, help=text, metavar="FILTER", autocompletion=complete_values(attribute.name), **_PANEL
    )
    return _parameter(attribute.name, Annotated[list[str] | None, option], None)


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _flag(name: str, option: Any) -> inspect.Parameter:
    return _parameter(name, Annotated[bool, option], default=False)


def _parameters() -> Iterator[inspect.Parameter]:
    pattern = typer.Argument(
        help="A name or wildcard, as in 'gpt*'.", show_default=False, autocompletion=complete_models
    )
    yield _parameter("pattern", Annotated[str | None, pattern], None)
    yield from map(_filter, ATTRIBUTES.values())
    name = typer.Option(
        "--name", "--id", help="Its id or name.", metavar="FILTER", autocompletion=complete_models, **_PANEL
    )
    yield _parameter("name", Annotated[list[str] | None, name], None)
    for word, text in _WORDS.items():
        yield _parameter(word, Annotated[str | None, typer.Option(f"--{word}", help=text, **_PANEL)], None)
    for word, text in _FLAGS.items():
        yield _flag(word, typer.Option("--survey/--all" if word == "survey" else f"--{word}", help=text, **_PANEL))
    order = typer.Option(
        "--sort",
        help="Order by an attribute, as in date; '-date' for the reverse. Unknown comes last.",
        autocompletion=complete_from(lambda: ("name", "id", "survey", *ATTRIBUTES)),
    )
    yield _parameter("sort", Annotated[str, order], "name")
    most = typer.Option("--limit", min=0, help="The number of models at most.", show_default=False)
    yield _parameter("limit", Annotated[int | None, most], None)
    for word in ("json", "csv"):
        yield _flag(word, typer.Option(f"--{word}", help=f"Print {word.upper()}."))


# Typer reads the signature, which is made from the schema's attributes.
list_command.__dict__["__signature__"] = inspect.Signature([*_parameters()])

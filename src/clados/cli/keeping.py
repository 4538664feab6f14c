"""``clados schema``, ``export``, ``check`` and ``new``: the catalogue as something to keep and to add to."""

from pathlib import Path
from typing import Annotated

import typer

from clados.catalog.load import card_files, catalog, every_file, own_folders
from clados.cli import output
from clados.cli.arguments import Json, complete_from, complete_models
from clados.errors import InputError
from clados.tables import escape_controls


def schema_command(json: Annotated[bool, typer.Option("--json", help="Print JSON Schema.")] = False) -> None:
    """Explain the attributes of a card: meaning, type, allowed values; and the kinds of a value.

    Example: clados schema --json > card.schema.json
    """
    from clados.catalog.schema import ATTRIBUTES, ERRATUM_KINDS, LINEAGE_KINDS, TYPES, VALUE_KINDS, json_schema

    if json:
        output.print_json(json_schema())
        return
    rows = [
        [
            each.name,
            each.meaning,
            TYPES[each.type],
            ", ".join(each.allowed) or "-",
            "survey" if each.survey else "Clados",
            " ".join(each.flags),
        ]
        for each in ATTRIBUTES.values()
    ]
    output.print_table(("attribute", "meaning", "type", "allowed", "asked by", "option of list"), rows)
    kinds = {"a value": VALUE_KINDS, "descent": LINEAGE_KINDS, "an erratum": ERRATUM_KINDS}
    for title, facts in kinds.items():
        output.print_heading(f"\nKinds of {title}")
        output.print_facts(facts)


def export_command(
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="csv, json, markdown, parquet or sqlite.",
            show_default="as the file is named, else json",
            autocompletion=complete_from(lambda: ("csv", "json", "markdown", "parquet", "sqlite")),
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The file to write.", show_default=False)] = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Write the whole catalogue in another form; CSV, JSON and Markdown go to the output unless a file is named.

    Example: clados export --out catalogue.md
    """
    from clados.catalog.export import export

    if json and form not in (None, "json"):
        raise InputError(f"--json and --format {form} are two forms: give one of them")
    cards = [*catalog().values()]
    done = export(out, form="json" if json else form, cards=cards)
    if isinstance(done, str):
        print(done, end="")
    else:
        output.print_note(f"{done}: {len(cards)} models")


def check_command(
    target: Annotated[
        str | None,
        typer.Argument(
            help="A card's file, a folder of cards, or a model.", show_default="all", autocompletion=complete_models
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Validate cards: every attribute there, sourced, of its type; sizes, lineage, ids. Names file, line and field.

    Example: clados check my-cards/
    """
    from clados.catalog.check import check

    where = None if target is None else Path(target)
    if target is not None and not Path(target).exists() and Path(target).suffix != ".toml" and "/" not in target:
        where = catalog()[target].path
    everything = every_file()
    problems = check(where, everything)
    if json:
        keys = ("line", "field", "message")
        output.print_json([{"path": str(each.path), **{key: getattr(each, key) for key in keys}} for each in problems])
    else:
        for each in problems:
            print(escape_controls(str(each)))
    count = len(everything) if where is None else len(card_files(where)) if where.is_dir() else 1
    output.print_note(f"{count} card{'s' * (count != 1)}, {len(problems) or 'no'} fault{'s' * (len(problems) != 1)}")
    return 2 if problems else 0


def new_command(
    name: Annotated[str, typer.Argument(help="The id of the new model.", metavar="ID")],
    like: Annotated[
        str,
        typer.Option(
            "--like", help="The model that it is a child of.", metavar="MODEL", autocompletion=complete_models
        ),
    ],
    folder: Annotated[
        Path | None,
        typer.Option("--dir", help="The folder to write to.", show_default="your first folder of cards, else here"),
    ] = None,
    json: Json = False,
) -> None:
    """Start a model of your own: write its card and its declaration, to be filled in.

    The declaration is Python: commands that are given its folder (--cards, CLADOS_PATH) run it when they need the
    model. So name only folders that you would run programs from.

    Example: clados new my-model --like bert --dir my-cards
    """
    from clados.catalog.new import new

    where = folder or next(iter(own_folders()), Path())
    cards = catalog()
    paths = new(name, like, cards, where)
    if json:
        output.print_json([str(path) for path in paths])
        return
    for path in paths:
        print(escape_controls(str(path)))
    if not cards[like].runnable:
        output.print_note(f"{cards[like].id} is not declared yet, so there is nothing to declare a child from")
    output.print_note(f"next: fill in what 'clados --cards {where} check {paths[0]}' names")

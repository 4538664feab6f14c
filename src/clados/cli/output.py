"""How results are printed: tables that fit the terminal and are whole in a pipe, JSON, notes on stderr."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from clados.tables import CONTROLS, Line, Page, Shown, TextTable, escape_controls, indented, named_lines, wrapped

Cells = Sequence[str]


def print_json(data: Any) -> None:
    """Print data as JSON."""
    import json

    text = json.dumps(data, indent=2, ensure_ascii=False)
    print(CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def print_note(text: str) -> None:
    """Print a note on stderr."""
    print(escape_controls(text), file=sys.stderr)


def for_terminal(text: str) -> str:
    """A text that a model wrote: on a terminal without control characters, elsewhere as it is."""
    return escape_controls(text) if sys.stdout.isatty() else text


def print_page(of: Page) -> None:
    """Print a page."""
    _print(of.lines(terminal_width()))


def print_shown(thing: Shown) -> None:
    """Print what shows itself: through Rich on a terminal, as its page in a pipe."""
    if terminal_width() is None:
        print_page(thing.page())
        return
    from rich.console import Console

    Console(highlight=False).print(thing)


def print_heading(text: str) -> None:
    """Print a heading; line breaks before it are kept."""
    bare = text.lstrip("\n")
    _print(
        [*[Line("")] * (len(text) - len(bare)), *(Line(each, heading=True) for each in wrapped(bare, terminal_width()))]
    )


def print_lines(rows: Sequence[str]) -> None:
    """Print lines, indented."""
    for row in rows:
        _print(indented(row, terminal_width()))


def print_assumed(rows: Sequence[str]) -> None:
    """Print what a declaration assumes, if anything."""
    if rows:
        print_heading("\nAssumed, or otherwise than published")
        print_lines(rows)


def print_table(heads: Cells, rows: Sequence[Cells], *, right: Sequence[str] = (), wrap: Sequence[str] = ()) -> None:
    """Print a table; the arguments are those of `clados.tables.Table`."""
    _print(TextTable(heads, rows, right, wrap).lines(terminal_width()))


def print_listing(heads: Cells, rows: Sequence[Cells], *, first: Sequence[str], widths: Mapping[str, int]) -> None:
    """Print a table of one line a row, without the columns that do not fit.

    Args:
        heads: the columns' names.
        rows: the cells.
        first: the columns that matter most, in this order, where the terminal is too narrow for all.
        widths: how wide a column may get on a terminal.
    """
    _print(TextTable(heads, rows, keep=first, widths=widths).lines(terminal_width()))


def print_facts(rows: Mapping[str, str]) -> None:
    """Print names and what they stand for."""
    _print(named_lines(rows, terminal_width()))


def terminal_width() -> int | None:
    """The columns of the terminal; None where the output is none."""
    if not sys.stdout.isatty():
        return None
    import shutil

    return shutil.get_terminal_size().columns


def _print(rows: Iterable[Line]) -> None:
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        print("".join(f"{line.text}\n" for line in rows), end="")
        return
    import typer

    for line in rows:
        name = typer.style(line.name, bold=True) if line.heading else typer.style(line.name, fg="cyan")
        rest = typer.style(line.rest, bold=True) if line.heading else line.rest
        print((name if line.name else "") + (rest if line.rest else ""))

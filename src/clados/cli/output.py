"""How results are printed: tables that fit the terminal and are whole in a pipe, JSON, notes on stderr."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from clados.tables import CONTROLS, Line, Page, Table, columns, indented, plain, wrapped

Row = Sequence[str]


def tell(data: Any) -> None:
    """Print data as JSON."""
    import json

    text = json.dumps(data, indent=2, ensure_ascii=False)
    print(CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def note(text: str) -> None:
    """Say something beside the result, on stderr."""
    print(plain(text), file=sys.stderr)


def shown(text: str) -> str:
    """A text that a model wrote: on a terminal without control characters, elsewhere as it is."""
    return plain(text) if sys.stdout.isatty() else text


def page(shown: Page) -> None:
    """Print a page."""
    _print(shown.lines(width()))


def heading(text: str) -> None:
    """Print a heading; line breaks before it are kept."""
    bare = text.lstrip("\n")
    _print([*[Line("")] * (len(text) - len(bare)), *(Line(each, heading=True) for each in wrapped(bare, width()))])


def lines(rows: Sequence[str]) -> None:
    """Print lines, indented."""
    for row in rows:
        _print(indented(row, width()))


def assumed(rows: Sequence[str]) -> None:
    """Print what a declaration assumes, if anything."""
    if rows:
        heading("\nAssumed, as no source says it")
        lines(rows)


def table(heads: Row, rows: Sequence[Row], *, right: Sequence[str] = (), wrap: Sequence[str] = ()) -> None:
    """Print a table; the arguments are those of `clados.tables.Table`."""
    _print(Table(heads, rows, right, wrap).lines(width()))


def listing(heads: Row, rows: Sequence[Row], *, first: Sequence[str], widths: Mapping[str, int]) -> None:
    """Print a table of one line a row, without the columns that do not fit.

    Args:
        heads: the columns' names.
        rows: the cells.
        first: the columns that matter most, in this order, where the terminal is too narrow for all.
        widths: how wide a column may get on a terminal.
    """
    _print(Table(heads, rows, keep=first, widths=widths).lines(width()))


def facts(rows: Mapping[str, str]) -> None:
    """Print names and what they stand for."""
    wide = max(map(columns, rows), default=0)
    for name, text in rows.items():
        label = f"  {name}{' ' * (wide - columns(name))}  "
        room = width() and max(1, (width() or 0) - len(label))
        for i, line in enumerate(wrapped(text, room)):
            _print([Line(" " * len(label) if i else label, line)], coloured=False)


def width() -> int | None:
    """The columns of the terminal; None where the output is none."""
    if not sys.stdout.isatty():
        return None
    import shutil

    return shutil.get_terminal_size().columns


def _print(shown: Iterable[Line], *, coloured: bool = True) -> None:
    if not coloured or not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        print("".join(f"{line.text}\n" for line in shown), end="")
        return
    import typer

    for line in shown:
        name = typer.style(line.name, bold=True) if line.heading else typer.style(line.name, fg="cyan")
        rest = typer.style(line.rest, bold=True) if line.heading else line.rest
        print((name if line.name else "") + (rest if line.rest else ""))

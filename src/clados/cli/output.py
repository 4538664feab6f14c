"""How results are printed: tables (Rich on a terminal, plain in a pipe), JSON, notes on stderr."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

Row = Sequence[str]


def tell(data: Any) -> None:
    """Print data as JSON."""
    import json

    print(json.dumps(data, indent=2, ensure_ascii=False))


def note(text: str) -> None:
    """Say something beside the result, on stderr."""
    print(text, file=sys.stderr)


def heading(text: str) -> None:
    """Print a heading."""
    if sys.stdout.isatty():
        from rich.text import Text

        _console().print(Text(text, style="bold"))
    else:
        print(text)


def lines(rows: Sequence[str]) -> None:
    """Print lines, indented."""
    for row in rows:
        if sys.stdout.isatty():
            from rich.padding import Padding
            from rich.text import Text

            _console().print(Padding(Text(row), (0, 0, 0, 2)))
        else:
            print(f"  {row}")


def table(heads: Row, rows: Sequence[Row], *, right: Sequence[str] = (), wrap: Sequence[str] = ()) -> None:
    """Print a table whose long cells break into several lines on a terminal.

    Args:
        heads: the columns' names.
        rows: the cells.
        right: columns set flush right.
        wrap: columns that may break (none: all but the first).
    """
    if sys.stdout.isatty():
        _rich(heads, rows, right, wrap or heads[1:])
    else:
        print("\n".join(_aligned(heads, rows, right)))


def listing(heads: Row, rows: Sequence[Row], *, first: Sequence[str], widths: Mapping[str, int]) -> None:
    """Print a table of one line a row; on a terminal it is cut to fit, without loading Rich.

    Args:
        heads: the columns' names.
        rows: the cells.
        first: the columns that matter most, in this order, where the terminal is too narrow for all.
        widths: how wide a column may get on a terminal.
    """
    if not sys.stdout.isatty():
        print("\n".join(_aligned(heads, rows)))
        return
    import shutil

    import typer

    columns = shutil.get_terminal_size().columns
    cut = [[_cut(cell, widths.get(head, columns)) for head, cell in zip(heads, row)] for row in rows]
    left, fitting = columns + 2, []
    for head in dict.fromkeys((*first, *heads)):
        i = heads.index(head)
        width = 2 + max(len(row[i]) for row in [heads, *cut])
        if width <= left:
            left -= width
            fitting.append(i)
    kept = sorted(fitting)
    top, *rest = _aligned([heads[i] for i in kept], [[row[i] for i in kept] for row in cut])
    typer.echo(top if os.environ.get("NO_COLOR") else typer.style(top, bold=True))
    typer.echo("\n".join(rest))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def facts(rows: Mapping[str, str]) -> None:
    """Print names and what they stand for."""
    width = max(map(len, rows), default=0)
    for name, text in rows.items():
        print(f"  {name:{width}}  {text}")


def _aligned(heads: Row, rows: Sequence[Row], right: Sequence[str] = ()) -> list[str]:
    """The lines of a plain table."""
    flat = [[" ".join(cell.split()) for cell in row] for row in [heads, *rows]]
    widths = [max(len(row[i]) for row in flat) for i in range(len(heads))]
    sides = ["rjust" if head in right else "ljust" for head in heads]
    return ["  ".join(getattr(c, s)(w) for c, s, w in zip(row, sides, widths)).rstrip() for row in flat]


def _console() -> Any:
    from rich.console import Console

    return Console(highlight=False, emoji=False, markup=False)


def _rich(heads: Row, rows: Sequence[Row], right: Sequence[str], wrap: Sequence[str]) -> None:
    from rich import box
    from rich.table import Table

    grid = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, collapse_padding=True)
    for i, head in enumerate(heads):
        grid.add_column(
            head,
            justify="right" if head in right else "left",
            no_wrap=head not in wrap,
            overflow="fold",
            style="cyan" if i == 0 else None,
        )
    for row in rows:
        grid.add_row(*row)
    _console().print(grid)

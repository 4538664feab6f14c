"""Pages of headings, tables and lines, laid out for a terminal of any width, for a file or for a notebook.

Whatever the width, no number is cut: texts break between words or next to a number, names are shortened with an
ellipsis, and a table that does not fit is printed one row below another, or without its least important columns.
"""

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

NUMBER = re.compile(r"[+-]?\d(?:[\d,.]*\d)?(?:e[+-]?\d+)?[KMBT%]?")
CONTROLS = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f]")  # all control characters but line feed and tab
GAP = 2  # blanks between columns
TEXT, NAME = 16, 12  # columns that a column of texts, and one of names, keeps where there is little room


class Line(NamedTuple):
    """A line of a page: its name in front (the first column), the rest, and whether it is a heading."""

    name: str
    rest: str = ""
    heading: bool = False

    @property
    def text(self) -> str:
        """The whole line."""
        return f"{self.name}{self.rest}".rstrip()


@dataclass(frozen=True)
class TextTable:
    """Rows under heads.

    Attributes:
        heads: the columns' names.
        rows: the cells.
        right: columns of numbers, set flush right and never shortened.
        wrap: columns whose texts may break into several lines; none: all but the first.
        keep: columns by importance. Where they are given, those that do not fit are left out, the last ones first, and
            a row stays one line.
        widths: how wide a column may get where the width is limited.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[str] = ()
    wrap: Sequence[str] = ()
    keep: Sequence[str] = ()
    widths: Mapping[str, int] = field(default_factory=dict)

    def lines(self, width: int | None = None) -> Iterator[Line]:
        """The table, at most ``width`` columns wide; None: as wide as it gets, a row a line."""
        rows = [[escape_controls(" ".join(cell.split())) for cell in row] for row in [self.heads, *self.rows]]
        if width is not None:
            caps = [self.widths.get(head, width) if self.keep else None for head in self.heads]
            rows = [[cell if cap is None else shortened(cell, cap) for cell, cap in zip(row, caps)] for row in rows]
        natural = [max(columns(row[i]) for row in rows) for i in range(len(self.heads))]
        shown = [*range(len(self.heads))]
        if width is not None and sum(natural) + GAP * (len(natural) - 1) > width:
            if self.keep:
                shown = self._fitting(natural, width)
            elif fitted := self._fitted(natural, rows, width):
                natural = fitted
            else:
                yield from self._stacked(rows[1:], width)
                return
        yield from self._laid([[row[i] for i in shown] for row in rows], shown, [natural[i] for i in shown])

    def _fitting(self, natural: Sequence[int], width: int) -> list[int]:
        """The columns for which there is room."""
        left, found = width + GAP, list[int]()
        for head in dict.fromkeys((*self.keep, *self.heads)):
            i = self.heads.index(head)
            if natural[i] + GAP <= left or not found:
                left -= natural[i] + GAP
                found.append(i)
        return sorted(found)

    def _fitted(self, natural: Sequence[int], rows: Sequence[Sequence[str]], width: int) -> list[int] | None:
        """Widths at which the columns stand side by side; None where that takes more room than there is."""
        floors = [self._floor(i, full, [row[i] for row in rows]) for i, full in enumerate(natural)]
        room = width - GAP * (len(natural) - 1)
        if sum(floors) > room:
            return None
        levels = (
            [max(floor, min(full, level)) for floor, full in zip(floors, natural)] for level in range(room, 0, -1)
        )
        return next((found for found in levels if sum(found) <= room), floors)

    def _floor(self, i: int, full: int, cells: Sequence[str]) -> int:
        """How narrow a column may get."""
        head = self.heads[i]
        if head in self.right:
            return full
        numbers = max((columns(number) for cell in cells for number in NUMBER.findall(cell)), default=0)
        return min(full, max(TEXT if self._wraps(head) else NAME, columns(head), numbers))

    def _wraps(self, head: str) -> bool:
        return head in (self.wrap or self.heads[1:]) and head not in self.right

    def _laid(self, rows: Sequence[Sequence[str]], shown: Sequence[int], widths: Sequence[int]) -> Iterator[Line]:
        heads = [self.heads[i] for i in shown]
        for number, row in enumerate(rows):
            cells = [
                wrapped(cell, width) if self._wraps(head) and number else [shortened(cell, width)]
                for head, cell, width in zip(heads, row, widths)
            ]
            for i in range(max(map(len, cells))):
                line = [
                    _padded(cell[i] if i < len(cell) else "", width, right=head in self.right)
                    for head, cell, width in zip(heads, cells, widths)
                ]
                rest = "".join(" " * GAP + cell for cell in line[1:])
                yield Line(line[0] if rest.strip() else line[0].rstrip(), rest.rstrip(), heading=number == 0)

    def _stacked(self, rows: Sequence[Sequence[str]], width: int) -> Iterator[Line]:
        """Each row as a name, and below it a line for every other cell that is not empty."""
        label = min(max(map(columns, self.heads[1:]), default=0), max(NAME, width // 3))
        room = max(1, width - label - 2 * GAP)
        for name, *cells in rows:
            yield from (Line(each) for each in wrapped(name, width))
            for head, cell in zip(self.heads[1:], cells):
                texts = wrapped(cell, room) if cell else []
                front = [_padded("" if i else shortened(head, label), label) for i in range(len(texts))]
                if any(columns(text) > room for text in texts):  # a number that needs a line of its own
                    texts, front = ["", *wrapped(cell, width - GAP)], [shortened(head, width - GAP)]
                for i, text in enumerate(texts):
                    cells = [front[i], text] if i < len(front) else [text]
                    yield Line("", " " * GAP + (" " * GAP).join(cells).rstrip())


@dataclass(frozen=True)
class Page:
    """Blocks below each other, which Rich and notebooks show as they are.

    A block is a heading (a string), a table, a list of lines, or names with what they stand for.
    """

    blocks: Sequence["PageBlock"]

    def lines(self, width: int | None = None) -> Iterator[Line]:
        """The page, at most ``width`` columns wide; None: lines are as long as they get."""
        for i, block in enumerate(self.blocks):
            if isinstance(block, str):
                if i:
                    yield Line("")
                yield from (Line(each, heading=True) for each in wrapped(block, width))
            elif isinstance(block, TextTable):
                yield from block.lines(width)
            elif isinstance(block, Mapping):
                yield from named_lines(block, width)
            else:
                for row in block:
                    yield from indented(row, width)

    def __str__(self) -> str:
        return "\n".join(line.text for line in self.lines())

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        from rich.text import Text

        for line in self.lines(options.max_width):
            style = "bold" if line.heading else "cyan"
            yield Text.assemble((line.name, style), (line.rest, "bold" if line.heading else ""), no_wrap=True)

    def _repr_html_(self) -> str:
        return "\n".join(_html(block) for block in self.blocks)


PageBlock = str | TextTable | Sequence[str] | Mapping[str, str]


class Shown(ABC):
    """What shows itself as a page: in Rich and in notebooks."""

    @abstractmethod
    def page(self) -> Page:
        """The page that is shown."""

    def __rich__(self) -> "RenderableType":
        return self.page()

    def _repr_html_(self) -> str:
        return self.page()._repr_html_()


class Pictured:
    """What notebooks show as a picture. It is drawn by a module further up, which is imported for the first one."""

    def _repr_svg_(self) -> str | None:
        drawn: str | None = import_module("clados.drawing.shown").own_picture(self)
        return drawn


class Illustrated(Shown, Pictured):
    """A page below its picture, in notebooks: where both are had, they show the page alone."""

    def _repr_html_(self) -> str:
        return f"{self._repr_svg_() or ''}{super()._repr_html_()}"


def escape_controls(text: str) -> str:
    """A text in which control characters, such as begin a terminal's escapes, are written out (``\\x1b``)."""
    return CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def columns(text: str) -> int:
    """How many columns of a terminal a text takes.

    >>> columns("Wu Dao"), columns("悟道")
    (6, 4)
    """
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def shortened(text: str, width: int) -> str:
    """A text of at most ``width`` columns, an ellipsis for what is left out; a number is left out whole, or not at all.

    >>> shortened("clip-vit-base", 8), shortened("1,024 or more", 4), shortened("12,345", 3)
    ('clip-vi…', '…', '12,345')
    """
    if columns(text) <= width or NUMBER.fullmatch(text):
        return text
    end = width - 1
    while columns(text[:end]) > width - 1:
        end -= 1
    end = next((each.start() for each in NUMBER.finditer(text) if each.start() < end < each.end()), max(end, 0))
    return f"{text[:end]}…"


def wrapped(text: str, width: int | None) -> list[str]:
    """The lines of a text, broken between words; inside a word that is too long, but never inside a number.

    >>> wrapped("about 6,738,415,616 parameters", 12)
    ['about', '6,738,415,616', 'parameters']
    """
    text = escape_controls(text)
    if width is None or columns(text) <= width:
        return [text]
    found = [""]
    for word in text.split():
        glued = f"{found[-1]} {word}" if found[-1] else word
        if columns(glued) <= width:
            found[-1] = glued
            continue
        if found[-1]:
            found.append("")
        for atom in _atoms(word) if columns(word) > width else [word]:
            if found[-1] and columns(found[-1] + atom) > width:
                found.append("")
            found[-1] += atom
    return found


def indented(text: str, width: int | None, indent: int = GAP) -> Iterator[Line]:
    """The lines of a text behind blanks: its own in front, and ``indent`` more."""
    own = indent + len(text) - len(text.lstrip())
    room = None if width is None else max(1, width - own)
    yield from (Line("", " " * own + each) for each in wrapped(" ".join(text.strip().splitlines()), room))


def named_lines(rows: Mapping[str, str], width: int | None) -> Iterator[Line]:
    """The lines of names and what they stand for, side by side."""
    rows = {escape_controls(name): text for name, text in rows.items()}
    wide = max(map(columns, rows), default=0)
    room = None if width is None else max(1, width - wide - 2 * GAP)
    for name, text in rows.items():
        for i, each in enumerate(wrapped(text, room)):
            yield Line("", f"{' ' * GAP}{_padded('' if i else name, wide)}{' ' * GAP}{each}")


def _atoms(word: str) -> Iterator[str]:
    """What a word may be broken into: its numbers, and its other characters."""
    end = 0
    for number in NUMBER.finditer(word):
        yield from word[end : number.start()]
        yield number.group()
        end = number.end()
    yield from word[end:]


def _padded(text: str, width: int, *, right: bool = False) -> str:
    blanks = " " * (width - columns(text))
    return blanks + text if right else text + blanks


def _html(block: PageBlock) -> str:
    if isinstance(block, str):
        return f"<h4>{escape(block)}</h4>"
    if isinstance(block, Mapping):
        return f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(text)}</dd>' for name, text in block.items())}</dl>"
    if not isinstance(block, TextTable):
        return f"<ul>{''.join(f'<li>{escape(each)}</li>' for each in block)}</ul>"
    sides = [' style="text-align:right"' if head in block.right else ' style="text-align:left"' for head in block.heads]

    def row(tag: str, cells: Sequence[str]) -> str:
        return f"<tr>{''.join(f'<{tag}{side}>{escape(cell)}</{tag}>' for side, cell in zip(sides, cells))}</tr>"

    body = "".join(row("td", each) for each in block.rows)
    return f"<table><thead>{row('th', block.heads)}</thead><tbody>{body}</tbody></table>"

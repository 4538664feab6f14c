"""The text of a card, parsed, with the lines of its fields."""

import re
from dataclasses import dataclass
from pathlib import Path

import tomli

from clados.catalog.form import Data, Fault
from clados.catalog.lines import Key, field_lines, line_of
from clados.errors import CladosError


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A fault of a card: where it stands and what is wrong."""

    path: Path
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return " ".join(f"{self.path}:{self.line}: {self.field}: {self.message}".split())


@dataclass(frozen=True, slots=True)
class CardSource:
    """A card's text, parsed, with the lines of its fields."""

    path: Path
    data: Data
    places: dict[Key, int]

    def problem(self, fault: Fault) -> Problem:
        """The fault with its line."""
        key, message = fault
        return Problem(self.path, line_of(self.places, key), dotted(key), message)


def dotted(key: Key) -> str:
    """``("sizes", 1, "label")`` as ``sizes[1].label``."""
    return "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in key).lstrip(".") or "card"


class ParseError(CladosError, ValueError):
    """A file that is no TOML, or cannot be read; with its problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def parse_card(path: Path) -> CardSource:
    """The card in a file.

    Raises:
        ParseError: when the file cannot be read or is no TOML; names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return CardSource(path, tomli.loads(text), field_lines(text))
    except OSError as error:
        raise ParseError(Problem(path, 1, "TOML", error.strerror or str(error))) from error
    except RecursionError as error:
        raise ParseError(Problem(path, 1, "TOML", "its lists or tables are nested too deep")) from error
    except ValueError as error:  # no TOML, no UTF-8, or a number of thousands of digits
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else path.read_bytes().count(b"\n") or 1  # at the end of the document
        raise ParseError(Problem(path, line, "TOML", str(error))) from error

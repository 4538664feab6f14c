"""The state of the catalogue's page, which its address holds: filters, order and columns; as CLI and as Python."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from clados.catalog.query import SPELLINGS
from clados.catalog.schema import ATTRIBUTES
from clados.errors import InputError
from clados.names import did_you_mean

FLAGS = ("runnable", "survey")  # filters that hold or do not
COLUMNS = ("name", *ATTRIBUTES)
FIRST_COLUMNS = ("name", "family", "architecture", "date", "params", "license", "lab")
_YES = ("yes", "true", "1")
_PLACES = {each: place for place, each in enumerate((*FLAGS, *ATTRIBUTES, "name", "text"))}


@dataclass(frozen=True)
class Listing:
    """What is asked of the catalogue.

    Attributes:
        filters: the words of each filter, as `clados list` takes them; several words of one are parted by commas.
        sort: the attribute that orders the rows, ``-`` in front for the reverse.
        columns: the columns that are shown.
    """

    filters: dict[str, str] = field(default_factory=dict)
    sort: str = "name"
    columns: tuple[str, ...] = FIRST_COLUMNS

    @classmethod
    def of(cls, query: Iterable[tuple[str, str]]) -> "Listing":
        """The state that an address holds; what is given several times is either.

        Raises:
            InputError: for a name that nothing takes, with the nearest; for a flag that is not yes.
        """
        given: dict[str, list[str]] = {}
        for name, value in query:
            if value.strip():
                given.setdefault(_known(name), []).append(value.strip())
        for name in FLAGS:
            if wrong := [value for value in given.get(name, ()) if value.casefold() not in _YES]:
                raise InputError(f"{name} is '{wrong[0]}'; it may be yes, or be left out")
        columns = [each for value in given.pop("columns", []) for each in value.split(",")]
        sort = given.pop("sort", ["name"])[-1]
        filters = {name: _one_text(name, words) for name, words in given.items()}
        return cls(
            _in_order(_dated(filters)), sort, tuple(each for each in COLUMNS if each in columns) or FIRST_COLUMNS
        )

    @property
    def wanted(self) -> dict[str, Any]:
        """The filters as `clados.catalog.query.search` takes them."""
        return {name: True if name in FLAGS else words for name, words in self.filters.items()}

    @property
    def url(self) -> str:
        """What stands behind the question mark; nothing of what is usual."""
        said = dict(self.filters)
        if self.sort != "name":
            said["sort"] = self.sort
        if self.columns != FIRST_COLUMNS:
            said["columns"] = ",".join(self.columns)
        return urlencode(said)

    def without(self, name: str) -> "Listing":
        """The state without one of its filters."""
        return Listing({key: words for key, words in self.filters.items() if key != name}, self.sort, self.columns)

    def command(self) -> str:
        """The same question on the command line."""
        words = [
            flag_of(name) if name in FLAGS else f"{flag_of(name)}{'=' if text[0] == '-' else ' '}{shlex.quote(text)}"
            for name, text in self.filters.items()
        ]
        order = [f"--sort {shlex.quote(self.sort)}"] if self.sort != "name" else []
        return " ".join(["clados list", *words, *order])

    def python(self) -> str:
        """The same question in Python."""
        words = [f"{name}={'True' if name in FLAGS else quoted(text)}" for name, text in self.filters.items()]
        order = [f"sort={quoted(self.sort)}"] if self.sort != "name" else []
        return f"clados.find({', '.join([*words, *order])})"


def flag_of(name: str) -> str:
    """The option of `clados list` for a filter."""
    return ATTRIBUTES[name].flags[0] if name in ATTRIBUTES else f"--{name}"


def quoted(text: str) -> str:
    """A text as Python writes it, between double quotation marks."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _known(name: str) -> str:
    spelt = {word: name for word, name in SPELLINGS.items() if name != "kind"} | {"sort": "sort", "columns": "columns"}
    found = spelt.get(name) or spelt.get(name.replace("-", "_"))
    if found is None:
        raise InputError(f"unknown filter '{name}'{did_you_mean(name, spelt) or '; they are ' + ', '.join(_PLACES)}")
    return "name" if found == "id" else found


def _one_text(name: str, words: Sequence[str]) -> str:
    """Several values of a filter as one: all words of a text, either of the others; a flag holds."""
    if name in FLAGS:
        return "yes"
    return " ".join(words) if name == "text" else ",".join(dict.fromkeys(words))


def _dated(filters: dict[str, str]) -> dict[str, str]:
    """`since` and `until` as one range of dates, which is what the page has a field for."""
    since, until = filters.pop("since", ""), filters.pop("until", "")
    if (since or until) and "date" not in filters:
        filters["date"] = f"{since}..{until}"
    return filters


def _in_order(filters: dict[str, str]) -> dict[str, str]:
    return {name: filters[name] for name in sorted(filters, key=lambda each: _PLACES[each])}

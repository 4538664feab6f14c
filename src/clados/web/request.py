"""What a page is asked for: its language, its place in the site, and the words behind the question mark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from clados.catalog.load import Catalog
from clados.errors import InputError
from clados.web.index import Index
from clados.web.language import Language

if TYPE_CHECKING:
    from clados.web.browser_python import BrowserPython

_DIGITS = 11  # of a number that is read


@dataclass(frozen=True)
class Given:
    """What a site was given besides the catalogue.

    Attributes:
        models: directories of models that may be tried; runs: the folder of the runs that are shown.
        python: the Python that a site of files takes along for the browser.
        configs: the config.json of each size that it takes along, by their paths.
    """

    models: tuple[str, ...] = ()
    runs: Path | None = None
    python: "BrowserPython | None" = None
    configs: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def files(self) -> Mapping[str, bytes]:
        """All that a site of files takes along, by paths."""
        return {**self.configs, **(self.python.files if self.python else {})}


@dataclass(frozen=True)
class PageRequest:
    """One question to the site.

    Attributes:
        say: the language of the interface.
        path: the page without the language's folder: ``cards/bert.html``.
        query: names and values behind the question mark, in order.
        index: the catalogue, and what its filters find.
        live: whether a server answers what stands behind the question mark; files do not.
        site: what the site was given.
    """

    say: Language
    path: str
    query: Sequence[tuple[str, str]]
    index: Index
    live: bool = True
    site: Given = Given()

    @property
    def cards(self) -> Catalog:
        """The catalogue."""
        return self.index.cards

    @property
    def up(self) -> str:
        """From this page to the top of its language."""
        return "../" * self.path.count("/")

    @property
    def top(self) -> str:
        """From this page to the top of the site, where scripts and styles are."""
        return self.up + "../" * bool(self.say.folder)

    def all(self, name: str) -> list[str]:
        """Every value of a name; those with commas in parts."""
        return [part for key, value in self.query if key == name for part in value.split(",") if part]

    def one(self, name: str, usual: str) -> str:
        """The last value of a name; what is usual where it is not said."""
        return next((value for key, value in reversed(self.query) if key == name), usual)

    def number(self, name: str, usual: int, least: int = 0, most: int = 2**31 - 1) -> int:
        """A whole number of the address.

        Raises:
            InputError: for what is none, or out of bounds.
        """
        said = self.one(name, str(usual)).strip() or str(usual)
        if len(said) > _DIGITS or not said.removeprefix("-").isdecimal() or not least <= int(said) <= most:
            raise InputError(f"{name} is '{said}'; it takes a whole number from {least} to {most}")
        return int(said)

    def written(self) -> str:
        """The words of the address as they stand behind it, with their question mark; nothing where there are none."""
        return f"?{urlencode(self.query)}" if self.query else ""

    def with_words(self, words: Sequence[tuple[str, str | int]]) -> str:
        """The address of this page with other words behind it."""
        return f"{self.path.rpartition('/')[2]}?{urlencode(words)}"

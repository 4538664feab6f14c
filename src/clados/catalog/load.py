"""Finding and reading the cards: those of the package, then those of the user's own folders."""

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from clados import models
from clados.catalog.card import Card, CardError, NoModelError, card_from, children, declaration_of
from clados.files import path_exists
from clados.names import CARDS_PATH, card_folders, did_you_mean
from clados.tables import Page

if TYPE_CHECKING:
    from clados.spec import Declaration


class Catalog(Mapping[str, Card]):
    """All cards by id, in the order of their ids; a name in any case or spelling finds its card too."""

    def __init__(self, cards: Iterable[Card]) -> None:
        self._cards: dict[str, Card] = {}
        for card in cards:
            if card.id in self._cards:
                raise CardError(f"{card.path}: id '{card.id}' is taken by {self._cards[card.id].path}")
            self._cards[card.id] = card
        self._cards = dict(sorted(self._cards.items()))

    def __getitem__(self, name: str) -> Card:
        found = self._cards.get(name) or self._named(name)
        if found is None:
            known = [*self._cards, *(card.name for card in self._cards.values())]
            if path_exists(name):
                kind = "directory" if Path(name).is_dir() else "file"
                raise NoModelError(
                    f"unknown model '{name}': that is a {kind}, and here a model of the catalogue is named; what a "
                    "saved model's directory holds is shown by load, draw, count and diff"
                )
            raise NoModelError(
                f"unknown model '{name}'{did_you_mean(name, known) or '; see them all with: clados list'}"
            )
        return found

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self._cards or self._named(name) is not None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._cards)

    def __len__(self) -> int:
        return len(self._cards)

    def _named(self, name: str) -> Card | None:
        wanted = _bare(name)
        return next((c for c in self._cards.values() if wanted in (_bare(c.id), _bare(c.name))), None)


def _bare(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def own_folders() -> list[Path]:
    """The user's folders of cards, named in the environment variable ``CLADOS_PATH``, each once.

    Raises:
        CardError: when one of them is no folder.
    """
    folders = card_folders()
    for folder in folders:
        if not folder.is_dir():
            raise CardError(f"no folder of cards at {folder} (from --cards or {CARDS_PATH})")
    return list({folder.resolve(): folder for folder in folders}.values())


def card_files(folder: Path) -> list[Path]:
    """The card files of a folder and its subfolders, one level down."""
    found = []
    for entry in os.scandir(folder):
        if _is_card(entry):
            found.append(Path(entry.path))
        elif entry.is_dir() and not entry.name.startswith((".", "_")):
            found += [Path(each.path) for each in os.scandir(entry.path) if _is_card(each)]
    return sorted(found)


def _is_card(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry of a folder is a card: a file, or a link whose end is missing, which is then refused by name."""
    return entry.name.endswith(".toml") and (entry.is_file() or not Path(entry.path).exists())


def read_card(path: Path) -> Card:
    """The card in a file; read anew when the file has changed.

    Raises:
        CardError: when it is not TOML or not a card; names line and field.
    """
    found = path.stat()
    return _read(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=4096)
def _read(path: Path, changed: int, size: int) -> Card:
    if not path.is_relative_to(models.FOLDER):  # those of the package are tested to be sound
        _sound(path)
    return card_from(path.read_text(encoding="utf-8"), path, _page)


def _page(card: Card) -> Page:
    from clados.catalog.pages import card_page  # not for a list, which shows no page

    return card_page(card, children(catalog(), card.id))


def _sound(path: Path) -> None:
    """Refuse a card whose form is not the schema's: its first fault, with file, line and field."""
    from clados.catalog.form import form_faults  # only for cards of the user's own
    from clados.catalog.parsing import ParseError, parse_card

    try:
        source = parse_card(path)
    except ParseError as error:
        raise CardError(str(error)) from error
    for fault in form_faults(source.data):
        raise CardError(str(source.problem(fault)))


def catalog(folders: Iterable[Path] | None = None) -> Catalog:
    """The whole catalogue: the package's cards, and those in ``folders`` (default: the user's own).

    Raises:
        CardError: for an unreadable card, a missing folder, or an id that two cards claim.
    """
    return Catalog(read_card(path) for path in every_file(folders))


def cards() -> Catalog:
    """All cards by id: those of the package, and those of the user's own folders.

    Raises:
        CardError: for an unreadable card, a missing folder, or an id that two cards claim.
    """
    return catalog()


def every_file(folders: Iterable[Path] | None = None) -> list[Path]:
    """The files of all cards, as `catalog` reads them.

    Raises:
        CardError: when one of the folders is missing.
    """
    extra = own_folders() if folders is None else folders
    return [path for folder in (models.FOLDER, *extra) for path in card_files(folder)]


def card(name: str) -> Card:
    """The card with this id or name.

    Raises:
        NoModelError: with the nearest name.
    """
    return catalog()[name]


def declaration(name: str) -> "Declaration":
    """The declaration of a model, of the package or of the user's own folders, by its id or name.

    Raises:
        NoModelError: when there is no such model.
        CardError: when it has a card but no declaration.
        SpecError: when its declaration cannot be.
    """
    return declaration_of(card(name))

"""Where models are described: title, authors and venue of what a card's ``reference`` names, and BibTeX of it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import tomli

from clados.catalog.card import Card
from clados.catalog.load import catalog

JOURNALS = ("Journal", "Nature", "Transactions")  # how the names of journals begin; other venues are conferences
_FILE = Path(__file__).with_name("publications.toml")


@dataclass(frozen=True, slots=True)
class Publication:
    """A paper, report or page that describes models.

    Attributes:
        reference: how cards refer to it, such as ``arXiv:1810.04805``.
        authors: in the order of the title page; ``others`` where there are more than are listed.
        venue: where it appeared after it was posted; empty where it did not.
        source: where these facts were read.
        recalled: the facts among them that were given from memory and not read again.
    """

    reference: str
    title: str
    authors: tuple[str, ...]
    year: int
    others: bool = False
    venue: str = ""
    source: str = ""
    recalled: tuple[str, ...] = ()

    @property
    def arxiv(self) -> str:
        """Its number on arXiv; empty where it has none."""
        return self.reference.removeprefix("arXiv:") if self.reference.startswith("arXiv:") else ""

    @property
    def link(self) -> str:
        """Its address; empty where the reference holds none."""
        if self.arxiv:
            return f"https://arxiv.org/abs/{self.arxiv}"
        if self.reference.startswith("doi:"):
            return f"https://doi.org/{self.reference.removeprefix('doi:')}"
        found = re.search(r"https?://\S+", self.reference)
        return found[0] if found else ""

    def __str__(self) -> str:
        names = ", ".join(each.strip("{}") for each in self.authors[:3]) + (
            " et al." if self.others or len(self.authors) > 3 else ""
        )
        return f"{names} ({self.year}). {self.title}.{f' {self.venue}.' if self.venue else ''}"


@cache
def publications() -> Mapping[str, Publication]:
    """Every publication that is known, by the words with which cards refer to it."""
    rows = tomli.loads(_FILE.read_text(encoding="utf-8"))
    return {reference: Publication(reference, **_tuples(row)) for reference, row in rows.items()}


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}


def described_in(card: Card) -> tuple[Publication, ...]:
    """What describes a model, in the order of its card.

    A reference of which no more is known is a publication of the model's own name and lab.
    """
    return tuple(
        publications().get(reference) or _page(card, reference) for reference in card.values["reference"].items
    )


def _page(card: Card, reference: str) -> Publication:
    year = int(str(card.values["date"].value)[:4]) if card.values["date"].known else 0
    labs = tuple(f"{{{lab}}}" for lab in card.values["lab"].items)  # in braces: names that have no first and last
    return Publication(reference, card.name, labs, year, source=f"the card {card.id}")


def cite(*models: str) -> str:
    """BibTeX of what describes the models of these ids or names.

    Raises:
        NoModelError: for an unknown name, with the nearest.
    """
    cards = catalog()
    return bibtex([cards[model] for model in models])


def bibtex(cards: Sequence[Card]) -> str:
    """BibTeX of what describes these models, each publication once, with keys such as ``devlin2019bert``."""
    found = dict.fromkeys(each for card in cards for each in described_in(card))
    taken: set[str] = set()
    return "\n\n".join("\n".join(_entry(each, _key(each, taken))) for each in found)


def _key(publication: Publication, taken: set[str]) -> str:
    """The first author's last name, the year and the title's first word; a letter more where two are alike."""
    word = next(iter(re.findall(r"[A-Za-z0-9]{3,}", publication.title)), "untitled")
    first = (publication.authors or ("anonymous",))[0]
    plain = f"{first.split()[-1]}{publication.year}{word}".lower()
    key = base = re.sub(r"[^a-z0-9]", "", plain)
    letters = iter("bcdefghijklmnopqrstuvwxyz")
    while key in taken:
        key = base + next(letters)
    taken.add(key)
    return key


def _entry(publication: Publication, key: str) -> Iterator[str]:
    journal = publication.venue.startswith(JOURNALS)
    kind = "misc" if not publication.venue else "article" if journal else "inproceedings"
    yield f"@{kind}{{{key},"
    fields = {
        "title": f"{{{publication.title}}}",  # the inner braces keep its capitals
        "author": " and ".join([*publication.authors, *(["others"] if publication.others else [])]),
        "year": str(publication.year or ""),
        ("journal" if journal else "booktitle"): publication.venue,
        "eprint": publication.arxiv,
        "archivePrefix": "arXiv" if publication.arxiv else "",
        "url": publication.link,
        "note": "" if publication.link else publication.reference,
    }
    yield from (f"  {name} = {{{_escaped(value)}}}," for name, value in fields.items() if value)
    yield "}"


def _escaped(text: str) -> str:
    return re.sub(r"(?<!\\)([&%#_$])", r"\\\1", text)

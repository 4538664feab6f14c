"""Where models are described: title, authors and venue of what a card's ``reference`` names, and BibTeX of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import tomli

from clados.catalog.card import Card

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

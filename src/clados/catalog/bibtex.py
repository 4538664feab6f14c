"""BibTeX of what describes models."""

import re
from collections.abc import Iterator, Sequence

from clados.catalog.card import Card
from clados.catalog.load import catalog
from clados.catalog.publications import Publication, described_in

JOURNALS = ("Journal", "Nature", "Transactions")  # how the names of journals begin; other venues are conferences


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

"""The languages of the interface: names, terms and messages. What sources say stays in their language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import tomli

from clados.web.phrases import Phrasebook

INTERFACE = ("zh", "shared.zh", "values.zh", "tokenizers.zh", "parts.zh")  # files of words that pages say as a whole
TERMS = (  # that others are made of
    *("shared.zh", "terms.zh", "changes.zh", "tokenizers.zh", "agreement.zh", "proofs.zh", "messages.zh", "files.zh"),
)


@dataclass(frozen=True)
class Language:
    """A language: its code, its own name, the words that stand for the English ones; the terms of what is computed."""

    code: str
    name: str
    words: Mapping[str, str]
    terms: Mapping[str, str]

    def __call__(self, text: str, **values: str | int) -> str:
        """The text in this language, with values in place of ``{names}``; English where it has no words for it."""
        return self.words.get(text, text).format(**values) if values else self.words.get(text, text)

    def phrase(self, text: str) -> str:
        """A computed text in this language, such as a difference in words; names in it stay."""
        return self.phrasebook(text).text if self.words else text

    @property
    def drawn(self) -> Callable[[str], str] | None:
        """What drawings put their text through; None where it stays."""
        return self.phrase if self.words else None

    @cached_property
    def phrasebook(self) -> Phrasebook:
        """What computed texts are made of: terms, whose meaning there a word of the interface may not have."""
        return Phrasebook(self.terms)

    @property
    def folder(self) -> str:
        """Where its pages are: English ones at the top."""
        return "" if self.code == "en" else f"{self.code}/"


@cache
def page_languages() -> dict[str, Language]:
    """The languages of the pages by code, English first."""
    words, terms = (
        {key: text for name in names for key, text in words_in(name).items()} for names in (INTERFACE, TERMS)
    )
    return {"en": Language("en", "English", {}, {}), "zh": Language("zh", "中文", words, terms)}


def words_in(name: str) -> dict[str, str]:
    """The words of a file: the English, and what stands for it."""
    file = Path(__file__).with_name("words") / f"{name}.toml"
    found: dict[str, str] = tomli.loads(file.read_text(encoding="utf-8"))
    return found

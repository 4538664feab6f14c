"""The page_languages of the interface: names, terms and messages. What sources say stays in their language."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import tomli


@dataclass(frozen=True)
class Language:
    """A language: its code, its own name, the words that stand for the English ones."""

    code: str
    name: str
    words: Mapping[str, str]

    def __call__(self, text: str, **values: str | int) -> str:
        """The text in this language, with values in place of ``{names}``; English where it has no words for it."""
        return self.words.get(text, text).format(**values) if values else self.words.get(text, text)

    @property
    def folder(self) -> str:
        """Where its pages are: English ones at the top."""
        return "" if self.code == "en" else f"{self.code}/"


@cache
def page_languages() -> dict[str, Language]:
    """The page_languages by code, English first."""
    folder = Path(__file__).with_name("words")
    chinese = tomli.loads((folder / "zh.toml").read_text(encoding="utf-8"))
    return {"en": Language("en", "English", {}), "zh": Language("zh", "中文", chinese)}

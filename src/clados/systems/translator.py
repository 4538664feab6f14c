"""Translations by a saved model, asked for in words: ``hello in French`` (Thoppilan et al. 2022, §6.2)."""

import re

from clados.apply.ready import ModelSource, load
from clados.apply.translate import LANGUAGES, translate
from clados.errors import InputError

_ASKED = re.compile(r"(?:translate\s+)?(?P<text>.+?)\s+(?:in|into|to)\s+(?P<language>[A-Za-z]+)[?.]?", re.IGNORECASE)
_CODES = {name.lower(): code for code, name in LANGUAGES.items()} | {
    "english": "en",
    "spanish": "es",
    "italian": "it",
    "chinese": "zh",
    "japanese": "ja",
    "russian": "ru",
}


class ModelTranslator:
    """A tool that translates what stands before the name of a language."""

    def __init__(self, source: ModelSource, to: str | None = None) -> None:
        """As ``translate``; ``to``: the one language of a model that does not say which it writes.

        Raises:
            InputError, CheckpointError: as ``clados.apply.ready.load``.
        """
        self.ready, self.to = load(source, "translate"), to

    def __call__(self, text: str) -> list[str]:
        """One translation, or nothing where no language that the model writes is named."""
        asked = _ASKED.fullmatch(text.strip())
        code = _CODES.get(asked["language"].lower()) if asked else None
        if asked is None or code is None:
            return []
        if self.to is not None:
            return translate(self.ready, asked["text"]) if _CODES.get(self.to.lower(), self.to) == code else []
        try:
            return translate(self.ready, asked["text"], to=code)
        except InputError:  # a language that the model does not know
            return []

"""One name for one thing: the spellings of labs, licences and tokenizers that cards do not use."""

import re
from functools import cache
from importlib import resources

import tomli


@cache
def other_spellings(attribute: str) -> dict[str, str]:
    """Each other spelling of an attribute's names, without regard to case, and the name that cards use."""
    text = resources.files("clados.catalog").joinpath("spellings.toml").read_text(encoding="utf-8")
    names: dict[str, list[str]] = tomli.loads(text).get(attribute, {})
    return {spelling.casefold(): name for name, spellings in names.items() for spelling in spellings}


def one_name(attribute: str, word: str) -> str:
    """A word as cards spell it; the word itself where no other spelling is known.

    >>> one_name("lab", "google brain"), one_name("lab", "North Lab")
    ('Google', 'North Lab')
    """
    return other_spellings(attribute).get(word.casefold(), word)


def misspelt(attribute: str, text: str) -> tuple[str, str] | None:
    """The first spelling in a value that cards do not use, and the name; a value may list several things.

    >>> misspelt("tokenizer", "GPT-2's BPE (version 1), WordPiece")
    ("GPT-2's BPE", 'byte-level BPE of GPT-2')
    """
    whole = [text, *(part.strip() for part in re.split(r"[;,()]", text))]
    return next(
        (
            (part, other_spellings(attribute)[part.casefold()])
            for part in whole
            if part.casefold() in other_spellings(attribute)
        ),
        None,
    )

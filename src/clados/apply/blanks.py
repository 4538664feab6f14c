"""Blanks in a text: how they are written, and the tokens that stand for them."""

import re

from clados import spec as s
from clados.apply.ready import Ready
from clados.errors import InputError
from clados.names import LONG_BLANK, SENTENCES_BLANK
from clados.spec.positions.blanks import goes_on

# Begins where space does: none is read twice.
BLANK = re.compile(r"(?<!\s)\s*+(\[MASK\]|<mask>|\[[sg]MASK\]|<extra_id_\d+>)")


def with_blank_tokens(ready: Ready, text: str) -> str:
    """Every blank as the tokenizer's mask, or as its own mark where the tokenizer has it, with the space before it.

    Raises:
        InputError: for a tokenizer without a mask.
    """
    tokenizer = ready.required_tokenizer
    mask = tokenizer.roles.mask
    if mask is None:
        raise InputError(f"{ready.name}: its tokenizer has no mask")
    return BLANK.sub(lambda found: found[1] if found[1] in tokenizer.special else mask, text)


def blank_ids(ready: Ready) -> tuple[int, ...]:
    """The tokens at whose places a model writes that fills in blanks."""
    tokenizer = ready.required_tokenizer
    marks = [tokenizer.ids.get("mask"), *map(tokenizer.special.get, (SENTENCES_BLANK, LONG_BLANK))]
    return tuple(each for each in marks if each is not None)


def goes_on_behind(ready: Ready) -> int | None:
    """The token behind which a model goes on, where what a long blank stands for does not stay at its place."""
    return ready.required_tokenizer.special.get(LONG_BLANK) if goes_on(ready.spec.reads(s.Tokens)) else None


def prompted(ready: Ready, text: str) -> str:
    """A prompt as a model reads it: one that fills in blanks has one to write at, behind the text where none is in it.

    (``read_context`` of THUDM/GLM generate_samples.py.)
    """
    tokenizer = ready.required_tokenizer
    if ready.spec.writes != "infills" or tokenizer.roles.mask is None:
        return text
    marked = text if BLANK.search(text) else text.rstrip() + LONG_BLANK
    return with_blank_tokens(ready, marked)

"""The language of drawings: within `worded`, all text that is drawn is put through a function, and measured so."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_SAY: ContextVar[Callable[[str], str] | None] = ContextVar("say", default=None)
_WIDE = "\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef"  # letters between which a line may be broken
_UNIT = re.compile(f"[（《“]*(?:[{_WIDE}]|[^{_WIDE}“”]+)[，。：；、）》”]*")


@contextmanager
def worded(say: Callable[[str], str] | None) -> Iterator[None]:
    """Drawings that are made within say what ``say`` makes of their text; None: what they say by themselves.

    What ``say`` has made must be left as it is by it: text is measured, broken into lines and drawn one after another.
    """
    token = _SAY.set(say)
    try:
        yield
    finally:
        _SAY.reset(token)


def as_drawn(text: str) -> str:
    """A text as it is drawn."""
    say = _SAY.get()
    return say(text) if say else text


def units(word: str) -> list[str]:
    """The pieces of a word between which a line may be broken: Chinese letters, closing marks with what they close.

    >>> units("feed-forward"), units("8头，RoPE")
    (['feed-forward'], ['8', '头，', 'RoPE'])
    """
    return [word] if word.isascii() or max(word) <= "\u2fff" else _UNIT.findall(word)

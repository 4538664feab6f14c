"""How far something long has come: told by what does it, shown by whoever wants to."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

Advance = Callable[[float], None]  # so much more is done
ShowProgress = Callable[[str, float | None], AbstractContextManager[Advance]]  # of a name and the whole, if known


@contextmanager
def _silent(name: str, total: float | None) -> Iterator[Advance]:
    yield lambda more: None


_SHOWN: ContextVar[ShowProgress] = ContextVar("progress", default=_silent)


def progress(name: str, total: float | None = None) -> AbstractContextManager[Advance]:
    """Around something that may take longer than a second: what is to be called as it goes on.

    Args:
        total: when it is done, in the unit in which it goes on.
    """
    return _SHOWN.get()(name, total)


@contextmanager
def showing(shown: ShowProgress) -> Iterator[None]:
    """While this lasts, progress is shown so."""
    before = _SHOWN.set(shown)
    try:
        yield
    finally:
        _SHOWN.reset(before)

"""The table of what can be tried on a model: a further trial registers here, and its picture with the page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, TypeVar

from clados.apply.ready import Ready, load
from clados.errors import InputError
from clados.names import sentinel, shown_token
from clados.small import model_folder

_Made = TypeVar("_Made")
_LONGEST = 2000  # letters of a text that is read
_LARGEST = 500_000_000  # parameters of a model that is computed in float32 whatever it is kept in


@dataclass(frozen=True)
class Word:
    """A field of a trial's form: a text, or a number within bounds."""

    name: str
    usual: str
    least: float = 0
    most: float = 0
    lines: int = 0  # of a text; 0 for a number
    whole: bool = True

    def read(self, said: str) -> Any:
        """What is said of it.

        Raises:
            InputError: for a text that is too long, and what is no number within the bounds.
        """
        if self.lines:
            if len(said) > _LONGEST:
                raise InputError(f"{self.name} has {len(said)} letters; up to {_LONGEST} are read")
            return said
        try:
            value = (int if self.whole else float)(said) if len(said) < 12 else None
        except ValueError:
            value = None
        if value is None or not self.least <= value <= self.most:
            kind = "a whole number" if self.whole else "a number"
            raise InputError(f"{self.name} is '{said[:20]}'; it takes {kind} from {self.least:g} to {self.most:g}")
        return value


@dataclass(frozen=True)
class Trial:
    """What is tried.

    Attributes:
        able: whether a model can do it.
        words: its form; ``usual`` texts may depend on the model.
        run: from a model and the values of its words to plain data.
    """

    name: str
    able: Callable[[Ready], bool]
    words: Callable[[Ready], tuple[Word, ...]]
    run: Callable[..., Any]


TRIALS: dict[str, Trial] = {}


def trial(
    name: str, able: Callable[[Ready], bool], words: Callable[[Ready], tuple[Word, ...]]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as a trial: it is called with the model, and the words by their names."""

    def registered(run: Callable[..., Any]) -> Callable[..., Any]:
        TRIALS[name] = Trial(name, able, words, run)
        return run

    return registered


def stamped(most: int) -> Callable[[Callable[[str], _Made]], Callable[[str], _Made]]:
    """What is made of a model's directory, kept until a file in it changes, for so many of them."""

    def keeping(made: Callable[[str], _Made]) -> Callable[[str], _Made]:
        @lru_cache(maxsize=most)
        def kept(source: str, stamp: int) -> _Made:
            return made(source)

        def given(source: str) -> _Made:
            folder = model_folder(source)
            files = [each.stat().st_mtime_ns for each in folder.iterdir()] if folder.is_dir() else []
            return kept(source, max(files, default=0))

        return wraps(made)(given)

    return keeping


@stamped(4)
def loaded(source: str) -> Ready:
    """A model in float32, unless it is large: what is written and what is said of it then agree to the last digit."""
    return precise(load(source))


def precise(ready: Ready) -> Ready:
    """A model in float32, unless it is large."""
    if sum(each.numel() for each in ready.model.parameters()) <= _LARGEST:
        ready.model.float()
    return ready


def lines_of(said: str) -> list[str]:
    """The lines of a text that hold something."""
    return [line.strip() for line in said.splitlines() if line.strip()]


def names_of(ready: Ready, ids: Sequence[int]) -> list[str]:
    """Tokens as people read them."""
    return [*map(shown_token, ready.required_tokenizer.tokens([*ids]))]


def blank_of(ready: Ready) -> str:
    """What stands for what is left out of a text: the first sentinel, else the mask; nothing where there is neither."""
    tokenizer = ready.required_tokenizer
    return sentinel(0) if tokenizer.sentinels else tokenizer.roles.mask or ""

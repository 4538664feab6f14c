"""Trying something on a model: the trial by its name, its words from an address, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clados.apply.ready import Ready
from clados.errors import CladosError, InputError
from clados.names import did_you_mean
from clados.playground import making as making, reading as reading, writing as writing  # each registers its trials
from clados.playground.trials import TRIALS, Trial, Word, loaded

_FIRST = ("paint", "act", "fold", "write", "beams", "fill", "attention", "embed")


@dataclass(frozen=True)
class Tried:
    """A trial, and what came of it.

    Attributes:
        trials: the names of all that this model can be tried with; name: of this one.
        words: its form; said: what is said of each word.
        result: plain data; None where ``error`` says why there is none.
    """

    model: str
    trials: tuple[str, ...]
    name: str
    words: tuple[Word, ...]
    said: Mapping[str, str] = field(default_factory=dict)
    result: Any = None
    error: str = ""


def try_model(source: str, name: str, said: Mapping[str, str]) -> Tried:
    """What comes of trying something on a model.

    Args:
        source: a directory, or the id of a small pretrained model.
        name: of the trial; the first that the model can be tried with where it is empty, or none of these.
        said: the words of its form, as they stand in an address.

    Raises:
        CladosError: for a directory that cannot be read, a trial that there is not, and a model that has none.
    """
    if name and name not in TRIALS:
        raise InputError(f"there is no trial '{name}'{did_you_mean(name, TRIALS)}; they are {', '.join(TRIALS)}")
    return try_ready(loaded(source), source, name, said)


def try_ready(ready: Ready, source: str, name: str, said: Mapping[str, str]) -> Tried:
    """The same of a model that is there.

    Raises:
        InputError: for a model that can be tried with nothing.
    """
    able = sorted((each for each in TRIALS.values() if each.able(ready)), key=_place)
    names = tuple(each.name for each in able)
    if not able:
        raise InputError(f"{ready.name} can be tried with none of {', '.join(TRIALS)}")
    chosen = TRIALS[name if name in names else names[0]]
    words = chosen.words(ready)
    values = {each.name: said.get(each.name, each.usual) for each in words}
    result, error = None, ""
    try:
        result = chosen.run(ready, **{each.name: each.read(values[each.name]) for each in words})
    except CladosError as refused:
        error = str(refused)
    return Tried(source, names, chosen.name, words, values, result, error)


def _place(each: Trial) -> int:
    """Where a trial stands among others: those of this list first."""
    return _FIRST.index(each.name) if each.name in _FIRST else len(_FIRST)

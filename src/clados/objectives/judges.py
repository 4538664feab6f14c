"""Judges of answers: any function of prompts and answers that gives a number for each."""

import math
from collections.abc import Callable, Iterable, Sequence
from numbers import Real

from clados.errors import InputError
from clados.names import function_named

Judge = Callable[[Sequence[str], Sequence[str]], Iterable[float]]  # prompts, answers to them: how good each is


def judge_scores(judge: Judge, name: str, prompts: Sequence[str], answers: Sequence[str]) -> list[float]:
    """A judge's scores, one an answer.

    Args:
        name: of the judge.

    Raises:
        InputError: it fails, gives another number of scores, or one that is no finite number.
    """
    try:
        found = list(judge(prompts, answers))
    except InputError:
        raise
    except Exception as error:  # a user's own code may raise anything
        raise InputError(f"reward {name} failed with {type(error).__name__}: {error}") from error
    if len(found) != len(answers):
        raise InputError(f"reward {name} gave {len(found)} scores for {len(answers)} answers; it must give one each")
    return [_score(each, name, answer) for each, answer in zip(found, answers)]


def _score(found: object, name: str, answer: str) -> float:
    """One score as a number; those of NumPy and torch are such, too."""
    try:
        number = found.item() if hasattr(found, "item") else found
        finite = not isinstance(number, bool) and isinstance(number, Real) and math.isfinite(number)
    except (ValueError, RuntimeError, OverflowError):  # several numbers in one, or one beyond all floats
        number, finite = found, False
    if not finite:
        said = " ".join(repr(number).split())[:60]
        raise InputError(f"reward {name} gave {said} for the answer {answer[:40]!r}; it must be a finite number")
    return float(number)  # type: ignore[arg-type]


def judge_of(name: str) -> Judge:
    """The function of ``module:function``; the module may stand in the working directory.

    Raises:
        InputError: there is no such module or function.
    """
    judge: Judge = function_named(name, "reward", "a function of prompts and answers")
    return judge

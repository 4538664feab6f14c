"""Judges of answers: any function of prompts and answers that gives a number for each, or a model that learned to."""

import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

import torch

from clados.apply.ready import load
from clados.errors import InputError
from clados.names import function_named
from clados.objectives.base import Judge
from clados.objectives.tasks import task


def judge_scores(
    judge: Judge, name: str, prompts: Sequence[str], answers: Sequence[str], *, option: str = "reward"
) -> list[float]:
    """A judge's scores, one an answer.

    Args:
        name: of the judge; option: what it was given for.

    Raises:
        InputError: it fails, gives another number of scores, or one that is no finite number.
    """
    try:
        given: Any = judge(prompts, answers)
        found = list(given) if isinstance(given, Iterable) else None
    except InputError:
        raise
    except (Exception, SystemExit) as error:  # a user's own code may raise anything
        raise InputError(f"{option} {name} failed with {type(error).__name__}: {error}") from error
    if found is None:
        raise InputError(f"{option} {name} gave {given!r:.60}; it must give a number for each answer")
    if len(found) != len(answers):
        raise InputError(f"{option} {name} gave {len(found)} scores for {len(answers)} answers; it must give one each")
    return [_score(each, f"{option} {name}", answer) for each, answer in zip(found, answers)]


def _score(found: object, name: str, answer: str) -> float:
    """One score as a number; those of NumPy and torch are such, too."""
    try:
        number = found.item() if hasattr(found, "item") else found
        finite = not isinstance(number, bool) and isinstance(number, Real) and math.isfinite(number)
    except (ValueError, RuntimeError, OverflowError):  # several numbers in one, or one beyond all floats
        number, finite = found, False
    if not finite:
        said = " ".join(repr(number).split())[:60]
        raise InputError(f"{name} gave {said} for the answer {answer[:40]!r}; it must be a finite number")
    return float(number)  # type: ignore[arg-type]


def judge_of(name: str) -> Judge:
    """The function of ``module:function``, or the trained model in a folder of that name.

    Raises:
        InputError: there is neither, the function does not take prompts and answers, or the model is no judge.
        CladosError: the folder's files are absent or damaged.
    """
    if _names_function(name):
        return called_with_two(name, "reward", "prompts and answers")
    if not Path(name).is_dir() or not name:
        said = "module:function, a function of prompts and answers, or the folder of a model that scores answers"
        raise InputError(f"reward is '{name}'; it must be {said}")
    ready = load(name, device="cuda" if torch.cuda.is_available() else "cpu")
    if ready.objective is None:
        raise InputError(f"reward is '{name}': what its model learned is not known, so it is no judge of answers")
    return task(ready.objective).judge(ready)


def recorded_name(name: str) -> str:
    """A judge as a run keeps it: a function as it is named, a folder by its own name, wherever it was moved."""
    return name if _names_function(name) else Path(name).resolve().name


def _names_function(name: str) -> bool:
    """Whether it is ``module:function``."""
    module, _, function = name.partition(":")
    return bool(module) and function.isidentifier()


def called_with_two(name: str, option: str, what: str) -> Callable[..., Any]:
    """A user's function, when it can be called with two arguments, as far as its signature is known.

    Args:
        option: what it was given for, which errors name. what: the arguments, in a few words.

    Raises:
        InputError: there is no such function, or it takes others.
    """
    found = function_named(name, option, f"a function of {what}")
    try:
        taken = inspect.signature(found)
    except (TypeError, ValueError):
        return found
    try:
        taken.bind((), ())
    except TypeError as error:
        raise InputError(f"{option} is '{name}': it is called with {what}, and {name}{taken}: {error}") from error
    return found

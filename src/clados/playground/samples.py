"""What a trained model makes of a few usual questions, as samples beside its curves."""

from typing import Any

from clados.apply.ready import Ready
from clados.playground.trials import TRIALS, loaded, stamped
from clados.playground.trying import Tried, try_ready

_QUESTIONS: dict[str, tuple[dict[str, str], ...]] = {
    "paint": ({}, {"text": "a dog", "seed": "1"}, {"text": "the sun", "seed": "2"}),
    "act": ({},),
    "fold": ({},),
    "write": ({}, {"temperature": "0.8", "seed": "1"}, {"temperature": "0.8", "seed": "2"}),
    "fill": ({},),
    "embed": ({},),
}


@stamped(16)  # more than a page shows: it asks for all of them every few seconds
def samples_of(source: str) -> tuple[tuple[str, Any], ...]:
    """The first of these trials that the model can be tried with, for each of its questions: its name and its result.

    Raises:
        CladosError: for a directory that cannot be read.
    """
    return tuple((each.name, each.result) for each in usual_samples(loaded(source), source))


def usual_samples(ready: Ready, source: str) -> tuple[Tried, ...]:
    """The same of a model that is there, with what was asked."""
    able = [name for name, each in TRIALS.items() if each.able(ready)]
    name = next((each for each in _QUESTIONS if each in able), None)
    tried = [try_ready(ready, source, name, said) for said in _QUESTIONS[name]] if name else []
    return tuple(each for each in tried if each.result is not None)

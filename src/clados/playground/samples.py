"""What a trained model makes of a few usual questions, as samples beside its curves."""

from typing import Any

from clados.playground.trials import stamped
from clados.playground.trying import try_model

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
        CladosError: for a directory that cannot be read, and a model that can be tried with nothing.
    """
    able = try_model(source, "", {}).trials
    name = next((each for each in _QUESTIONS if each in able), None)
    tried = [try_model(source, name, said) for said in _QUESTIONS[name]] if name else []
    return tuple((each.name, each.result) for each in tried if each.result is not None)

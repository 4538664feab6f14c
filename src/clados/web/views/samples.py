"""Samples of a trained model, each in short: what the playground shows of the same trial, without its tables."""

from collections.abc import Callable
from typing import Any

from clados.html import Child, el
from clados.web.request import PageRequest
from clados.web.views.films import still
from clados.web.views.playground import TRIAL_PICTURES, written_tokens

_SHORT: dict[str, Callable[[PageRequest, Any], Child]] = {
    "write": lambda asked, result: written_tokens(result),
    "paint": lambda asked, result: [still(asked, result), el("blockquote", result.text)],
}


def sample_picture(asked: PageRequest, name: str, result: Any) -> Child:
    """What came of a trial, as small as can be."""
    return (_SHORT.get(name) or TRIAL_PICTURES[name])(asked, result)

"""The commands that make a run again and go on with it, from what its run.json says."""

import math
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

_UNUSUAL = {"start": "from"}  # choices whose options have other names
_NO_OPTION = ("every", "held_out")  # what run.json says of a run that is tuned beside its choices
_OF_UPDATES = ("on", "lora_dropout")  # of low-rank updates, where there are any
WITHOUT_SEQUENCES = ("ImageClasses", "PointRegression")  # objectives whose examples have no length
_PYTHON_ONLY = ("shuffled",)
_USUAL = {"vocab": 2048}  # that stands in run.json where nobody chose it
_DIGITS, _ROUNDING = 12, 1e-15  # of a number that somebody says; the share by which a product of such may miss one


def made_by(said: Mapping[str, Any], folder: Path) -> str:
    """The command that makes a run again, with every choice that was not left out; empty where none does."""
    chosen = said.get("choices")
    if not isinstance(chosen, Mapping) or any(chosen.get(each) for each in _PYTHON_ONLY):
        return ""
    read = {name: value for name, value in chosen.items() if name not in _unread(said)}
    return shlex.join(["clados", *_begin(said, chosen), *_options(read, _short), "--out", str(folder)])


def learned_objective(said: Mapping[str, Any]) -> str:
    """The name of the kind of objective that a run learns by; empty where it is not known."""
    found = re.search(r"\bobjective=(\w+)\(", str(said.get("stage", "")))
    return found[1] if found else ""


def _unread(said: Mapping[str, Any]) -> set[str]:
    """Choices that a run had and nothing read, as was once possible; they are refused now."""
    return {
        *(["vocab"] if said.get("tokenizer checksum") == "" else []),
        *(["length"] if learned_objective(said) in WITHOUT_SEQUENCES else []),
    }


def _short(number: float) -> str:
    """A number without the rounding of what it is a product of: 0.0006 for 0.0006000000000000001.

    The run that is made so has this number but for the last of its digits in float64.
    """
    near = float(f"{number:.{_DIGITS}g}")
    return str(near if math.isclose(near, number, rel_tol=_ROUNDING) else number)


def goes_on_by(said: Mapping[str, Any], folder: Path) -> str:
    """The command that goes on with a run; empty where it is not known.

    What was pretrained is known by its folder; what was tuned is asked for by all its choices, to the last digit.
    """
    chosen = said.get("choices")
    if is_tuned(said) and isinstance(chosen, Mapping):
        words = ["clados", *_begin(said, chosen), *_options(chosen, str), "--out", str(folder), "--resume"]
        return shlex.join(words)
    model = said.get("model")
    if not isinstance(model, str) or not model:
        return ""
    return shlex.join(["clados", "pretrain", model, "--out", str(folder), "--resume"])


def is_tuned(said: Mapping[str, Any]) -> bool:
    """Whether a run tuned a saved model for a task."""
    chosen = said.get("choices")
    return isinstance(chosen, Mapping) and "task" in chosen


def _begin(said: Mapping[str, Any], chosen: Mapping[str, Any]) -> list[str]:
    """The verb and what it is given without a name."""
    if is_tuned(said):
        return ["finetune", str(chosen.get("start", ""))]
    return ["pretrain", str(said.get("model", ""))]


def _options(chosen: Mapping[str, Any], number: Callable[[float], str]) -> Iterator[str]:
    """Every choice as an option; one of several values is repeated, or parted by commas.

    Args:
        number: how one with a fraction is written.
    """
    beside = {*_PYTHON_ONLY, *(_NO_OPTION if "task" in chosen else ())}
    if "task" in chosen:
        beside |= {"start"} | ({"epochs"} if chosen.get("steps") else set())
        beside |= set() if chosen.get("lora") else {*_OF_UPDATES}
    for name, value in chosen.items():
        option = f"--{_UNUSUAL.get(name, name).replace('_', '-')}"
        if name in beside or value is None or value is False or value in ([], _USUAL.get(name)):
            continue
        if value is True:
            yield option
        elif name == "freeze" and isinstance(value, list):
            for each in value:
                yield from (option, str(each))
        else:
            yield from (option, number(value) if isinstance(value, float) else _text(value))


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{name}={number}" for name, number in value.items())
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)

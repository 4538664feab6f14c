"""The runs under a folder, as their files say how far they are."""

import re
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clados.errors import CladosError
from clados.files import JsonObject, holds_model
from clados.web.lazily import computed

_LOG, _RUN = "log.jsonl", "run.json"
_CHECKPOINTS, _MODEL = "checkpoints", "model"  # of a run; of a checkpoint, as it was then
_DEPTH, _MOST = 3, 40  # folders within folders, and runs, that are looked at
_FRESH = 90  # seconds since its last entry in which a run is taken to go on


@dataclass(frozen=True)
class ShownRun:
    """A run: where it is, what it trains, its entries in order; whether it has ended or goes on.

    Attributes:
        steps: how many it is to take; 0 when not known. wrong: why its files cannot be read.
        made: the directory of the model that has come of it, or has come of it so far; None: there is none.
    """

    folder: Path
    model: str
    steps: int
    entries: tuple[dict[str, Any], ...]
    ended: bool
    fresh: bool
    wrong: str = ""
    made: Path | None = None


def found_runs(folder: Path) -> list[ShownRun]:
    """The runs under a folder, the last that was written to first."""
    logs = [each for depth in range(_DEPTH + 1) for each in folder.glob("*/" * depth + _LOG)]
    times: dict[Path, float] = {}
    for each in logs:
        with suppress(FileNotFoundError):  # a run may be removed at any moment
            times[each] = each.stat().st_mtime
    return [_read(each, times[each]) for each in sorted(times, key=lambda each: -times[each])[:_MOST]]


def _read(log: Path, written: float) -> ShownRun:
    folder, model, steps = log.parent, "", 0
    ended = holds_model(folder)
    fresh = time.time() - written < _FRESH
    try:
        if (folder / _RUN).exists():
            said = JsonObject.read(folder / _RUN)
            model, steps = said.take("model", str, ""), said.inside("choices").take("steps", int, 0)
        entries = tuple(computed("clados.train.log:read_log", log))
    except (CladosError, OSError) as error:
        return ShownRun(folder, model, steps, (), ended, fresh, str(error))
    return ShownRun(folder, model, steps, entries, ended, fresh, made=folder if ended else _so_far(folder))


def _so_far(folder: Path) -> Path | None:
    """The model of the last checkpoint of a run that has one."""
    found = {saved_step(each): each for each in folder.glob(f"{_CHECKPOINTS}/step-*/{_MODEL}") if holds_model(each)}
    return found[max(found)] if found else None


def saved_step(made: Path) -> int:
    """The step of the checkpoint whose model this is; -1: its name says none."""
    said = made.parent.name.removeprefix("step-")
    return int(said) if re.fullmatch(r"[0-9]{1,18}", said) else -1

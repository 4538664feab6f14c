"""The folder of a run: who may write to it, and what its run.json says of a run that goes on."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from clados.checkpoints.atomic import directory
from clados.errors import CladosError, InputError
from clados.files import PART, JsonObject, locked
from clados.objectives.judges import recorded_name
from clados.reports.run import KEPT_SAMPLES, LOG, REPORT, RUN
from clados.train import saved
from clados.train.choices import CHOICE_TYPES, Choices
from clados.train.loop import CHECKPOINTS

TENSORBOARD, LOCK = "tensorboard", ".clados-run.lock"
ALIKE = ("steps", "seed", "dtype", "params", "length", "method", "reward")  # options of all stages of a walk
STAGES = "stages"  # the folder of those that came before the last
OWN = {LOCK, RUN, LOG, KEPT_SAMPLES, REPORT, CHECKPOINTS, TENSORBOARD, STAGES}  # what a run without a model has
LEFTOVERS = re.compile(
    rf"\.({RUN}|{LOG}|{KEPT_SAMPLES}|{REPORT})\.[0-9a-f]+{PART}"
)  # files that a killed process was writing


def resumed(folder: Path, asked: Choices, given: Sequence[str]) -> Choices:
    """The choices of the run in a folder, with more steps when more are asked for.

    Args:
        asked: what the user says now; ``given`` are the names of what was said, which must not differ.

    Raises:
        CladosError: for a run.json that this version cannot read.
        InputError: when the folder holds no run, or another one.
    """
    recorded = recorded_run(folder)
    choices = recorded.inside("choices")
    said: dict[str, Any] = {name: choices.take(name, kind, None) for name, kind in CHOICE_TYPES.items()}
    try:
        usual = {name: value for name, value in said.items() if value is not None}
        was = Choices(model=recorded.take("model", str, ""), **usual)
    except CladosError as error:
        raise CladosError(f"{recorded.file}: {error}") from error
    if choices.unread:
        raise CladosError(f"{recorded.file}: not known to this version: {', '.join(choices.unread)}")
    if "minutes" in given:
        raise InputError(f"{folder}: minutes is {asked.minutes}; a run that goes on is given its length in steps")
    if asked.steps is not None and was.steps is not None and asked.steps > was.steps:
        was = replace(was, steps=asked.steps)
    before = vars(was) | _of_teacher(was)
    pairs = {name: (before[name], getattr(asked, name)) for name in ("model", *given)}
    if different := [f"its run has {name} {old}, not {new}" for name, (old, new) in pairs.items() if old != new]:
        raise InputError(f"{folder}: {'; '.join(different)}")
    return was


def _of_teacher(was: Choices) -> dict[str, Any]:
    """The budget and the vocabulary that a student was asked for: those of its teacher, where that was trained for it.

    Raises:
        CladosError: for a run.json of the teacher that cannot be read.
    """
    if was.teacher is None or not (Path(was.teacher) / RUN).exists():
        return {}
    said = JsonObject.read(Path(was.teacher) / RUN).inside("choices")
    params, vocab = said.take("params", str, None), said.take("vocab", int, None)
    return {"params": was.params or params, "vocab": vocab or was.vocab}


def recorded_run(folder: Path) -> JsonObject:
    """The run.json of a folder.

    Raises:
        InputError: there is none.
    """
    if not (folder / RUN).exists():
        raise InputError(f"{folder}: there is no run to resume")
    return JsonObject.read(folder / RUN)


def recorded_values(folder: Path) -> dict[str, Any]:
    """What run.json says of a run, by the names of ``Trainer.recorded``."""
    said = recorded_run(folder)
    choices, examples = said.inside("choices"), said.inside("examples")
    values = {name: each.peek(name) for each in (choices, said) for name in sorted(each.keys())}
    return values | {"examples": examples.take("trained on", int, None)}


def check_options(folder: Path, choices: Choices) -> None:
    """Check that the run of a stage, where there is one, has the options of the walk that goes on.

    Raises:
        InputError: it has another; the first is named.
    """
    if not (folder / RUN).exists():
        return
    said = recorded_run(folder).inside("choices")
    was = _options({name: said.peek(name) for name in said.keys()})  # noqa: SIM118 (no dict)
    now = _options(vars(choices))
    if other := next((name for name in ALIKE if was[name] != now[name]), None):
        before = f"without {other}" if was[other] is None else f"with {other} {was[other]}"
        given = "without" if now[other] is None else f"{'with ' if was[other] is None else ''}{now[other]}"
        raise InputError(f"{folder}: was trained {before}, not {given}: resume with the same options")


def _options(choices: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a walk, of a stage's choices: its method is its objective's, judges have the names that a run keeps."""
    swapped, judges = choices.get("objective") or "ppo", choices.get("reward")
    reward = judges and ",".join(map(recorded_name, judges.split(",")))
    found = {name: choices.get(name) for name in ALIKE}
    return {**found, "method": swapped.partition(":")[0], "reward": reward}


@contextmanager
def holding(out: Path, *, resume: bool) -> Iterator[None]:
    """Hold a run's folder, as one process at a time can.

    Raises:
        CladosError: another process holds it.
        InputError: it is not empty, and no run is resumed.
        OSError: it cannot be written to.
    """
    if (out.exists() or out.is_symlink()) and not out.is_dir():
        raise InputError(f"{out}: is {_named(out)}; name a folder, which is made if need be")
    with directory(out), locked(out / LOCK):
        for part in out.iterdir():
            if LEFTOVERS.fullmatch(part.name):  # of a process that was killed
                part.unlink()
        others = {each.name for each in out.iterdir()} - OWN
        if not resume and (others or saved.checkpoints(out / CHECKPOINTS)):
            if (out / RUN).exists():
                raise InputError(f"{out}: holds a run; resume it, or name another folder")
            first, *more = sorted(others) or [CHECKPOINTS]
            there = first + (f" and {len(more)} more" if more else "")
            raise InputError(f"{out}: holds {there}, and no run that could be resumed; name another folder")
        yield


def _named(path: Path) -> str:
    """What there is at a path that is no folder."""
    kinds = {"a file": Path.is_file, "a named pipe": Path.is_fifo, "a socket": Path.is_socket}
    return next(
        (name for name, holds in kinds.items() if holds(path)), "a device" if path.exists() else "a broken link"
    )

"""The runs under a folder, as their files say how far they are."""

import re
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from clados.errors import CladosError
from clados.files import holds_model, model_found
from clados.reports.run import LOG, RunRecord, run_record

_DEPTH, _MOST = 3, 40  # folders within folders, and runs, that are looked at
_FRESH = 90  # seconds since its last entry in which a run is taken to go on


@dataclass(frozen=True)
class ShownRun:
    """A run: what its files say, and whether it goes on.

    Attributes:
        written: when its log was written to last, as the system counts. wrong: why its files cannot be read.
        made: the directory of the model that has come of it, or has come of it so far; None: there is none.
    """

    record: RunRecord
    fresh: bool
    written: float
    wrong: str = ""
    made: Path | None = None

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.record.folder

    @property
    def ended(self) -> bool:
        """Whether a model has come of it."""
        return self.record.ended


def found_runs(folder: Path) -> list[ShownRun]:
    """The runs under a folder, the last that was written to first."""
    logs = [each for depth in range(_DEPTH + 1) for each in folder.glob("*/" * depth + LOG)]
    times: dict[Path, float] = {}
    for each in logs:
        with suppress(FileNotFoundError):  # a run may be removed at any moment
            times[each] = each.stat().st_mtime
    return [_read(each.parent, times[each]) for each in sorted(times, key=lambda each: -times[each])[:_MOST]]


def _read(folder: Path, written: float) -> ShownRun:
    fresh = time.time() - written < _FRESH
    try:
        return ShownRun(run_record(folder), fresh, written, made=model_found(folder))
    except (CladosError, OSError) as error:
        return ShownRun(RunRecord(folder, {}, (), ended=holds_model(folder)), fresh, written, str(error))


def saved_step(made: Path) -> int:
    """The step of the checkpoint whose model this is; -1: its name says none."""
    said = made.parent.name.removeprefix("step-")
    return int(said) if re.fullmatch(r"[0-9]{1,18}", said) else -1

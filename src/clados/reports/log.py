"""The log of a run as it is read: one JSON object a step and an evaluation."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clados.errors import CladosError

Entry = dict[str, Any]


def read_log(file: Path) -> list[Entry]:
    """The complete entries of a log; a last line that a killed process left unfinished is dropped.

    Raises:
        CladosError: a line is no entry.
    """
    found: list[Entry] = []
    *lines, _ = file.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            entry = None
        if not _is_entry(entry):
            raise CladosError(f"{file}:{number}: damaged, no entry of a run's log; remove the line to go on")
        found.append(entry)
    return found


def begun_and_kept(entries: Sequence[Entry]) -> tuple[dict[str, float], dict[str, float]]:
    """The first evaluation, and that of the weights that came of the run: the last, or the best where it is kept."""
    held = {entry["step"]: entry for entry in entries if "held_out" in entry}
    if not held:
        return {}, {}
    last = held[max(held)]
    return held[min(held)]["held_out"], held.get(last.get("best"), last)["held_out"]


def is_number(found: Any) -> bool:
    """Whether what a file says is a number that can be drawn; one that is not finite breaks a line."""
    return isinstance(found, float) or (isinstance(found, int) and abs(found) <= sys.float_info.max)


def _is_entry(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("step"), int):
        return False
    held_out = entry.get("held_out", {})
    own = (value for name, value in entry.items() if name != "held_out")
    return isinstance(held_out, dict) and all(map(is_number, (*own, *held_out.values())))

"""What a run writes down and shows: one JSON object a step and an evaluation, a line on a terminal, TensorBoard."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from clados.errors import CladosError
from clados.files import write_text

Entry = dict[str, Any]


class Log:
    """Entries in order, written to ``log.jsonl`` as they come."""

    def __init__(self, file: Path | None = None, upto: int = 0) -> None:
        """``upto``: the step from which a resumed run goes on; later entries, of what was killed, are dropped."""
        self.entries: list[Entry] = []
        self.file = None
        if file is None:
            return
        if upto and file.exists():
            self.entries = [entry for entry in read(file) if entry["step"] <= upto]
        write_text(file, "".join(json.dumps(entry) + "\n" for entry in self.entries))
        self.file = file.open("a", encoding="utf-8", buffering=1)

    def __call__(self, entry: Entry) -> None:
        """Write an entry."""
        self.entries.append(entry)
        if self.file:
            self.file.write(json.dumps(entry) + "\n")

    def close(self) -> None:
        """Write nothing more."""
        if self.file:
            self.file.close()


def read(file: Path) -> list[Entry]:
    """The complete entries of a log; a line that a killed process left unfinished is dropped."""
    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found


class Show:
    """What a run tells while it goes on; this one tells nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """The run is over."""

    def start(self, step: int, steps: int) -> None:
        """The run begins at ``step`` of ``steps``."""

    def step(self, entry: Mapping[str, Any]) -> None:
        """A step is done."""

    def evaluated(self, entry: Mapping[str, Any]) -> None:
        """Held-out data have been measured."""


class Bar(Show):
    """A line with loss, tokens a second and time left on a terminal; elsewhere only a line an evaluation."""

    def __init__(self, name: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[loss]}  {task.fields[speed]}"),
            TimeRemainingColumn(),
            console=Console(file=sys.stderr),
            disable=not sys.stderr.isatty(),
            refresh_per_second=5,
        )
        self.task = self.progress.add_task(name, loss="", speed="", total=None)

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def start(self, step: int, steps: int) -> None:
        self.progress.update(self.task, completed=step, total=steps)

    def step(self, entry: Mapping[str, Any]) -> None:
        speed = f"{entry['tokens_per_second']:,.0f} tokens/s"
        self.progress.update(self.task, completed=entry["step"], loss=f"loss {entry['loss']:.3f}", speed=speed)

    def evaluated(self, entry: Mapping[str, Any]) -> None:
        others = "".join(f", {name} {value:.3f}" for name, value in entry["held_out"].items() if name != "loss")
        line = f"step {entry['step']}: held-out loss {entry['held_out']['loss']:.4f}{others}"
        if self.progress.disable:
            print(line, file=sys.stderr)
        else:
            self.progress.console.print(line, highlight=False)


class TensorBoard(Show):
    """The same numbers as TensorBoard's event files, beside another way of showing them."""

    def __init__(self, folder: Path, beside: Show) -> None:
        """Raises CladosError when TensorBoard is not installed."""
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise CladosError("--tensorboard needs tensorboard: pip install 'clados[tensorboard]'") from None
        self.writer, self.beside = SummaryWriter(str(folder)), beside

    def __enter__(self) -> Self:
        self.beside.__enter__()
        return self

    def __exit__(self, *why: object) -> None:
        self.writer.close()
        self.beside.__exit__(*why)

    def start(self, step: int, steps: int) -> None:
        self.beside.start(step, steps)

    def step(self, entry: Mapping[str, Any]) -> None:
        for name in ("loss", "lr", "gradient", "tokens_per_second"):
            if name in entry:
                self.writer.add_scalar(name, entry[name], entry["step"])
        self.beside.step(entry)

    def evaluated(self, entry: Mapping[str, Any]) -> None:
        for name, value in entry["held_out"].items():
            self.writer.add_scalar(f"held_out/{name}", value, entry["step"])
        self.beside.evaluated(entry)

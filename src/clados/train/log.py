"""What a run writes down and shows: one JSON object a step and an evaluation, a line on a terminal, TensorBoard."""

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Self

from clados.errors import CladosError, how_to_install
from clados.files import write_text
from clados.reports.log import Entry, read_log
from clados.tables import escape_controls


class Log:
    """Entries in order, written to ``log.jsonl`` as they come."""

    def __init__(self, file: Path | None = None, upto: int = 0) -> None:
        """``upto``: the step from which a resumed run goes on; later entries, of what was killed, are dropped.

        Raises:
            CladosError: as ``read_log``.
        """
        self.entries: list[Entry] = []
        self.file = None
        if file is None:
            return
        if upto and file.exists():
            self.entries = [entry for entry in read_log(file) if entry["step"] <= upto]
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


class Show:
    """What a run tells while it goes on; this one tells nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """The run is over."""

    def note(self, text: str) -> None:
        """Something to know about the run."""

    def start(self, step: int, steps: int) -> None:
        """The run begins at ``step`` of ``steps``."""

    def step(self, entry: Mapping[str, Any]) -> None:
        """A step is done."""

    def evaluated(self, entry: Mapping[str, Any]) -> None:
        """Held-out data have been measured."""


class Bar(Show):
    """A line with loss, tokens a second and time left on a terminal; elsewhere only a line an evaluation.

    When nobody reads any more (the terminal was closed), it goes silent: the run is to be saved all the same.
    """

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
        self.task = self.progress.add_task(escape_controls(name), loss="", speed="", total=None)

    def __enter__(self) -> Self:
        with suppress(OSError):
            self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self.progress.stop()

    def note(self, text: str) -> None:
        self._print(text)

    def start(self, step: int, steps: int) -> None:
        with suppress(OSError):
            self.progress.update(self.task, completed=step, total=steps)

    def step(self, entry: Mapping[str, Any]) -> None:
        speed = f"{entry['tokens_per_second']:,.0f} tokens/s"
        with suppress(OSError):
            self.progress.update(self.task, completed=entry["step"], loss=f"loss {entry['loss']:.3f}", speed=speed)

    def evaluated(self, entry: Mapping[str, Any]) -> None:
        others = "".join(f", {name} {value:.3f}" for name, value in entry["held_out"].items() if name != "loss")
        self._print(f"step {entry['step']}: held-out loss {entry['held_out']['loss']:.4f}{others}")

    def _print(self, line: str) -> None:
        with suppress(OSError):
            if self.progress.disable:
                print(escape_controls(line), file=sys.stderr)
            else:
                self.progress.console.print(escape_controls(line), highlight=False, markup=False)


class TensorBoard(Show):
    """The same numbers as TensorBoard's event files, beside another way of showing them."""

    def __init__(self, folder: Path, beside: Show) -> None:
        """Raises CladosError when TensorBoard is not installed."""
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise CladosError(f"--tensorboard needs tensorboard, which {how_to_install('tensorboard')}") from None
        self.writer: Any = None
        self.open: Callable[[], Any] = partial(SummaryWriter, str(folder))
        self.beside = beside

    def __enter__(self) -> Self:
        self.writer = self.open()
        self.beside.__enter__()
        return self

    def __exit__(self, *why: object) -> None:
        self.writer.close()
        self.beside.__exit__(*why)

    def note(self, text: str) -> None:
        self.beside.note(text)

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

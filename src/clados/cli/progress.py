"""A bar on the terminal for what takes longer than a second."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Timer
from typing import Any

from clados.progress import Advance
from clados.tables import escape_controls

AFTER = 1.0  # seconds


@contextmanager
def progress_bar(name: str, total: float | None) -> Iterator[Advance]:
    """Show a bar on stderr from the first second on, where that is a terminal; of torchrun's processes, in one."""
    if not sys.stderr.isatty() or os.environ.get("RANK", "0") != "0":
        yield lambda more: None
        return
    bar = _Bar(name, total)
    try:
        yield bar.advance
    finally:
        bar.close()


class _Bar:
    def __init__(self, name: str, total: float | None) -> None:
        self.name, self.total, self.done = name, total, 0
        self.bars: Any = None
        self.closed, self.lock = False, Lock()
        self.timer = Timer(AFTER, self._show)
        self.timer.daemon = True
        self.timer.start()

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        with self.lock, suppress(OSError):  # nobody reads any more: silent
            if self.closed:
                return
            columns = TextColumn("{task.description}"), BarColumn(None), TaskProgressColumn(), TimeRemainingColumn()
            bars = Progress(*columns, console=Console(file=sys.stderr), refresh_per_second=5, transient=True)
            self.task = bars.add_task(escape_controls(self.name), total=self.total, completed=self.done)
            bars.start()
            self.bars = bars

    def advance(self, more: float) -> None:
        """So much more is done."""
        self.done += int(more)
        if self.bars:
            self.bars.update(self.task, completed=self.done)

    def close(self) -> None:
        """Take the bar away."""
        self.timer.cancel()
        with self.lock, suppress(OSError):
            self.closed = True
            if self.bars:
                self.bars.stop()

"""Bars for what takes longer than a second."""

import io
import sys
import time

import pytest

from clados.cli.progress import progress_bar
from clados.progress import progress, showing


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("terminal", "takes", "shown"), [(True, 0.3, True), (True, 0.0, False), (False, 0.3, False)])
def test_a_bar_is_shown_on_a_terminal_and_only_when_it_takes_long(
    terminal: bool, takes: float, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    err = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setattr("clados.cli.progress.AFTER", 0.1)
    with showing(progress_bar), progress("reading", 4) as advance:
        for _ in range(4):
            advance(1)
            time.sleep(takes / 4)
    assert ("reading" in err.getvalue()) == shown
    with progress("by itself") as advance:
        advance(1)
    assert "by itself" not in err.getvalue()

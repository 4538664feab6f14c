"""What is said beside a result: one line on stderr."""

import warnings

import pytest

from clados.cli import frame
from clados.errors import CladosWarning


def test_a_warning_of_ours_is_one_plain_line_on_stderr_and_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(argv: list[str]) -> int:
        for _ in range(2):  # as by each stage of a walk
            with warnings.catch_warnings():
                warnings.warn(CladosWarning("runs/x: written in\nClados's own form"), stacklevel=2)
        return 0

    monkeypatch.setattr(frame, "_dispatch", command)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert frame.run_command_line([]) == 0
    assert capsys.readouterr() == ("", "clados: runs/x: written in Clados's own form\n")

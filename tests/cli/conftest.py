"""Running a command line in this process, and the small catalogue of three as the user's own folder."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from clados.cli.frame import run_command_line
from clados.names import CARDS_PATH

SMALL = Path(__file__).parents[1] / "catalog" / "data"


class Told(NamedTuple):
    """What a command said, and how it ended."""

    out: str
    err: str
    code: int

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Clados = Callable[..., Told]


@pytest.fixture
def clados(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Clados:
    """``clados("list", "--json")``; what it sets in the environment is undone after the test."""
    monkeypatch.setenv(CARDS_PATH, "")
    monkeypatch.setenv("NO_COLOR", "")

    def call(*argv: str) -> Told:
        code = run_command_line(argv)
        told = capsys.readouterr()
        return Told(told.out, told.err, code)

    return call

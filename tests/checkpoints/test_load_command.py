"""``clados load``: the report of a directory."""

import json
from pathlib import Path

import pytest

import clados
from clados.cli.frame import run_command_line
from clados.models.declared import declared
from clados.spec.core.declaration import tiny


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small GPT-2."""
    clados.build(tiny(declared("gpt-2").model)).save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def test_a_whole_directory_is_reported(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["load", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "gpt-2 as GPT2LMHeadModel" in told
    assert "whole: all" in told
    assert run_command_line(["load", str(folder), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    report = clados.from_pretrained(folder).report
    assert data["matched"] == list(report.matched)
    assert (data["verdict"], data["missing"]) == (report.verdict, [])


def test_what_is_refused_is_reported_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"n_layer": 3', '"n_layer": 4'))
    assert run_command_line(["load", str(folder)]) == 1
    assert "refused: " in capsys.readouterr().out
    assert run_command_line(["load", str(folder / "nowhere")]) == 2

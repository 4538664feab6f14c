"""draw, count and diff of a model that is saved, as of those of the catalogue."""

import json
from pathlib import Path
from typing import Any

import pytest

from clados import spec as s
from clados.checkpoints import save_pretrained
from clados.cli.frame import run_command_line
from clados.models.declared import declared
from clados.nn import build

TINY = s.tiny(declared("gpt-2").model)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("saved") / "mine"
    save_pretrained(build(TINY), path)
    return str(path)


def said(capsys: pytest.CaptureFixture[str], *command: str) -> Any:
    assert run_command_line([*command, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_saved_model_is_counted_drawn_and_compared(directory: str, capsys: pytest.CaptureFixture[str]) -> None:
    total = s.count_parameters(TINY).total
    (row,) = said(capsys, "count", directory)["counts"]
    assert (row["id"], row["total"], row["published"]) == (directory, total, None)
    assert run_command_line(["draw", directory]) == 0
    assert f"{directory}  Decoder  {total:,}" in capsys.readouterr().out.replace("\n", "")
    found = said(capsys, "diff", "gpt-2:small", directory)
    assert {each["path"] for each in found["changes"]} == {"size.layers", "size.d_model", "size.heads", "size.d_ff"}
    assert said(capsys, "diff", directory, directory)["changes"] == []


def test_a_declaration_of_ones_own_is_compared_by_its_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from clados.models.gpt.gpt_2 import declaration as parent\nfrom clados.spec import *\n"
        "mine = parent.model.but(size=Size(2, 64, 2))\n"
        "declaration = Declaration(model=mine, sizes={'only': mine.size}, recipe=parent.recipe)\n"
    )
    assert {each["path"] for each in said(capsys, "diff", "gpt-2:small", str(file))["changes"]} >= {"size.layers"}
    assert said(capsys, "count", str(file), "--ledger", "none")["counts"][0]["total"] > 0


@pytest.mark.parametrize("verb", ["show", "lineage", "cite", "pretrain"])
def test_what_is_known_of_cards_alone_says_what_shows_a_directory(
    verb: str, directory: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line([verb, directory]) == 2
    message = capsys.readouterr().err.replace("\n", "")
    assert f"unknown model '{directory}': that is a directory, and here a model of the catalogue" in message


def test_a_name_of_the_catalogue_is_no_directory(
    directory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gpt-2").mkdir()
    assert said(capsys, "count", "gpt-2:small", "--ledger", "none")["id"] == "gpt-2"
    assert said(capsys, "count", "gpt-2", "--ledger", "none")["id"] == "gpt-2"


@pytest.mark.parametrize("verb", ["show", "count", "draw"])
def test_a_name_too_long_for_any_path_is_a_model_that_is_unknown(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line([verb, "x" * 5000]) == 2
    assert "unknown model" in capsys.readouterr().err

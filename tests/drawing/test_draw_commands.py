"""`clados tree` and `clados timeline`, as they are typed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from clados.cli.frame import run_command_line


def test_the_tree_is_written_as_svg_and_printed_as_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "tree.svg"
    assert run_command_line(["tree", "--svg", str(target), "--json", "--highlight", "bert"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert target.read_text().startswith("<svg ")
    assert {"nodes", "edges", "lanes"} <= set(data)
    assert len(data["nodes"]) == 78


@pytest.mark.parametrize("command", [["tree"], ["timeline"], ["timeline", "--y", "params"], ["timeline", "--recent"]])
def test_the_terminal_shows_the_same_models(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(command) == 0
    assert "Alpaca" in capsys.readouterr().out


def test_the_survey_s_figure_is_compared_edge_by_edge(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["tree", "--against-survey", "--json"]) == 0
    rows = {row["child"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["electra"]["only_survey"] == ["transformer"]
    assert rows["electra"]["only_ours"] == ["bert"]
    assert rows["electra"]["reason"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["tree", "--highlight", "brt"], "did you mean"),
        (["timeline", "--y", "size"], "params"),
        (["tree", "--svg", "/dev/null/tree.svg"], "cannot write /dev/null/tree.svg"),
    ],
)
def test_a_mistake_gets_one_line_and_exit_code_2(
    command: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(command) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert "Traceback" not in captured.err


def test_drawing_imports_no_torch() -> None:
    code = "import sys, clados.cli.draw, clados.drawing; print('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"

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
        (["draw", "gpt", "--direction", "left"], "'left' is not one of 'up', 'right'"),
        (["draw", "gpt", "--attention", "stack.blocks.0", "--direction", "right"], "direction right is of the drawing"),
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


def test_a_count_is_written_as_a_treemap(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "bert.svg"
    assert run_command_line(["count", "bert:base", "--svg", str(target)]) == 0
    assert "110,106,428" in capsys.readouterr().out
    assert "109,482,240" not in target.read_text()
    assert "110,106,428 parameters" in target.read_text()
    assert run_command_line(["count", "--svg", str(target)]) == 2
    assert "name it, as in bert:base" in capsys.readouterr().err


def test_a_model_is_written_in_pixels_on_white(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from PIL import Image

    target = tmp_path / "gpt.png"
    assert run_command_line(["draw", "gpt", "--png", str(target)]) == 0
    assert "wrote" in capsys.readouterr().err
    with Image.open(target) as image:
        assert image.format == "PNG"
        assert image.width > 800
        assert image.convert("RGB").getpixel((3, 3)) == (255, 255, 255)


def test_pixels_without_resvg_say_how_it_is_installed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    assert run_command_line(["draw", "gpt", "--png", str(tmp_path / "gpt.png")]) == 2
    assert "pip install -e '.[pictures]'" in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(("option", "name"), [("--png", "x.jpg"), ("--svg", "x.png"), ("--pdf", "x.svg")])
def test_a_file_with_the_ending_of_another_format_is_refused(
    option: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["poster", option, str(tmp_path / name)]) == 2
    assert f"the file has to end in .{option[2:]}" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / name).exists()

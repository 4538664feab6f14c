"""The tour trains three models and writes one page that needs nothing else."""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

from clados import spec as s
from clados.cli.frame import run_command_line
from clados.cli.tour import _warn
from clados.objectives import task
from clados.tour.stops import Stop


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tour of a second a model."""
    out = tmp_path_factory.mktemp("tour")
    with pytest.MonkeyPatch.context() as patch:
        written: list[str] = []
        patch.setattr("builtins.print", lambda *text, **_: written.append(" ".join(map(str, text))))
        assert run_command_line(["tour", "--out", str(out), "--minutes", "0.02", "--json"]) == 0
    (out / "figures.json").write_text(next(text for text in written if text.startswith("{")), encoding="utf-8")
    return out


@pytest.mark.slow
def test_every_model_is_measured_beside_what_needs_no_model(told: Path) -> None:
    figures = json.loads((told / "figures.json").read_text(encoding="utf-8"))
    assert [each["id"] for each in figures["models"]] == ["bert", "gpt-2", "t5"]
    for each in figures["models"]:
        assert each["targets"] >= 10_000
        assert each["bigram"] < each["unigram"] < each["start"]
        assert each["end"] < each["start"]
        assert len(each["samples"]) == 3


@pytest.mark.slow
def test_the_page_needs_neither_network_nor_script(told: Path) -> None:
    page = (told / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"<script|<link|<img|src=|@import|url\(", page)
    assert {address for address in re.findall(r'href="([^"]+)"', page) if not address.startswith("#")} == set()
    others = re.findall(r"<code>(.*?)</code>", page)
    assert others == [f"{name}/report.html" for name in ("bert", "gpt-2", "t5")]
    assert all((told / each).is_file() for each in others)
    pictures = re.findall(r"<svg.*?</svg>", page, re.S)
    assert len(pictures) == 16  # of each a way, a curve for two widths, parts and parameters; and the tree
    assert len(re.findall(r"[1-9][\d,]* tokens a second</p></article>", page)) == 3
    for picture in pictures:
        ElementTree.fromstring(picture)


@pytest.mark.slow
def test_the_page_shows_each_objective_on_two_sentences_and_both_parts_of_bert_s(told: Path) -> None:
    page = (told / "report.html").read_text(encoding="utf-8")
    assert page.count('class="read"') == 3
    assert all(f'class="t {mark}"' in page for mark in ("hidden", "sentinel", "special", "text"))
    shares = r"follows the first</h3>.*?<em>(\d+)%</em>.*?<b>the more frequent answer</b>.*?<em>(\d+)%</em>"
    ((right, constant),) = re.findall(shares, page)
    assert 50 <= int(constant) < 100  # spans of one sentence have nothing that follows: more than half do not
    assert 0 < int(right) <= 100


def test_a_curve_shows_the_part_that_its_lines_are_of() -> None:
    words = task(s.MaskedTokens())
    assert words.main_loss({"loss": 5.5, "lm": 5.0, "nsp": 0.5}) == 5.0
    assert words.main_loss({"loss": 4.0}) == 4.0


@pytest.mark.slow
def test_each_directory_is_a_model_that_can_be_used(told: Path) -> None:
    import clados

    for name in ("bert", "gpt-2", "t5"):
        assert clados.from_pretrained(told / name).report.verdict.startswith("whole")


@pytest.mark.parametrize(("margin", "warns"), [(0.31, False), (0.29, True), (float("nan"), True)])
def test_a_model_that_learned_little_is_said_to(margin: float, warns: bool, capsys: pytest.CaptureFixture[str]) -> None:
    clear = Stop.clear.fget(SimpleNamespace(margin=margin))  # type: ignore[attr-defined]
    stop: Any = SimpleNamespace(clear=clear, plan=SimpleNamespace(run=SimpleNamespace(steps=21)))
    _warn("bert", stop, 0.5)
    assert capsys.readouterr().err == (
        "bert has learned little in 21 steps; clados tour --minutes 1 trains longer\n" if warns else ""
    )


def test_a_folder_of_something_else_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    (tmp_path / "t5").mkdir()
    (tmp_path / "t5" / "mine.txt").write_text("mine")
    assert run_command_line(["tour", "--out", str(tmp_path), "--minutes", "0.01"]) == 2
    assert [*tmp_path.rglob("*")] == [tmp_path / "t5", tmp_path / "t5" / "mine.txt"]

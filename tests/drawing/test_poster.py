"""The poster is one sheet of A1 with every model twice, in the tree and among the facts, and nothing outside of it."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from clados.catalog.load import catalog
from clados.cli.frame import run_command_line
from clados.drawing import poster_figure, surveyed
from clados.drawing.svg import EmptyFigureError

from .pictures import NAMESPACE, elements


def test_the_poster_is_a1_and_has_every_model_in_the_tree_and_among_the_facts() -> None:
    shown = surveyed(catalog().values())[:24]
    figure = poster_figure(shown)
    width, height = (float(each) for each in re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', figure.svg)[0])
    assert (width / 96 * 25.4, height / 96 * 25.4) == pytest.approx((841, 594), abs=0.01)
    drawn = [str(each.get("data-id")) for each in elements(figure, "data-id")]
    assert sorted(drawn) == sorted(2 * [card.id for card in shown])
    assert "…" not in figure.svg
    assert "params unknown" in poster_figure([catalog()["chatgpt"]]).svg
    assert "(continued)" in figure.svg
    assert figure.svg == poster_figure(shown).svg


def test_the_facts_stay_on_the_sheet() -> None:
    figure = poster_figure(surveyed(catalog().values())[:24])
    facts = figure.svg[figure.svg.rindex('<g transform="translate') :]
    top = float(re.findall(r"[\d.]+", facts)[1])
    assert max(float(y) for y in re.findall(r' y="([\d.]+)"', facts)) + top < 594 * 72 / 25.4


def test_it_says_of_every_edge_what_changed() -> None:
    shown = surveyed(catalog().values())
    figure = poster_figure(shown)
    said = " ".join(each.text or "" for each in ElementTree.fromstring(figure.svg).iter(f"{NAMESPACE}text"))
    names = {card.id: card.name for card in shown}
    edges: Any = figure.data["edges"]
    assert len(edges) > 100
    for edge in edges:
        assert f"← {names[edge['parent']]}: {edge['change']}" in said


def test_no_models_are_an_error() -> None:
    with pytest.raises(EmptyFigureError):
        poster_figure([])


def test_a_drawing_is_written_as_pdf_the_same_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one.pdf", "two.pdf"):
        assert run_command_line(["draw", "gpt", "--pdf", str(tmp_path / name)]) == 0
    assert "wrote" in capsys.readouterr().err
    one, two = ((tmp_path / name).read_bytes() for name in ("one.pdf", "two.pdf"))
    assert one == two
    assert one.startswith(b"%PDF-")

"""Parameters over training tokens: which sizes are drawn, and where the lines of equal compute run."""

import json
import math
from typing import Any

import pytest

from clados.catalog.load import catalog
from clados.cli.frame import run_command_line
from clados.drawing import timeline_figure
from clados.drawing.scaling import by_tokens, trained_sizes
from clados.drawing.svg import EmptyFigureError, Figure
from tests.drawing.pictures import elements, untitled


@pytest.fixture(scope="module")
def figure() -> Figure:
    return timeline_figure(catalog().values(), "tokens")


def rows(figure: Figure) -> dict[tuple[str, str], Any]:
    """The sizes in the figure's data."""
    found: Any = figure.data["nodes"]
    return {(row["id"], row["size"]): row for row in found}


def test_every_size_whose_parameters_and_tokens_are_published_is_drawn_or_said_to_be_sparse(figure: Figure) -> None:
    sizes = trained_sizes(catalog().values())
    assert {each.node.id for each in sizes} > {"gpt-3", "chinchilla", "llama", "opt", "glam"}
    assert {*rows(figure)} == {(each.node.id, each.name) for each in sizes if not each.sparse}
    assert "GLaM 64b/64e" in figure.svg
    drawn = elements(figure, "data-size")
    assert len(drawn) == len(rows(figure))
    assert untitled(drawn) == []
    gpt = rows(figure)["gpt-3", "175b"]
    assert (gpt["params"], gpt["tokens"], gpt["flops"]) == (175e9, 300e9, 3.15e23)


def test_a_guide_runs_where_compute_is_its_own_or_tokens_are_twenty_times_the_parameters(figure: Figure) -> None:
    known = list(rows(figure).values())
    x = line([(row["point"][0], math.log10(row["tokens"])) for row in known])
    y = line([(row["point"][1], math.log10(row["params"])) for row in known])
    guides = {str(each.get("data-guide")): each for each in elements(figure, "data-guide")}
    assert {"10²² FLOPs", "10²⁴ FLOPs", "20 tokens a parameter"} < {*guides}
    for end in "12":
        tokens, params = (
            {name: f(float(each.get(f"{axis}{end}") or 0)) for name, each in guides.items()}
            for axis, f in (("x", x), ("y", y))
        )
        assert tokens["10²² FLOPs"] + params["10²² FLOPs"] + math.log10(6) == pytest.approx(22, abs=0.01)
        share = tokens["20 tokens a parameter"] - params["20 tokens a parameter"]
        assert share == pytest.approx(math.log10(20), abs=0.01)


def line(points: list[tuple[float, float]]) -> Any:
    """The straight line through the first and the last of the points."""
    (a, b), (c, d) = min(points), max(points)
    return lambda pixel: b + (pixel - a) / (c - a) * (d - b)


def test_the_sizes_of_a_model_are_joined_and_one_of_them_is_named(figure: Figure) -> None:
    assert {each.get("data-joined") for each in elements(figure, "data-joined")} >= {"gpt-3", "llama", "pythia"}
    texts = [text.text for each in elements(figure, "data-size") for text in each if text.tag.endswith("text")]
    assert len(texts) == len({*texts})
    assert {"GLM", "PaLM", "Chinchilla"} <= {*texts}


def test_the_same_as_a_table_and_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["timeline", "--y", "tokens", "--all"]) == 0
    text = capsys.readouterr().out
    assert "3.15e+23" in text
    assert run_command_line(["timeline", "--y", "tokens", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sparse"][0]["id"] == "glam"


def test_training_compute_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["timeline", "--y", "flops"]) == 0
    assert "3.14e+23" in capsys.readouterr().out


def test_what_cannot_be_drawn_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(EmptyFigureError, match="training tokens"):
        by_tokens([], {}, name="x")
    for y in ("tokens", "flops"):
        assert run_command_line(["timeline", "--recent", "--y", y]) == 2
        assert f"over {y}" in capsys.readouterr().err

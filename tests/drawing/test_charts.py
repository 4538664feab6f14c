"""Bars, curves and the table."""

import math
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, strategies as st

from clados.drawing import svg
from clados.drawing.bars import stacked_bars
from clados.drawing.chart import linear_scale
from clados.drawing.curve import curves, smoothed
from clados.drawing.layout.kinds import KIND_STYLE
from tests.drawing.pictures import NAMESPACE, elements, untitled

LEDGERS = {
    "bert": {"table": 24, "attention": 28, "feed-forward": 57},
    "gpt-2": {"table": 39, "feed-forward": 57},
}


def _widths(share: bool) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for piece in elements(stacked_bars(LEDGERS, name="x", share=share), "data-part"):
        rect = piece.find(f"{NAMESPACE}rect")
        assert rect is not None
        found.setdefault(piece.get("data-id") or "", []).append(float(rect.get("width") or 0))
    return found


def test_pieces_are_as_long_as_their_numbers() -> None:
    wide = _widths(share=False)
    assert wide["bert"][2] == pytest.approx(wide["bert"][0] * 57 / 24, abs=0.05)
    assert wide["gpt-2"][1] == pytest.approx(wide["bert"][2], abs=0.05)


def test_bars_of_shares_are_equally_long() -> None:
    wide = _widths(share=True)
    assert sum(wide["bert"]) == pytest.approx(sum(wide["gpt-2"]), abs=0.05)


def test_a_kind_of_part_has_the_colours_that_it_has_in_drawings() -> None:
    figure = stacked_bars(LEDGERS, name="x")
    pieces = elements(figure, "data-part")
    pairs = {(p.get("data-part"), p[1].get("class")) for p in pieces}
    assert pairs == {(kind, f"k-{kind}") for kind in ("table", "attention", "feed-forward")}
    assert KIND_STYLE in figure.svg
    assert untitled(pieces) == []


@pytest.mark.parametrize(
    ("ledgers", "why"),
    [
        ({}, "no parameters"),
        ({"a": {}}, "no parameters"),
        ({"a": {"head": -1, "norm": 2}}, "negative"),
        ({"a": {"heads": 1}}, "no kind of part is heads; they are table"),
    ],
)
def test_bars_without_numbers_are_refused(ledgers: dict[str, dict[str, int]], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        stacked_bars(ledgers, name="x")


def test_a_legend_of_several_lines_stands_inside_the_picture() -> None:
    names = [f"the loss of the {number}th of several runs" for number in range(1, 5)]
    figure = curves({name: [(0, 1.0), (1, 0.5)] for name in names}, name="Loss", x_name="x", y_name="y", width=360)
    root = ElementTree.fromstring(figure.svg)
    height = float((root.get("viewBox") or "").split()[3])
    below = {each.text: float(each.get("y") or 0) for each in root.iter(f"{NAMESPACE}text")}
    assert len({below[name] for name in names}) == 4
    assert max(below[name] for name in names) + 4 <= height


def test_a_curve_carries_its_points_and_baselines() -> None:
    figure = curves(
        {"BERT": [(0, 9.0), (100, 6.0), (200, 5.1)]},
        name="Loss",
        x_name="step",
        y_name="nats",
        baselines={"unigram": 6.2, "bigram": 6.1},
    )
    (line,) = elements(figure, "data-id")
    assert (line.get("d") or "").count("L") == 2
    assert line.findtext(f"{NAMESPACE}title") == "BERT: 9.000 to 5.100"
    lines = {each.get("data-baseline"): each for each in elements(figure, "data-baseline")}
    heights = {name: float(each[1].get("y1") or 0) for name, each in lines.items()}
    assert heights["unigram"] < heights["bigram"]
    texts = sorted(float(each[2].get("y") or 0) for each in lines.values())
    lefts = [float(each[2].get("x") or 0) for each in lines.values()]
    assert texts[1] - texts[0] >= 13 or abs(lefts[0] - lefts[1]) >= svg.text_width("bigram 6.10")


def test_a_point_that_is_no_number_breaks_the_line() -> None:
    figure = curves({"a": [(0, 1.0), (1, math.nan), (2, 3.0), (3, 4.0)]}, name="x", x_name="x", y_name="y")
    assert (elements(figure, "data-id")[0].get("d") or "").count("M") == 2
    data: Any = figure.data["series"]
    assert data["a"] == [[0, 1.0], [2, 3.0], [3, 4.0]]


def test_long_numbers_beside_a_curve_have_room() -> None:
    figure = curves({"a": [(0, 1e-7), (1, 9e-7)]}, name="x", x_name="x", y_name="y", width=360, height=250)
    ends = [
        (float(each.get("x") or 0) - svg.text_width(each.text or ""))
        for each in elements(figure, "data-tick")
        if each.get("text-anchor") == "end" and "0.000000" in (each.text or "")
    ]
    assert len(ends) > 2
    assert min(ends) >= 0


def test_a_curve_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no finite point"):
        curves({"a": [(0, math.inf)]}, name="x", x_name="x", y_name="y")


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_round_ticks_enclose_the_values(low: float, span: float) -> None:
    scale = linear_scale(low, low + span, 0, 100)
    assert scale.knots[0] <= low + span * 1e-6
    assert scale.knots[-1] >= (low + span) - span * 1e-6
    assert 2 <= len(scale.ticks) <= 9


def test_a_smooth_line_has_its_trace_behind_it_and_ends_near_the_mean() -> None:
    noisy = [(float(i), 2.0 + (-1) ** i) for i in range(400)]
    figure = curves({"a": noisy, "b": noisy[:20]}, name="x", x_name="x", y_name="y", smooth=("a",), marked=("b",))
    assert figure.svg.count('opacity="0.35"') == 1
    assert figure.svg.count("<circle") == 20
    assert figure.data["series"] == {"a": [[x, y] for x, y in noisy], "b": [[x, y] for x, y in noisy[:20]]}
    assert all(abs(y - 2.0) < 0.2 for _, y in smoothed(noisy)[8:-8])
    assert smoothed([(x, 2 * x) for x in range(50)]) == [*((x, 2.0 * x) for x in range(49)), (49, 97.0)]
    jump = smoothed([*noisy, (400.0, 9.0)])[-1][1]
    assert 2.0 < jump < 4.5  # of five points: one that stands out at the end does not bend the line
    _, (_, broken), (_, after) = smoothed([(0, 1.0), (1, math.nan), (2, 1.0)])
    assert math.isnan(broken)
    assert after == 1.0

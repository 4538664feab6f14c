"""The timelines: labels, unknown sizes, the recent models."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import Any, get_args

import pytest
from hypothesis import given, reject, settings, strategies as st

from clados import drawing
from clados.catalog.figures import recent_models
from clados.catalog.load import catalog
from clados.drawing import amounts, scaling, timelines
from clados.drawing.labels import Spot, around_boxes, place_labels
from clados.drawing.records import Node, of_cards
from clados.drawing.svg import Box, Figure, text_width
from tests.drawing.pictures import (
    NAMESPACE,
    boxes,
    crossings,
    elements,
    invented,
    overlaps,
    struck,
    texts,
    untitled,
)

FIGURES: dict[str, Callable[[], Figure]] = {
    "family": lambda: drawing.timeline_figure(drawing.surveyed(catalog().values())),
    "params": lambda: drawing.timeline_figure(drawing.surveyed(catalog().values()), "params"),
    "all by params": lambda: drawing.timeline_figure(catalog().values(), "params"),
    "all by flops": lambda: drawing.timeline_figure(catalog().values(), "flops"),
    "recent": lambda: drawing.recent_figure(catalog()),
    "recent by params": lambda: drawing.recent_figure(catalog(), "params"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_no_labels_overlap(name: str) -> None:
    assert overlaps(boxes(FIGURES[name]())) == []


@pytest.mark.parametrize("name", FIGURES)
def test_every_model_is_drawn_once_and_titled(name: str) -> None:
    found = elements(FIGURES[name](), "data-id")
    ids = [each.get("data-id") for each in found]
    assert len(ids) == len(set(ids)) > 20
    assert untitled(found) == []


CARDS = catalog().values()
MORE = 40  # invented models beside those of the catalogue


def _more(rows: Sequence[Any]) -> list[Any]:
    """So many rows of models more, which are copies of some that are spread over the time."""
    copies = [*rows][:: max(len(rows) // MORE, 1)][:MORE]
    return [
        *rows,
        *(
            replace(each, node=replace(each.node, id=f"{each.node.id}/2", name=f"{each.node.name} 2"))
            for each in copies
        ),
    ]


WITH_INVENTED: dict[str, Callable[[], Figure]] = {
    "family": lambda: timelines.by_family(invented(of_cards(CARDS), len(of_cards(CARDS)) + MORE), {}, name="x"),
    "params": lambda: amounts.by_params(invented(of_cards(CARDS), len(of_cards(CARDS)) + MORE), {}, name="x"),
    "flops": lambda: amounts.by_flops(_more(amounts.training_amounts(CARDS)), {}, name="x"),
    "tokens": lambda: scaling.by_tokens(_more(scaling.trained_sizes(CARDS)), {}, name="x"),
}
ALL = FIGURES | {
    **{f"all by {y}": partial(drawing.timeline_figure, CARDS, y) for y in get_args(drawing.Y)},
    **{f"{name} with invented ones": draw for name, draw in WITH_INVENTED.items()},
}


@pytest.mark.parametrize("name", [name for name in ALL if name != "recent"])  # a tree, whose boxes lie on its lines
def test_no_line_passes_through_a_label_and_no_labels_overlap(name: str) -> None:
    figure = ALL[name]()
    assert struck(figure) == []
    written = texts(figure)
    assert len(written) > 30
    assert [(a, b) for (a, one), (b, other) in combinations(written, 2) if one.grown(-0.5).overlaps(other)] == []


def test_a_line_is_drawn_around_boxes() -> None:
    boxes = [Box(10, -5, 10, 10), Box(15, -5, 10, 10), Box(90, -5, 20, 10), Box(40, 1, 10, 10)]
    assert around_boxes((0, 0), (100, 0), boxes) == [((0, 0), (10, 0)), ((25, 0), (90, 0))]
    assert around_boxes((12, 0), (18, 0), boxes) == []


PHONE = 356 / 0.85  # pixels of a drawing, as the page shows it at first on a screen of 390


@pytest.mark.parametrize("name", FIGURES)
def test_the_name_of_a_figure_is_seen_whole_on_a_phone(name: str) -> None:
    heading = next(each for each in ElementTree.fromstring(FIGURES[name]().svg).iter(f"{NAMESPACE}text"))
    assert heading.get("font-size") == "17"
    assert float(heading.get("x") or 0) + 1.1 * text_width(str(heading.text), 17) < PHONE


def test_no_label_lies_on_a_point_and_no_leader_passes_through_a_label() -> None:
    figure = FIGURES["params"]()
    labels, rows = boxes(figure), figure.data["nodes"]
    points: dict[str, Any] = {row["id"]: row["point"] for row in rows}  # type: ignore[attr-defined]
    for name, (x, y) in points.items():
        dot = Box(x - 4, y - 4, 8, 8)
        assert [other for other, box in labels.items() if box.overlaps(dot)] == [], name
    for line in elements(figure, "data-leader"):
        ends = [(float(line.get(f"x{end}") or 0), float(line.get(f"y{end}") or 0)) for end in (1, 2)]
        owner = line.get("data-leader")
        assert [name for name, box in labels.items() if name != owner and box.crossed_by(ends[0], ends[1])] == []


def test_500_models_by_size_all_have_a_name_in_the_picture_or_below() -> None:
    figure = amounts.by_params(invented(of_cards(catalog().values()), 500), {}, name="x")
    rows: Any = figure.data["nodes"]
    labels = {row["id"]: Box(*row["box"]) for row in rows if row["box"]}
    assert len(labels) > len(rows) / 2
    assert overlaps(labels) == []
    texts = [text.text or "" for text in ElementTree.fromstring(figure.svg).iter(f"{NAMESPACE}text")]
    below = texts[texts.index("No room for their names above:") :]
    for row in rows:
        assert row["id"] in labels or f"{row['name']} ({row['date'][:7]})" in below


def test_the_sizes_of_a_model_are_joined_by_a_line_at_its_date_and_no_name_lies_on_one() -> None:
    figure = FIGURES["all by params"]()
    rows: Any = {row["id"]: row for row in figure.data["nodes"]}  # type: ignore[attr-defined]
    joined = {str(each.get("data-joined")): each for each in elements(figure, "data-joined")}
    assert {*joined} == {name for name, row in rows.items() if len({row["params"], *row["sizes"].values()}) > 1}
    circles = list(joined["gpt-2"].iter(f"{NAMESPACE}circle"))
    assert len(circles) == len(rows["gpt-2"]["sizes"]) - 1 == 3
    pieces = [*joined["gpt-2"].iter(f"{NAMESPACE}line")]  # it stops where names stand
    assert {float(each.get(end) or 0) for each in pieces for end in ("x1", "x2")} == {rows["gpt-2"]["point"][0]}
    assert float(pieces[0].get("y1") or 0) == rows["gpt-2"]["point"][1]  # the largest is the one that is meant
    assert "GPT-2 small, 2019-02: 124M parameters" in figure.svg
    dots = [(float(e.get("cx") or 0), float(e.get("cy") or 0)) for each in joined.values() for e in each if e.get("cx")]
    assert len(dots) > 150
    for name, box in boxes(figure).items():
        assert not [dot for dot in dots if box.grown(-1).overlaps(Box(*dot, 0.01, 0.01))], name


def test_published_training_compute_has_a_bar_where_that_by_the_tokens_is_another() -> None:
    figure = FIGURES["all by flops"]()
    rows: Any = {row["id"]: row for row in figure.data["nodes"]}  # type: ignore[attr-defined]
    gopher = rows["gopher"]["uncertain"]["280b"]
    assert (gopher["low"], gopher["high"]) == (pytest.approx(6 * 280e9 * 300e9, rel=0.01), 6.31e23)
    assert gopher["counted"]
    for known in ("gpt-3", "palm", "chinchilla", "llama"):  # 2 % apart or less; of the last, none is published
        assert not rows[known]["uncertain"]
    bars = {str(each.get("data-bar")): each for each in elements(figure, "data-bar")}
    assert {*bars} == {f"{name}:{size}" for name, row in rows.items() for size in row["uncertain"]}
    assert untitled(bars.values()) == []
    upright = [*_lines(bars["gopher:280b"])][2]
    assert upright[1] == tuple(rows["gopher"]["point"])  # the published figure is its upper end
    assert "which count no recomputation" in figure.svg


def test_a_size_that_is_not_known_well_has_a_bar_and_no_name_lies_on_one() -> None:
    figure = FIGURES["all by params"]()
    rows: Any = {row["id"]: row for row in figure.data["nodes"]}  # type: ignore[attr-defined]
    assert rows["imagen"]["uncertain"]["base-64"] == {"low": 1.5e9, "high": 2.5e9, "counted": False}  # 2B, no count
    assert rows["mbart"]["uncertain"]["cc25"] == {"low": 610_851_840, "high": 680_000_000, "counted": True}
    assert "gpt-2" in rows
    assert not rows["gpt-2"]["uncertain"]  # 1.5B are 4 % less than the count
    bars = {str(each.get("data-bar")): each for each in elements(figure, "data-bar")}
    assert {*bars} == {f"{name}:{size}" for name, row in rows.items() for size in row["uncertain"]}
    assert untitled(bars.values()) == []
    assert "Imagen base-64: 1.5B to 2.5B parameters, what is rounded to the published figure" in figure.svg
    assert "mBART cc25: 611M to 680M parameters, one published, one counted" in figure.svg
    lines = {name: list(_lines(each)) for name, each in bars.items()}
    top, bottom, upright = lines["mbart:cc25"]
    assert upright[0][0] == upright[1][0] == rows["mbart"]["point"][0]
    assert min(top[0][1], bottom[0][1]) == rows["mbart"]["point"][1]  # the published figure is its upper end
    for name, box in boxes(figure).items():
        assert not [bar for bar, each in lines.items() for line in each if box.grown(-0.5).crossed_by(*line)], name
    assert [each.get("data-legend") for each in elements(figure, "data-legend")].count("bars") == 1


def _lines(bar: ElementTree.Element) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    (path,) = bar.iter(f"{NAMESPACE}path")
    for piece in (path.get("d") or "")[1:].split("M"):
        start, end = ([float(each) for each in point.split(" ")] for point in piece.split("L"))
        yield (start[0], start[1]), (end[0], end[1])


def test_where_every_size_is_known_no_bar_is_explained() -> None:
    assert "Bar:" not in amounts.by_params([Node("a", "Known", "A", "2018-01", params=10**8)], {}, name="x").svg


def test_training_compute_is_as_published_or_by_the_tokens() -> None:
    figure = FIGURES["all by flops"]()
    rows: Any = {row["id"]: row for row in figure.data["nodes"]}  # type: ignore[attr-defined]
    assert rows["gpt-3"]["flops"] == rows["gpt-3"]["sizes"]["175b"] == 3.14e23  # table D.1 of the paper
    assert len(rows["gpt-3"]["sizes"]) == 8
    assert "chatgpt" not in rows
    assert "3.14e+23 FLOPs" in figure.svg
    assert {"10²³", "10²⁴"} <= {each.get("data-tick") for each in elements(figure, "data-tick")}


def test_models_of_unknown_size_are_listed_apart() -> None:
    nodes = [Node("a", "Known", "A", "2018-01", params=10**8), Node("b", "Closed", "A", "2019-01")]
    figure = amounts.by_params(nodes, {}, name="x")
    assert [each["id"] for each in figure.data["unknown"]] == ["b"]  # type: ignore[attr-defined]
    assert "Size not published:" in figure.svg
    assert {each.get("data-id") for each in elements(figure, "data-id")} == {"a", "b"}


def test_ten_times_the_parameters_is_always_the_same_step_up() -> None:
    nodes = [Node(f"m{power}", "M", "A", "2018-01", params=10**power) for power in (8, 9, 10)]
    data: Any = amounts.by_params(nodes, {}, name="x").data["nodes"]
    low, middle, high = sorted((row["point"][1] for row in data), reverse=True)
    assert low - middle == pytest.approx(middle - high, abs=0.05)
    assert low > middle


def test_a_timeline_by_size_needs_a_size() -> None:
    with pytest.raises(ValueError, match="no model has a known number of parameters"):
        amounts.by_params([Node("a", "A", "A", "2018-01")], {}, name="x")


def test_the_recent_figure_has_all_its_boxes_and_no_edge_through_one() -> None:
    figure = FIGURES["recent"]()
    assert set(boxes(figure)) == {row.id for row in recent_models()}
    assert crossings(figure) == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(20, 480), st.integers(20, 380), st.integers(20, 90)), max_size=30))
def test_labels_find_a_place_apart_from_each_other_and_from_all_points(spots: list[tuple[int, int, int]]) -> None:
    asked = [Spot(str(i), x, y, width, 12) for i, (x, y, width) in enumerate(spots)]
    bounds = Box(0, 0, 600, 400)
    try:
        placed = place_labels(asked, bounds, 3)
    except ValueError:  # points on top of each other may leave no room
        reject()
    assert overlaps({name: label.box for name, label in placed.items()}) == []
    for label in placed.values():
        assert bounds.left <= label.box.left
        assert label.box.right <= bounds.right
        assert not any(label.box.overlaps(Box(spot.x - 3, spot.y - 3, 6, 6)) for spot in asked)

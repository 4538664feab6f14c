"""The family tree: placement, routing, marks."""

import dataclasses
import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from rich.console import Console

from clados import drawing
from clados.catalog.figures import survey_tree
from clados.catalog.load import catalog
from clados.drawing import tree
from clados.drawing.records import Node, ParentEdge, of_cards, through_hidden, with_structures, with_survey
from clados.drawing.svg import Figure
from tests.drawing.pictures import NAMESPACE, boxes, crossings, elements, invented, overlaid, overlaps, untitled

COLOURS = {"A": "#ea9999", "B": "#b6d7a8"}


@pytest.fixture(scope="module")
def figure() -> Figure:
    return drawing.tree_figure(drawing.surveyed(catalog().values()), {"bert", "gpt-2", "t5"})


@st.composite
def families(drawn: st.DrawFn) -> list[Node]:
    """Models in order of date, each with up to two earlier parents."""
    months = sorted(drawn(st.lists(st.integers(0, 71), min_size=1, max_size=24)))
    nodes: list[Node] = []
    for number, month in enumerate(months):
        ids = drawn(st.lists(st.sampled_from(nodes), max_size=2, unique_by=lambda n: n.id)) if nodes else []
        kinds = drawn(st.sampled_from([("architecture",), ("weights",), ("architecture", "weights")]))
        nodes.append(
            Node(
                f"m{number}",
                drawn(st.sampled_from(["A", "Model", "A rather long name of a model"])),
                drawn(st.sampled_from(["A", "B", "Other group"])),
                f"{2018 + month // 12}-{month % 12 + 1:02d}",
                parents=tuple(ParentEdge(parent.id, kinds, "more of it") for parent in ids),
            )
        )
    return nodes


@settings(max_examples=100, deadline=None)
@given(families())
def test_no_boxes_overlap_and_no_edge_lies_on_a_box_or_on_a_stranger_s_edge_whatever_the_family(
    nodes: list[Node],
) -> None:
    drawn = tree.draw_tree(nodes, COLOURS, name="x")
    assert overlaps(boxes(drawn)) == []
    assert crossings(drawn) == []
    assert overlaid(drawn) == []


def test_no_boxes_of_the_real_tree_overlap(figure: Figure) -> None:
    assert overlaps(boxes(figure)) == []


def test_no_edge_of_the_real_tree_passes_through_a_box(figure: Figure) -> None:
    assert crossings(figure) == []


def test_no_edge_of_the_real_tree_lies_on_one_of_another_parent(figure: Figure) -> None:
    assert overlaid(figure) == []
    assert overlaid(drawing.tree_figure(catalog().values())) == []


def test_an_edge_runs_along_the_axes_from_its_parent_to_its_child(figure: Figure) -> None:
    named = boxes(figure)
    edges: Any = figure.data["edges"]
    for edge in edges:
        for (x, y), name in zip((edge["path"][0], edge["path"][-1]), (edge["parent"], edge["child"]), strict=True):
            assert named[name].grown(0.02).left <= x <= named[name].grown(0.02).right
            assert named[name].grown(0.02).top <= y <= named[name].grown(0.02).bottom
        assert all(a[0] == b[0] or a[1] == b[1] for a, b in itertools.pairwise(edge["path"]))


def test_a_tree_of_500_models_has_no_box_on_a_box_and_no_edge_on_a_strangers_edge() -> None:
    figure = tree.draw_tree(invented(of_cards(catalog().values()), 500), COLOURS, name="x")
    assert overlaps(boxes(figure)) == []
    assert overlaid(figure) == []


def test_everything_lies_within_the_picture(figure: Figure) -> None:
    width, height = map(float, re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', figure.svg)[0])
    assert all(b.left >= 0 and b.right <= width and b.bottom <= height for b in boxes(figure).values())


def test_every_model_and_every_edge_is_drawn_once_and_titled(figure: Figure) -> None:
    nodes = of_cards(drawing.surveyed(catalog().values()))
    known = {node.id for node in nodes}
    assert sorted(each.get("data-id") or "" for each in elements(figure, "data-id")) == sorted(known)
    wanted = {(parent.id, node.id) for node in nodes for parent in node.parents if parent.id in known}
    found = [(each.get("data-parent"), each.get("data-child")) for each in elements(figure, "data-parent")]
    assert sorted(found) == sorted(wanted)
    assert untitled(elements(figure, "data-id") + elements(figure, "data-parent")) == []


def test_the_title_of_an_edge_says_what_changed_and_in_what_the_declared_structures_differ() -> None:
    cards = catalog()
    titles = {
        (each.get("data-parent"), each.get("data-child")): (each.findtext(f"{NAMESPACE}title") or "").split("\n")
        for each in elements(drawing.tree_figure(cards.values()), "data-child")
    }
    for child in cards.values():
        for row in child.lineage:
            assert row.id not in cards or row.change in titles[row.id, child.id][0]
    assert titles["gpt", "gpt-2"][1].startswith(
        "the norm stands before each branch instead of after; a norm after the last layer; "
        "tokenised by byte-level BPE instead of BPE"
    )
    assert titles["bert", "electra"][1].startswith(
        "it reads tokens through a narrow table instead of tokens; no LM head; no pooler head"
    )
    # what LLaMA's sizes differ in is no change, and who takes weights alone may start from another size
    assert all(len(titles["llama", each]) == 1 for each in ("openllama", "vicuna", "koala"))
    assert len(titles["pythia", "dolly"]) == 1
    assert sum(len(each) > 1 for each in titles.values()) > 70
    assert max(len(lines[1]) for lines in titles.values() if len(lines) > 1) < 600


def test_an_edge_between_models_that_are_not_declared_says_what_the_cards_say(tmp_path: Path) -> None:
    cards = catalog()
    bare = dataclasses.replace(cards["roberta"], path=tmp_path / "roberta.toml")
    nodes = with_structures(of_cards([cards["bert"], bare]), {"bert": cards["bert"], "roberta": bare})
    change = next(row.change for row in bare.lineage if row.id == "bert")
    edges = [edge for node in nodes for edge in node.parents if edge.id == "bert"]
    assert [(edge.change, edge.structure) for edge in edges] == [(change, "")]


def test_filled_means_open_and_hollow_closed_and_dashes_weights() -> None:
    open_ = Node("a", "A", "A", "2018-01", openness="open")
    closed = Node("b", "B", "A", "2019-01", openness="closed", parents=(ParentEdge("a", ("weights",)),))
    drawn = tree.draw_tree([open_, closed], COLOURS, name="x")
    marks = {
        each.get("data-id"): each.findall(f"{NAMESPACE}rect")[1].get("fill") for each in elements(drawn, "data-id")
    }
    assert marks == {"a": "#ea9999", "b": "none"}
    assert [each.get("stroke-dasharray") for each in elements(drawn, "data-parent")] == ["4 3"]


def test_what_is_not_lit_is_dimmed(figure: Figure) -> None:
    bright = {each.get("data-id") for each in elements(figure, "data-id") if each.get("class") != "dim"}
    assert bright == {"bert", "gpt-2", "t5"}


def test_only_the_descent_of_what_is_lit_keeps_its_colour(figure: Figure) -> None:
    bright = {e.get("data-child") for e in elements(figure, "data-child") if e.get("class") != "pale"}
    assert bright == {"bert", "gpt", "gpt-2", "t5"}


def test_what_changed_on_the_way_to_what_is_lit_is_said_below_the_tree(figure: Figure) -> None:
    said = elements(figure, "data-change")
    edges: Any = figure.data["edges"]
    ways = {"bert": {"transformer", "gpt"}, "gpt-2": {"gpt"}, "gpt": {"transformer"}, "t5": {"transformer"}}
    wanted = {f"{each['parent']} {each['child']}": each["change"] for each in edges if each["child"] in ways}
    assert {*wanted} >= {f"{parent} {child}" for child, parents in ways.items() for parent in parents}
    assert {each.get("data-change"): each.findtext(f"{NAMESPACE}title") for each in said} == wanted
    texts = [text for each in said for text in each.iter(f"{NAMESPACE}text")]
    assert min(float(text.get("y", 0)) for text in texts) > max(box.bottom for box in boxes(figure).values()) + 40
    assert not elements(drawing.tree_figure(drawing.surveyed(catalog().values())), "data-change")


def test_the_same_cards_give_the_same_bytes_in_any_order() -> None:
    nodes = of_cards(drawing.surveyed(catalog().values()))[:30]
    assert tree.draw_tree(nodes, COLOURS, name="x").svg == tree.draw_tree(list(reversed(nodes)), COLOURS, name="x").svg


def test_a_tree_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        tree.draw_tree([], COLOURS, name="x")


def test_the_terminal_tree_names_each_model_once_under_its_first_parent() -> None:
    nodes = of_cards(drawing.surveyed(catalog().values()))
    plain = Console(width=240)
    with plain.capture() as captured:
        plain.print(tree.tree_for_terminal(nodes, COLOURS))
    lines = [line for line in captured.get().splitlines() if re.search(r"[●◐○] ", line)]
    assert len(lines) == len(nodes)


def test_groups_without_a_colour_of_their_own_take_the_nearest_ancestors() -> None:
    from clados.drawing.records import grouped

    parent = Node("bert", "BERT", "", "2018-10")
    child = Node("x", "X", "", "2019-10", parents=(ParentEdge("bert"),))
    grandchild = dataclasses.replace(child, id="y", parents=(ParentEdge("x"),))
    lone = dataclasses.replace(child, id="z", parents=(ParentEdge("transformer"),))
    found = grouped([parent, child, grandchild, lone], {"bert": "BERT", "x": "other"})
    assert [node.group for node in found] == ["BERT", "BERT", "BERT", "other"]


def kinds(figure: Figure) -> dict[tuple[str, str], list[str]]:
    """The kinds of each edge in the figure's data."""
    edges: Any = figure.data["edges"]
    return {(edge["parent"], edge["child"]): edge["kinds"] for edge in edges}


def test_descent_runs_through_a_parent_that_is_not_drawn() -> None:
    cards = catalog()
    figure = drawing.tree_figure(drawing.surveyed(cards.values()), hidden=cards.values())
    drawn = kinds(figure)
    assert "t5-v1.1" not in {parent for parent, _ in drawn}
    assert [drawn["t5", child] for child in ("t0", "flan-t5", "ul2")] == [["architecture"]] * 3
    edges: Any = figure.data["edges"]
    assert any("(by way of T5 v1.1)" in edge["change"] for edge in edges if edge["child"] == "t0")
    childless = {edge["child"] for edge in edges}
    assert [card.id for card in drawing.surveyed(cards.values()) if card.id not in childless] == ["transformer"]


@pytest.mark.parametrize(
    ("near", "far", "kinds"),
    [
        (("weights",), ("architecture",), ("architecture",)),
        (("weights",), ("weights",), ("weights",)),
        (("recipe",), ("architecture",), ("recipe",)),
    ],
)
def test_over_two_edges_what_both_pass_on_is_inherited(
    near: tuple[str, ...], far: tuple[str, ...], kinds: tuple[str, ...]
) -> None:
    root = Node("a", "A", "A", "2018-01")
    hidden = Node("b", "B", "A", "2019-01", parents=(ParentEdge("a", far),))
    leaf = Node("c", "C", "A", "2020-01", parents=(ParentEdge("b", near),))
    [_, found] = through_hidden([root, leaf], [root, hidden, leaf])
    assert [(parent.id, parent.kinds) for parent in found.parents] == [("a", kinds)]


def test_edges_of_each_kind_have_a_line_and_a_legend_of_their_own() -> None:
    root = Node("transformer", "T", "A", "2018-01")
    names = {"architecture": "bert", "weights": "b", "recipe": "c"}
    nodes = [
        root,
        *(
            Node(name, name, "A", "2020-01", parents=(ParentEdge("transformer", (kind,)),))
            for kind, name in names.items()
        ),
    ]
    figure = tree.draw_tree(
        [*nodes, Node("d", "D", "A", "2021-01", parents=(ParentEdge("bert", (), survey=True),))], COLOURS, name="x"
    )
    dashes = {each.get("data-child"): each.get("stroke-dasharray") for each in elements(figure, "data-parent")}
    assert dashes == {"bert": None, "b": "4 3", "c": "1.5 3", "d": "8 3 1.5 3"}
    for text in ("architecture from", "weights from", "recipe, data, tokenizer", "only in the survey&#x27;s figure"):
        assert text in figure.svg.replace("'", "&#x27;")
    alone = tree.draw_tree(nodes[:2], COLOURS, name="x")
    assert "weights from" not in alone.svg
    assert "a further parent" not in figure.svg
    both = dataclasses.replace(nodes[2], parents=(ParentEdge("transformer"), ParentEdge("bert")))
    two = tree.draw_tree([*nodes[:2], both], COLOURS, name="x")
    assert sorted(str(each.get("stroke-width")) for each in elements(two, "data-parent")) == ["0.8", "1.3", "1.3"]
    assert "thin: a further parent" in two.svg


def test_the_survey_s_lines_are_a_layer_of_their_own() -> None:
    ours = of_cards(catalog().values())
    both = {(parent.id, node.id): parent for node in with_survey(ours) for parent in node.parents}
    own = {(parent.id, node.id): parent for node in ours for parent in node.parents}
    only = {edge for edge, parent in both.items() if parent.line == "survey"}
    assert only >= {("transformer", "wu-dao-2"), ("transformer", "seeker"), ("clip", "imagen"), ("gpt-2", "mt-nlg")}
    assert {edge: parent for edge, parent in both.items() if edge not in only} == own
    figure = survey_tree().edges
    assert all(parent.survey is (edge in figure) for edge, parent in both.items())


def test_a_line_that_only_the_survey_has_is_drawn_when_asked_for() -> None:
    cards = [catalog()[name] for name in ("transformer", "clip", "t5", "imagen")]
    ours, both = (kinds(drawing.tree_figure(cards, survey=layer)) for layer in (False, True))
    assert ("clip", "imagen") not in ours
    assert both["clip", "imagen"] == []
    assert {edge: kind for edge, kind in both.items() if kind} == ours

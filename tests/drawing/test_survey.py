"""Our lineage against the survey's family tree."""

from clados.catalog.figures import known_departures, recent_models, survey_tree
from clados.catalog.load import catalog
from clados.drawing.records import Node, ParentEdge, of_cards
from clados.drawing.survey import departures, recent_departures, stale


def test_the_figure_has_the_survey_s_boxes_and_lines() -> None:
    tree = survey_tree()
    assert len(tree.groups) == 78
    assert len(tree.edges) == 82
    assert set(tree.groups.values()) <= set(tree.colours)
    assert {box for edge in tree.edges for box in edge} <= set(tree.groups)
    assert len(recent_models()) == 24


def test_every_difference_from_the_survey_has_a_reason_and_a_source() -> None:
    nodes = of_cards(catalog().values())
    found = [*departures(nodes), *recent_departures(nodes)]
    assert [each.json() for each in found if not each.reason or not each.source] == []


def test_no_reason_is_stale() -> None:
    nodes = of_cards(catalog().values())
    assert stale([*departures(nodes), *recent_departures(nodes)]) == []


def test_no_model_has_two_rows_of_reasons() -> None:
    children = [(row.figure, row.child) for row in known_departures()]
    assert len(children) == len(set(children))


def test_a_new_difference_shows_without_a_reason_and_names_both_sides() -> None:
    node = Node("xlnet", "XLNet", "A", "2019-06", parents=(ParentEdge("bert"),))
    (found,) = departures([node])
    assert (found.survey, found.ours, found.reason) == (frozenset({"transformer-xl"}), frozenset({"bert"}), "")


def test_models_that_the_survey_does_not_have_are_no_difference() -> None:
    assert departures([Node("mpt-7b", "MPT", "A", "2023-05", parents=(ParentEdge("gpt"),))]) == []


def test_the_figure_of_recent_models_is_compared_among_its_own_boxes() -> None:
    weights, gone = ParentEdge("gpt-j", ("weights",)), ParentEdge("llama", ("weights",))
    (found,) = recent_departures([Node("koala", "Koala", "A", "2023-04", parents=(weights,))])
    assert (found.figure, found.survey, found.ours) == (8, frozenset({"llama"}), frozenset())
    assert recent_departures([Node("koala", "Koala", "A", "2023-04", parents=(weights, gone))]) == []

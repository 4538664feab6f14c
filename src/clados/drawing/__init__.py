"""The survey's figures, drawn from the cards as plain SVG, as data and for the terminal."""

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from rich.console import RenderableType

from clados.catalog import figures
from clados.catalog.card import Card
from clados.drawing import (
    amounts as _amounts,
    poster as _poster,
    recents as _recent,
    scaling as _scaling,
    timelines as _timeline,
    tree as _tree,
)
from clados.drawing.records import ROOT, Node, of_cards, through_hidden, with_structures, with_survey
from clados.drawing.svg import Figure

Y = Literal["family", "params", "tokens", "flops"]

__all__ = [
    "Figure",
    "poster_figure",
    "recent_figure",
    "surveyed",
    "terminal_recent",
    "terminal_timeline",
    "terminal_tree",
    "timeline_figure",
    "tree_figure",
]

_TREE = "The family tree of the Transformers"
_BY = {
    "family": "Transformers by date and family",
    "params": "Transformers by date and parameters",
    "tokens": "Transformers by tokens and parameters",
    "flops": "Transformers by date and training FLOPs",
}
_RECENT = "Language models of early 2023"


def surveyed(cards: Iterable[Card]) -> list[Card]:
    """The survey's entries and the original Transformer, without the other cards."""
    return [card for card in cards if card.survey or card.id == ROOT]


def _nodes(cards: Iterable[Card], hidden: Iterable[Card], *, survey: bool) -> list[Node]:
    shown = {card.id: card for card in cards}
    everything = of_cards([*shown.values(), *(card for card in hidden if card.id not in shown)])
    nodes = through_hidden([node for node in everything if node.id in shown], everything)
    nodes = with_structures(nodes, shown)
    return with_survey(nodes) if survey else nodes


def tree_figure(
    cards: Iterable[Card], highlight: Collection[str] = (), hidden: Iterable[Card] = (), *, survey: bool = False
) -> Figure:
    """The family tree: years left to right, a lane a family.

    Args:
        cards: what is drawn.
        highlight: ids that are highlighted.
        hidden: cards that are not drawn, through which descent runs all the same.
        survey: whether to draw also the lines that only the survey's own tree has.

    Raises:
        EmptyFigureError: no cards.
    """
    return _tree.draw_tree(
        _nodes(cards, hidden, survey=survey), figures.survey_tree().colours, name=_TREE, highlight=highlight
    )


def terminal_tree(
    cards: Iterable[Card], highlight: Collection[str] = (), hidden: Iterable[Card] = (), *, survey: bool = False
) -> RenderableType:
    """The family tree for a Rich console; arguments as `family_tree` has them."""
    return _tree.tree_for_terminal(_nodes(cards, hidden, survey=survey), figures.survey_tree().colours, highlight)


def poster_figure(cards: Iterable[Card]) -> Figure:
    """The family tree of these models with the key facts of each, on one sheet of A1.

    Raises:
        EmptyFigureError: no cards.
    """
    shown = {card.id: card for card in cards}
    return _poster.draw_poster(shown.values(), of_cards(shown.values()), figures.survey_tree().colours, _TREE)


def timeline_figure(cards: Iterable[Card], y: Y = "family", highlight: Collection[str] = ()) -> Figure:
    """The models by date: in lanes of families, by parameters or FLOPs of training; or their parameters over tokens.

    Raises:
        EmptyFigureError: no cards, or none whose size (for `tokens`, also tokens; for `flops`, these) is known.
    """
    if y == "tokens":
        colours = figures.survey_tree().colours
        return _scaling.by_tokens(_scaling.trained_sizes(cards), colours, name=_BY[y], highlight=highlight)
    if y == "flops":
        colours, rows = figures.survey_tree().colours, _amounts.training_amounts(cards)
        return _amounts.by_flops(rows, colours, name=_BY[y], highlight=highlight)
    draw = _amounts.by_params if y == "params" else _timeline.by_family
    return draw(of_cards(cards), figures.survey_tree().colours, name=_BY[y], highlight=highlight)


def terminal_timeline(cards: Iterable[Card], y: Y = "family") -> RenderableType:
    """The timeline for a Rich console."""
    if y == "tokens":
        return _scaling.tokens_for_terminal(_scaling.trained_sizes(cards))
    if y == "flops":
        return _amounts.flops_for_terminal(_amounts.training_amounts(cards))
    return _timeline.timeline_for_terminal(of_cards(cards), figures.survey_tree().colours, y)


def recent_figure(cards: Mapping[str, Card], y: Y = "family", highlight: Collection[str] = ()) -> Figure:
    """The survey's figure of the language models of early 2023: with their descent, or over their parameters.

    Raises:
        EmptyFigureError: for `params`, when no size is known.
    """
    nodes, colours = _recent.nodes(cards), figures.recent_colours()
    if y == "params":
        return _amounts.by_params(nodes, colours, name=_RECENT, highlight=highlight, across=_recent.scale(nodes))
    order = _recent.order(nodes)
    return _tree.draw_tree(
        nodes, colours, name=_RECENT, highlight=highlight, scale=_recent.scale(nodes), order=order, kind="recent"
    )


def terminal_recent(cards: Mapping[str, Card], y: Y = "family") -> RenderableType:
    """The figure of early 2023 for a Rich console: a tree, or a table with the sizes."""
    nodes: list[Node] = _recent.nodes(cards)
    if y == "params":
        return _timeline.timeline_for_terminal(nodes, figures.recent_colours(), y)
    return _tree.tree_for_terminal(nodes, figures.recent_colours(), name=_RECENT)

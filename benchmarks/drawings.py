"""Drawings of the catalogue, of as many models as may come, and of every model, against the seconds that each may take.

Seconds are the processor's own, the least of three, so that what else runs on the machine counts for little.
"""

import dataclasses
import itertools
from functools import partial
from typing import get_args

from benchmarks.harness import Figure, Limits, against, least_seconds
from clados.catalog.load import catalog
from clados.drawing import Y, amounts, poster_figure, timeline_figure, tree, tree_figure
from clados.drawing.architecture.figure import architecture_figure
from clados.drawing.records import Node, of_cards
from clados.models.declared import declared, package_models

MODELS = 500
LARGE, ONE = 1.0, 0.15  # seconds that a drawing of so many models may take, and any other


def drawings(limits: Limits) -> list[Figure]:
    """The tree and the timeline of 500 models, the catalogue and copies of it; the slowest figure of it and model."""
    cards = catalog().values()
    nodes = _copied(of_cards(cards))
    figures = {
        "tree": partial(tree_figure, cards),
        "poster": partial(poster_figure, cards),
        **{f"timeline by {y}": partial(timeline_figure, cards, y) for y in get_args(Y)},
    }
    whole = {name: least_seconds(draw) for name, draw in figures.items()}
    each = {name: least_seconds(partial(architecture_figure, declared(name).model, name)) for name in package_models()}
    slowest, long = (max(found, key=lambda name: found[name]) for found in (each, whole))
    return [
        against(f"tree of {MODELS} models", least_seconds(lambda: tree.draw_tree(nodes, {}, name="x")), LARGE),
        against(f"{MODELS} models by parameters", least_seconds(lambda: amounts.by_params(nodes, {}, name="x")), LARGE),
        against(f"{long} of the {len(cards)} cards, the slowest of {len(whole)}", whole[long], ONE),
        against(f"architecture of {slowest}, the slowest of {len(each)}", each[slowest], ONE),
    ]


def _copied(nodes: list[Node]) -> list[Node]:
    """So many nodes: these, and copies of them that descend from each other as they do."""
    found = list(nodes)
    for copy in itertools.count(2):
        for node in nodes[: MODELS - len(found)]:
            parents = tuple(dataclasses.replace(parent, id=f"{parent.id}/{copy}") for parent in node.parents)
            found.append(dataclasses.replace(node, id=f"{node.id}/{copy}", name=f"{node.name} {copy}", parents=parents))
        if len(found) >= MODELS:
            break
    return found

"""Drawings of the family tree, of the timeline and of every model, against the seconds that each may take.

Seconds are the processor's own, the least of three, so that what else runs on the machine counts for little.
"""

import dataclasses
import itertools
from functools import partial

from benchmarks.harness import Figure, Limits, against, least_seconds
from clados.catalog.load import catalog
from clados.drawing import amounts, tree
from clados.drawing.architecture.figure import architecture_figure
from clados.drawing.records import Node, of_cards
from clados.models.declared import declared, package_models

MODELS = 500
LARGE, ONE = 1.0, 0.15  # seconds that a drawing of so many models may take, and one of a model


def drawings(limits: Limits) -> list[Figure]:
    """The tree and the timeline of 500 models, which are the catalogue and copies of it, and the slowest model."""
    nodes = _copied(of_cards(catalog().values()))
    each = {name: least_seconds(partial(architecture_figure, declared(name).model, name)) for name in package_models()}
    slowest = max(each, key=lambda name: each[name])
    return [
        against(f"tree of {MODELS} models", least_seconds(lambda: tree.draw_tree(nodes, {}, name="x")), LARGE),
        against(f"{MODELS} models by parameters", least_seconds(lambda: amounts.by_params(nodes, {}, name="x")), LARGE),
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

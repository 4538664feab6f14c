"""What the tests of the drawings look at: the boxes and paths in a figure's data."""

import itertools
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from typing import Any

from clados.drawing.svg import Box, Figure

NAMESPACE = "{http://www.w3.org/2000/svg}"


def boxes(figure: Figure) -> dict[str, Box]:
    """Box of each node in the figure's data."""
    nodes: Any = figure.data["nodes"]
    return {node["id"]: Box(*node["box"]) for node in nodes}


def overlaps(named: dict[str, Box]) -> list[tuple[str, str]]:
    """Pairs of boxes that overlap."""
    return [(a, b) for a, b in itertools.combinations(named, 2) if named[a].overlaps(named[b])]


def crossings(figure: Figure) -> list[tuple[str, str, str]]:
    """Parent, child and the box that their edge passes through."""
    named = boxes(figure)
    edges: Any = figure.data["edges"]
    return [
        (edge["parent"], edge["child"], name)
        for edge in edges
        for start, end in itertools.pairwise(edge["path"])
        for name, box in named.items()
        if box.grown(-0.5).crossed_by(tuple(start), tuple(end))
    ]


def elements(figure: Figure, attribute: str) -> list[ElementTree.Element]:
    """The SVG elements that carry the attribute."""
    return [each for each in ElementTree.fromstring(figure.svg).iter() if each.get(attribute) is not None]


def untitled(found: Iterable[ElementTree.Element]) -> list[ElementTree.Element]:
    """Those of the elements that have no title of their own."""
    return [each for each in found if each.find(f"{NAMESPACE}title") is None]

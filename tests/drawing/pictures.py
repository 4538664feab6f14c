"""What the tests of the drawings look at: the boxes and paths in a figure's data."""

import dataclasses
import itertools
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Sequence
from typing import Any

from clados.drawing.records import Node
from clados.drawing.svg import Box, Figure, text_width

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


def texts(figure: Figure) -> list[tuple[str, Box]]:
    """Every text of the picture, and a box around its letters."""
    found = []
    for each in ElementTree.fromstring(figure.svg).iter(f"{NAMESPACE}text"):
        said, size = each.text or "", float(each.get("font-size") or 11)
        width = text_width(said, size) * (1.1 if each.get("font-weight") else 1)
        x, y = (float(each.get(axis) or 0) for axis in "xy")
        left = x - {"middle": width / 2, "end": width}.get(each.get("text-anchor") or "", 0)
        found.append((said, Box(left, y - 0.75 * size, width, 0.95 * size)))
    return found


def lines(figure: Figure) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Every straight piece of a line of the picture, those of its legends included."""
    found = []
    for each in ElementTree.fromstring(figure.svg).iter():
        if each.tag == f"{NAMESPACE}line":
            x1, y1, x2, y2 = (float(each.get(name) or 0) for name in ("x1", "y1", "x2", "y2"))
            found.append(((x1, y1), (x2, y2)))
        elif each.tag == f"{NAMESPACE}path":
            for piece in (each.get("d") or "")[1:].split("M"):
                if "h" in piece:  # a sign of the legend
                    (x, y), wide = map(float, piece.partition("h")[0].split(" ")), float(piece.partition("h")[2])
                    found.append(((x, y), (x + wide, y)))
                else:
                    ends = [tuple(map(float, point.split(" "))) for point in piece.split("L")]
                    found += [((a[0], a[1]), (b[0], b[1])) for a, b in itertools.pairwise(ends)]
    return found


def struck(figure: Figure) -> list[str]:
    """The texts that a line of the picture passes through."""
    drawn = lines(figure)
    return [said for said, box in texts(figure) for line in drawn if box.grown(-0.5).crossed_by(*line)]


def overlaid(figure: Figure) -> list[tuple[str, str, str, str]]:
    """Parent and child of two edges of different parents of which one lies on the other for a stretch."""
    stretches: dict[tuple[int, float], list[tuple[float, float, str, str]]] = {}
    edges: Any = figure.data["edges"]
    for edge in edges:
        for start, end in itertools.pairwise(edge["path"]):
            axis = 0 if start[0] == end[0] else 1
            low, high = sorted((start[1 - axis], end[1 - axis]))
            stretches.setdefault((axis, start[axis]), []).append((low, high, edge["parent"], edge["child"]))
    return [
        (one[2], one[3], other[2], other[3])
        for line in stretches.values()
        for one, other in itertools.combinations(line, 2)
        if one[2] != other[2] and max(one[0], other[0]) < min(one[1], other[1])
    ]


def invented(nodes: Sequence[Node], count: int) -> list[Node]:
    """So many nodes: these, and again and again copies of them that descend from each other as they do."""
    found = list(nodes)
    for copy in itertools.count(2):
        for node in nodes:
            if len(found) >= count:
                return found
            parents = tuple(dataclasses.replace(parent, id=f"{parent.id}/{copy}") for parent in node.parents)
            found.append(dataclasses.replace(node, id=f"{node.id}/{copy}", name=f"{node.name} {copy}", parents=parents))
    return found

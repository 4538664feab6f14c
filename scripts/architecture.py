"""Draws docs/pictures/architecture.svg: the folders of src/clados and what imports what, read from the code.

Usage: python scripts/architecture.py [--check]

With --check nothing is written, and the exit code is 1 when the picture is not current.
"""

import math
import sys
import tomllib
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path

import grimp

from clados.drawing import svg
from clados.drawing.svg import Figure, element

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "pictures" / "architecture.svg"
WIDTH, ROW, HEIGHT, TOP = 760.0, 66.0, 34.0, 72.0  # of the picture, a layer with its gap, a box, the heading
LINE = "#7d8590"
Graph = Mapping[str, frozenset[str]]


def imports() -> dict[str, frozenset[str]]:
    """Each folder or file directly in src/clados, and which of the others it imports."""
    graph = grimp.build_graph("clados", exclude_type_checking_imports=True, cache_dir=None)
    children = graph.find_children("clados")
    for child in children:
        graph.squash_module(child)
    return {
        _short(child): frozenset(map(_short, graph.find_modules_directly_imported_by(child) & children - {child}))
        for child in sorted(children)
    }


def _short(module: str) -> str:
    return module.removeprefix("clados.")


def without_torch() -> set[str]:
    """The folders that must not import torch, as the layering contracts in pyproject.toml say."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    return {
        _short(each)
        for rule in contracts
        if "torch" in rule.get("forbidden_modules", ())
        for each in rule["source_modules"]
    }


def layers(graph: Graph) -> dict[str, int]:
    """The layer of each node: one above the highest that it imports."""
    found: dict[str, int] = {}

    def layer(node: str) -> int:
        if node not in found:
            found[node] = 1 + max((layer(each) for each in graph[node]), default=-1)
        return found[node]

    for node in graph:
        layer(node)
    return found


def reduced(graph: Graph) -> dict[str, frozenset[str]]:
    """The graph without the edges that follow from others: those that a longer path replaces."""
    below: dict[str, frozenset[str]] = {}
    for node in sorted(graph, key=layers(graph).__getitem__):
        below[node] = graph[node].union(*(below[each] for each in graph[node]))
    return {node: below_of - frozenset().union(*(below[each] for each in below_of)) for node, below_of in graph.items()}


def rows(edges: Iterable[tuple[str, str]], layer: Mapping[str, int]) -> tuple[list[list[str]], list[list[str]]]:
    """The nodes of each layer in drawing order, and each edge as a path with a bend in every layer that it crosses."""
    ranks: list[list[str]] = [[] for _ in range(1 + max(layer.values()))]
    for node in sorted(layer):
        ranks[layer[node]].append(node)
    paths = []
    for start, end in sorted(edges):
        bends = [f"{start}>{end}@{level}" for level in range(layer[start] - 1, layer[end], -1)]
        for level, bend in zip(range(layer[start] - 1, layer[end], -1), bends):
            ranks[level].append(bend)
        paths.append([start, *bends, end])
    near: dict[str, set[str]] = {}
    for path in paths:
        for one, other in pairwise(path):
            near.setdefault(one, set()).add(other)
            near.setdefault(other, set()).add(one)
    for turn in range(8):  # each layer by the mean place of its neighbours (Sugiyama et al. 1981)
        order = range(len(ranks)) if turn % 2 else range(len(ranks) - 1, -1, -1)
        for level in order:
            place = {node: i / len(rank) + 0.5 / len(rank) for rank in ranks for i, node in enumerate(rank)}
            ranks[level].sort(
                # the same to the last bit, in whatever order a set gives its nodes
                key=lambda node: math.fsum(place[each] for each in near.get(node, ())) / max(1, len(near.get(node, ())))
            )
    return ranks, paths


def picture(graph: Graph, torchless: Iterable[str]) -> Figure:
    """The layers from the highest to the lowest, and the imports that do not follow from others."""
    layer, few = layers(graph), reduced(graph)
    ranks, paths = rows([(one, other) for one, others in few.items() for other in others], layer)
    height = TOP + ROW * len(ranks) + 8
    at = {}
    for level, rank in enumerate(ranks):
        for i, node in enumerate(rank):
            at[node] = (WIDTH * (i + 0.5) / len(rank), TOP + ROW * (len(ranks) - 1 - level) + HEIGHT / 2)
    parts = [
        svg.label(16, 28, "What imports what in clados", size=15, font_weight="600"),
        svg.label(
            16,
            48,
            "Imports go down only. Filled: needs no torch. Lines that follow from others are left out.",
            class_="faint",
        ),
    ]
    for path in paths:
        (x, y), *rest = (at[each] for each in path)
        bends = "".join(_bend(before, after) for before, after in zip([(x, y + HEIGHT / 2), *rest], rest))
        parts.append(
            element(
                "path",
                d=f"M{svg.coordinate(x)} {svg.coordinate(y + HEIGHT / 2)}{bends}",
                fill="none",
                stroke=LINE,
                stroke_width=1.3,
            )
        )
    for node in sorted(layer):
        x, y = at[node]
        wide = svg.text_width(node, 13) + 28
        box = element(
            "rect",
            x=x - wide / 2,
            y=y - HEIGHT / 2,
            width=wide,
            height=HEIGHT,
            rx=7,
            class_="paper",
            stroke=LINE,
            stroke_width=1.3,
        )
        tint = element(
            "rect", x=x - wide / 2, y=y - HEIGHT / 2, width=wide, height=HEIGHT, rx=7, fill="#56b4e9", fill_opacity=0.3
        )
        name = svg.label(x, y + 4.5, node, size=13, text_anchor="middle", font_weight="600")
        says = f"{node}, above {', '.join(sorted(few[node]))}" if few[node] else node
        parts.append(element("g", svg.title(says), box, tint if node in torchless else "", name, data_id=node))
    data = {node: sorted(others) for node, others in graph.items()}
    return Figure(svg.document(WIDTH, height, "What imports what in clados", parts, kind="imports"), data)


def _bend(before: tuple[float, float], after: tuple[float, float]) -> str:
    """A curve that leaves and arrives upright."""
    middle = svg.coordinate((before[1] + after[1]) / 2)
    (x, _), (to, down) = before, after
    return f"C{svg.coordinate(x)} {middle} {svg.coordinate(to)} {middle} {svg.coordinate(to)} {svg.coordinate(down)}"


def drawn() -> Figure:
    """The picture of the code as it is; folders below those without torch that import nothing of torch count too."""
    graph = imports()
    torchless = without_torch()
    below = torchless.union(*(graph[each] for each in torchless))
    return picture(graph, below)


def main() -> int:
    """Write the picture, or check it."""
    made = drawn()
    if "--check" in sys.argv[1:]:
        return int(not PICTURE.exists() or PICTURE.read_text(encoding="utf-8") != made.svg)
    made.save(PICTURE)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Pictures of what is computed: beams as a tree, texts as points, attention in small."""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

from clados.drawing.svg import Box, coordinate, text_width
from clados.html import Child, Html, el
from clados.tables import wrapped
from clados.web.views.pieces import percent

_GAP, _ROW, _BOX, _SIZE = 26.0, 40.0, 24.0, 12.0
_WIDE, _HIGH, _EDGE = 720.0, 420.0, 24.0
_LINE, _FAR = 15.0, 14.0  # height of a line on a map, how far off a text is led to
_LETTERS, _NAMES = 1 / 24, 13 / 36  # letters of a line, and pixels left free for texts, as shares of a map's width
_TRIED, _ROUNDS = 300, 24  # free places of a text, and orders of all, before a line may run through a text
_SHADES = (0.05, 0.15, 0.3, 0.5, 0.75)  # from which an attention is drawn so dark

_Point = tuple[float, float]


def beam_tree(label: str, nodes: Sequence[Any]) -> Html:
    """Left to right, token by token; the likeliest text bold, ends of texts with their rank."""
    depth = [0] * len(nodes)
    for i, node in enumerate(nodes):
        depth[i] = depth[node.parent] + 1 if node.parent >= 0 else 0
    width = {level: max(_wide(node) for node, d in zip(nodes, depth) if d == level) for level in set(depth)}
    left = {level: 8 + sum(width[each] + _GAP for each in range(level)) for level in width}
    rows = _rows(nodes)
    lines: list[Child] = []
    boxes: list[Child] = []
    for i, node in enumerate(nodes):
        x, y = left[depth[i]], 8 + rows[i] * _ROW
        if node.parent >= 0:
            before = node.parent
            start = left[depth[before]] + _wide(nodes[before])
            lines.append(_curve(start, 8 + rows[before] * _ROW + _BOX / 2, x, y + _BOX / 2, best=node.best))
        boxes.append(_node(node, x, y))
    wide = max(left[level] + width[level] for level in width) + 30
    size = _frame(wide, 8 + (max(rows) + 1) * _ROW)
    drawn = el("svg", lines, boxes, class_="beams", role="img", aria_label=label, **size)
    return el("div", drawn, class_="scroll plain", role="region", tabindex=0, aria_label=label)


def _rows(nodes: Sequence[Any]) -> list[float]:
    """The height of each: leaves one below the other, others in the middle of what follows them."""
    below: dict[int, list[int]] = {}
    for i, node in enumerate(nodes):
        below.setdefault(node.parent, []).append(i)
    rows = [0.0] * len(nodes)
    free = 0

    def place(i: int) -> float:
        nonlocal free
        if i in below:
            heights = [place(each) for each in below[i]]
            rows[i] = (heights[0] + heights[-1]) / 2
        else:
            rows[i], free = float(free), free + 1
        return rows[i]

    for each in below.get(-1, ()):
        place(each)
    return rows


def _wide(node: Any) -> float:
    return max(text_width(node.token, _SIZE) * 1.1 + 14, 44)


def _curve(x1: float, y1: float, x2: float, y2: float, *, best: bool) -> Html:
    middle = coordinate((x1 + x2) / 2)
    start, end = (f"{coordinate(x)} {coordinate(y)}" for x, y in ((x1, y1), (x2, y2)))
    path = f"M{start}C{middle} {coordinate(y1)} {middle} {coordinate(y2)} {end}"
    return el("path", d=path, class_="best" if best else None)


def _node(node: Any, x: float, y: float) -> Html:
    wide = _wide(node)
    rank = (
        el("text", f"{node.rank + 1}.", x=coordinate(x + wide + 5), y=coordinate(y + 16), class_="rank")
        if node.rank is not None
        else None
    )
    return el(
        "g",
        el("title", f"{node.token}: {percent(node.probability)}; log p {node.total:.2f}"),
        el(
            "rect",
            x=coordinate(x),
            y=coordinate(y),
            width=coordinate(wide),
            height=coordinate(_BOX),
            rx=5,
            fill_opacity=f"{node.probability * 0.6:.2f}",
        ),
        el("text", node.token, x=coordinate(x + wide / 2), y=coordinate(y + 16), text_anchor="middle"),
        el(
            "text",
            percent(node.probability),
            x=coordinate(x + wide / 2),
            y=coordinate(y + _BOX + 10),
            class_="chance",
            text_anchor="middle",
        ),
        rank,
        class_="best" if node.best else None,
    )


def text_map(label: str, texts: Sequence[str], points: Sequence[tuple[float, float]], width: float = _WIDE) -> Html:
    """Whole texts, in lines, beside their points; they go where they fit, and the frame grows."""
    places, lines = _placed(points, width), [wrapped(text, round(width * _LETTERS)) for text in texts]
    sizes = [(max(text_width(line, _SIZE) for line in each), _LINE * len(each)) for each in lines]
    boxes = _boxes(places, sizes, width)
    drawn = [_named(*each) for each in zip(texts, lines, places, boxes)]
    top, bottom = min(0, *(each.top - 8 for each in boxes)), max(_HIGH, *(each.bottom + 8 for each in boxes))
    size = _frame(max(width, *(each.right + 2 for each in boxes)), bottom - top, top)
    picture = el("svg", drawn, class_="textmap", role="img", aria_label=label, **size)
    return el("div", picture, class_="scroll", role="region", tabindex=0, aria_label=label)


def _boxes(places: Sequence[_Point], sizes: Sequence[tuple[float, float]], width: float) -> list[Box]:
    """Where the texts stand, on no point and on no other text.

    In the order in which all lines run past all texts, or else the most: what found no such place before comes first.
    """
    order, best, fewest = [*range(len(places))], dict[int, Box](), len(places) + 1
    for number in range(_ROUNDS):
        found, walled = _in_order(order, places, sizes, width, beside=number % 2 == 1)
        if len(walled) < fewest:
            best, fewest = found, len(walled)
        if not walled:
            break
        order.sort(key=lambda i: i not in walled)
    return [best[i] for i in range(len(places))]


def _in_order(
    order: Sequence[int],
    places: Sequence[_Point],
    sizes: Sequence[tuple[float, float]],
    width: float,
    *,
    beside: bool,
) -> tuple[dict[int, Box], set[int]]:
    """The texts one after the other, and those whose line runs through another text, as it has no other way."""
    dots = [Box(x - 4, y - 4, 8, 8) for x, y in places]
    found, walled = dict[int, Box](), set[int]()
    for i in order:
        taken, around = [*found.values()], _around(places[i], *sizes[i], width, beside=beside)
        leads = [lead for j, box in found.items() if (lead := _lead(places[j], box))]
        free = (box for box in around if not _meets(box, [*dots, *taken]))
        first = next(free)
        tried = itertools.islice(itertools.chain([first], free), _TRIED)
        clear = next((box for box in tried if not _crossed(places[i], box, taken, leads)), None)
        found[i] = clear or first
        walled |= {i} if clear is None else set()
    return found, walled


def _meets(box: Box, others: Sequence[Box]) -> bool:
    return any(box.overlaps(each) for each in others)


def _lead(place: _Point, box: Box) -> tuple[_Point, _Point] | None:
    """The line from a point to its text, where they are not beside each other."""
    x, y = place
    near = min(max(x, box.left), box.right), min(max(y, box.top), box.bottom)
    return (place, near) if math.dist(place, near) > _FAR else None


def _named(text: str, lines: Sequence[str], place: _Point, box: Box) -> Html:
    """A point and its text, and what joins them where they are not beside each other."""
    lead = _lead(place, box)
    path = "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in lead or ())
    spans = [
        el("tspan", line, x=coordinate(box.left), y=coordinate(box.top + _LINE * i + _SIZE))
        for i, line in enumerate(lines)
    ]
    point = el("circle", cx=coordinate(place[0]), cy=coordinate(place[1]), r=4)
    return el("g", el("title", text), el("path", d=f"M{path}") if lead else None, point, el("text", spans))


def _placed(points: Sequence[tuple[float, float]], width: float) -> list[tuple[float, float]]:
    """Points in the frame, as large as it allows, their distances in proportion; room for names on both sides."""
    lows, highs = [min(each) for each in zip(*points)], [max(each) for each in zip(*points)]
    room = (width * (1 - _NAMES), _HIGH - 2 * _EDGE)
    scale = min(size / max(high - low, 1e-6) for size, low, high in zip(room, lows, highs))
    middle = [(low + high) / 2 for low, high in zip(lows, highs)]
    return [(width / 2 + (a - middle[0]) * scale, _HIGH / 2 - (b - middle[1]) * scale) for a, b in points]


def _around(place: _Point, wide: float, high: float, width: float, *, beside: bool) -> Iterator[Box]:
    """Where a text may stand, without end: right of its point, left, below, above, and ever further off.

    Those ``beside`` leave a way up and down from the point, where many lie at one place.
    """
    x, y = place
    for far in itertools.count():
        down, out = _LINE * far, 2 * _LINE * far
        for left, top in (
            (x + 8, y - high / 2 + down),
            (x - 8 - wide, y - high / 2 + down),
            (x + 8, y - high / 2 - down),
            (x - 8 - wide, y - high / 2 - down),
            *(((x - wide / 2, y + 6 + down), (x - wide / 2, y - 6 - high - down)) if not beside else ()),
            *((x + 8 + out, y - high / 2 + sign * down / 2) for sign in (1, -1)),
            *((x - 8 - wide - out, y - high / 2 + sign * down / 2) for sign in (1, -1)),
        ):
            yield Box(max(min(left, width - wide - 2), 2), top, wide, high)


def _crossed(place: _Point, box: Box, boxes: Sequence[Box], leads: Sequence[tuple[_Point, _Point]]) -> bool:
    """Whether a text lies on the line to another, or the line to it on a text."""
    lead = _lead(place, box)
    return any(box.crossed_by(*each) for each in leads) or bool(lead and any(each.crossed_by(*lead) for each in boxes))


def thumbnail(rows: Sequence[Sequence[float]]) -> Html:
    """A map without names, in as many shades as there are paths."""
    paths = []
    for shade, least in enumerate(_SHADES):
        most = _SHADES[shade + 1] if shade + 1 < len(_SHADES) else 2.0
        cells = [(i, j) for i, row in enumerate(rows) for j, each in enumerate(row) if least <= each < most]
        if cells:
            data = "".join(f"M{j} {i}h1v1h-1z" for i, j in cells)
            paths.append(el("path", d=data, fill_opacity=f"{0.15 + 0.85 * shade / (len(_SHADES) - 1):.2f}"))
    return el(
        "svg", paths, class_="thumb", viewBox=f"0 0 {len(rows)} {len(rows)}", width=72, height=72, aria_hidden="true"
    )


def _frame(wide: float, high: float, top: float = 0) -> dict[str, str]:
    return {
        "viewBox": f"0 {coordinate(top)} {coordinate(wide)} {coordinate(high)}",
        "width": coordinate(wide),
        "height": coordinate(high),
    }

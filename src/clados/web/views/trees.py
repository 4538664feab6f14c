"""Pictures of what is computed: beams as a tree, texts as points, attention in small."""

from collections.abc import Sequence
from typing import Any

from clados.drawing.svg import coordinate, text_width
from clados.html import Child, Html, el
from clados.web.views.pieces import percent

_GAP, _ROW, _BOX, _SIZE = 26.0, 40.0, 24.0, 12.0
_WIDE, _HIGH, _EDGE = 720.0, 420.0, 24.0
_SHADES = (0.05, 0.15, 0.3, 0.5, 0.75)  # from which an attention is drawn so dark


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


def text_map(label: str, texts: Sequence[str], points: Sequence[tuple[float, float]]) -> Html:
    """Texts beside their points; the names go where they fit, the first texts first."""
    places = _placed(points)
    taken = [(x - 4, y - 4, x + 4, y + 4) for x, y in places]
    drawn: list[Child] = []
    for text, (x, y) in zip(texts, places):
        name = text if len(text) <= 26 else text[:25] + "…"
        left, base = _free(x, y, text_width(name, _SIZE), taken)
        taken.append((left, base - _SIZE, left + text_width(name, _SIZE), base + 3))
        drawn.append(
            el(
                "g",
                el("title", text),
                el("circle", cx=coordinate(x), cy=coordinate(y), r=4),
                el("text", name, x=coordinate(left), y=coordinate(base)),
            )
        )
    picture = el("svg", drawn, class_="textmap", role="img", aria_label=label, **_frame(_WIDE, _HIGH))
    return el("div", picture, class_="scroll", role="region", tabindex=0, aria_label=label)


def _placed(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points in the frame, as large as it allows, their distances in proportion; room for names on both sides."""
    lows, highs = [min(each) for each in zip(*points)], [max(each) for each in zip(*points)]
    room = (_WIDE - 260, _HIGH - 2 * _EDGE)
    scale = min(size / max(high - low, 1e-6) for size, low, high in zip(room, lows, highs))
    middle = [(low + high) / 2 for low, high in zip(lows, highs)]
    return [(_WIDE / 2 + (a - middle[0]) * scale, _HIGH / 2 - (b - middle[1]) * scale) for a, b in points]


def _free(x: float, y: float, wide: float, taken: Sequence[tuple[float, float, float, float]]) -> tuple[float, float]:
    """Where a name may stand beside its point: right of it, left, below, above, or further off."""
    for far in range(6):
        step = 13.0 * far
        for left, base in (
            (x + 8, y + 4 + step),
            (x - 8 - wide, y + 4 + step),
            (x + 8, y + 4 - step),
            (x - wide / 2, y + 18 + step),
        ):
            left = min(max(left, 2), _WIDE - wide - 2)
            box = (left, base - _SIZE, left + wide, base + 3)
            if all(box[2] < a or c < box[0] or box[3] < b or d < box[1] for a, b, c, d in taken):
                return left, base
    return x + 8, y + 4


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


def _frame(wide: float, high: float) -> dict[str, str]:
    return {
        "viewBox": f"0 0 {coordinate(wide)} {coordinate(high)}",
        "width": coordinate(wide),
        "height": coordinate(high),
    }

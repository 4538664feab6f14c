"""The poster: the whole family tree and the key facts of every model, on one sheet of A1."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from clados.catalog.card import Card
from clados.catalog.texts import attribute_text
from clados.drawing import frame, svg
from clados.drawing.layout.sheet import broken_lines
from clados.drawing.palette import Ink, ink
from clados.drawing.records import Node, by_date
from clados.drawing.svg import EmptyFigureError, Figure, element
from clados.drawing.tree import tree_parts

WIDTH, HEIGHT = 841 * 72 / 25.4, 594 * 72 / 25.4  # A1 across, in points
_MARGIN = 42.0
_TOP = 104.0  # below the heading
_SHARE = 0.5  # of the width is the tree's
_PIXEL = 72 / 96  # points of a pixel of SVG
_COLUMNS = 3
_BETWEEN = 18.0  # two columns
_NAME, _FACT, _LINE = 10.2, 8.2, 10.3  # sizes of the text, and from line to line
_FACTS = ("date", "params", "architecture", "lab", "tasks", "license")


@dataclass(frozen=True)
class _Entry:
    """What stands in a column, a family or a model: its height in points and what draws it."""

    height: float
    name: str
    lines: Sequence[str]
    group: str
    card: str = ""
    changes: Sequence[str] = ()  # what each parent gave and what differs from it, in lines


def draw_poster(cards: Iterable[Card], nodes: Sequence[Node], colours: Mapping[str, str], name: str) -> Figure:
    """The poster: the tree on the left, on the right by family and date each model's facts and what changed to it.

    Args:
        cards: the models.
        nodes: the same as the tree has them.
        colours: group to `#rrggbb`.
        name: the heading.

    Raises:
        EmptyFigureError: no models.
    """
    if not nodes:
        raise EmptyFigureError("nothing to draw: no models")
    drawn = tree_parts(nodes, colours)
    room = (WIDTH - 2 * _MARGIN) * _SHARE - _BETWEEN
    scale = min(room / drawn.width, (HEIGHT - _TOP - _MARGIN) / (drawn.height - frame.TOP + 20))
    move = f"translate({svg.coordinate(_MARGIN)} {svg.coordinate(_TOP - (frame.TOP - 30) * scale)}) scale({scale:.4f})"
    parts = [
        svg.label(_MARGIN, 62, name, size=34, font_weight="600"),
        svg.label(_MARGIN, 84, f"{len(nodes)} models; unknown: not published", size=13, class_="faint"),
        element("g", *drawn.parts, transform=move),
    ]
    left = _MARGIN + room + 2 * _BETWEEN
    width = (WIDTH - _MARGIN - left - _BETWEEN * (_COLUMNS - 1)) / _COLUMNS
    parts.append(_facts({card.id: card for card in cards}, nodes, colours, left, width))
    sheet = element("g", *parts, transform=f"scale({1 / _PIXEL:.6f})")
    return Figure(svg.document(WIDTH / _PIXEL, HEIGHT / _PIXEL, name, [sheet], kind="poster"), drawn.data)


def _facts(
    cards: Mapping[str, Card], nodes: Sequence[Node], colours: Mapping[str, str], left: float, width: float
) -> str:
    """Columns of facts, each as wide; smaller where they would be longer than the sheet."""
    fit, columns = 1.0, _balanced([*_entries(cards, nodes, width)])
    while fit * max(sum(entry.height for entry in column) for column in columns) > HEIGHT - _TOP - _MARGIN:
        fit *= 0.98  # smaller, in columns that stay as wide: of longer lines, and fewer
        columns = _balanced([*_entries(cards, nodes, width / fit)])
    inks = {node.group: ink(node.group, colours) for node in nodes}
    places = [i * (width + _BETWEEN) / fit for i in range(len(columns))]
    facts = [each for column, at in zip(columns, places) for each in _column(column, at, width / fit, inks)]
    place = f"translate({svg.coordinate(left)} {svg.coordinate(_TOP)})" + f" scale({fit:.4f})" * (fit < 1)
    return element("g", *facts, transform=place)


def _entries(cards: Mapping[str, Card], nodes: Sequence[Node], width: float) -> Iterator[_Entry]:
    """Families in the tree's order, each followed by its models by date."""
    groups = dict.fromkeys(node.group for node in nodes)
    order = [group for group in frame.FAMILY_ORDER if group in groups]
    for group in [*order, *sorted(set(groups) - {*order})]:
        yield _heading(group)
        for node in by_date(node for node in nodes if node.group == group):
            card = cards[node.id]
            said = " · ".join(_said(card, fact) for fact in _FACTS)
            lines, changes = broken_lines(said, width - 12, _FACT), [*_changes(cards, node, width - 12)]
            yield _Entry(_LINE * (len(lines) + len(changes) + 1) + 5, card.name, lines, group, card.id, changes)


def _changes(cards: Mapping[str, Card], node: Node, width: float) -> Iterator[str]:
    """What changed from each parent that is drawn, as the edges of the tree say it."""
    for edge in node.parents:
        if edge.id in cards:
            yield from broken_lines(f"← {cards[edge.id].name}: {edge.said or 'nothing said'}", width, _FACT)


def _heading(group: str, more: str = "") -> _Entry:
    return _Entry(24.0, group + more, (), group)


def _said(card: Card, fact: str) -> str:
    text = attribute_text(card, fact)
    return f"{fact} unknown" if text == "unknown" else text


def _balanced(entries: Sequence[_Entry]) -> list[list[_Entry]]:
    """Columns of about the same height; a family's heading stays with its first model."""
    share = sum(entry.height for entry in entries) / _COLUMNS
    columns: list[list[_Entry]] = [[]]
    for entry in entries:
        full = sum(each.height for each in columns[-1]) >= share
        if full and len(columns) < _COLUMNS and columns[-1][-1].card:
            columns.append([])
            if entry.card:
                columns[-1].append(_heading(entry.group, " (continued)"))
        columns[-1].append(entry)
    return columns


def _column(entries: Sequence[_Entry], left: float, width: float, inks: Mapping[str, Ink]) -> Iterator[str]:
    y = 0.0
    for entry in entries:
        line, faint = inks[entry.group].line, len(entry.lines)
        if entry.card:
            name = svg.label(left + 12, y + _LINE, entry.name, size=_NAME, font_weight="600")
            facts = [
                svg.label(left + 12, y + _LINE * (i + 2), each, size=_FACT, class_="faint" if i < faint else None)
                for i, each in enumerate((*entry.lines, *entry.changes))
            ]
            bar = element("rect", x=left, y=y + 1, width=3, height=entry.height - 4, rx=1.5, fill=line)
            yield element("g", svg.title(entry.name), bar, name, *facts, data_id=entry.card)
        else:
            rule = element("rect", x=left, y=y + 19, width=width, height=1.2, fill=line)
            yield element("g", rule, svg.label(left, y + 15, entry.name, size=12.5, font_weight="600"))
        y += entry.height

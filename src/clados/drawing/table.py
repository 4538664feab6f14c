"""A table as plain SVG: columns as wide as they need, long cells cut."""

from collections.abc import Mapping, Sequence

from clados.drawing import svg
from clados.drawing.svg import EmptyFigureError, Figure, element

_ROW, _PAD, _LEFT, _TOP = 19.0, 10.0, 12.0, 44.0


def table_figure(rows: Sequence[Mapping[str, str]], *, name: str, widest: float = 220) -> Figure:
    """The rows under the keys of the first; cells wider than `widest` pixels end in an ellipsis, their titles have all.

    Raises:
        EmptyFigureError: no rows.
    """
    if not rows:
        raise EmptyFigureError("nothing to draw: no rows")
    columns = list(rows[0])
    widths = {
        column: min(widest, max(svg.text_width(text) for text in [column, *(row.get(column, "") for row in rows)]))
        for column in columns
    }
    lefts, x = {}, _LEFT
    for column in columns:
        lefts[column] = x
        x += widths[column] + _PAD
    width = x + _LEFT
    parts = [svg.label(_LEFT, 24, name, size=15, font_weight="600")]
    parts += [svg.label(lefts[column], _TOP + 8, column, font_weight="600") for column in columns]
    for number, row in enumerate(rows):
        y = _TOP + 16 + number * _ROW
        cells = [
            element(
                "g",
                svg.title(row.get(column, "")),
                svg.label(lefts[column], y + 13, cut(row.get(column, ""), widths[column])),
            )
            for column in columns
        ]
        rule = element("line", class_="rule", x1=_LEFT, x2=width - _LEFT, y1=y, y2=y, stroke_width=0.6)
        parts.append(element("g", svg.title(row[columns[0]]), rule, *cells, data_id=row.get("id", row[columns[0]])))
    height = _TOP + 16 + len(rows) * _ROW + 16
    return Figure(
        svg.document(width, height, name, parts, kind="table"), {"columns": columns, "rows": [dict(r) for r in rows]}
    )


def cut(text: str, width: float, size: float = 11) -> str:
    """`text`, shortened with an ellipsis until it fits `width` pixels."""
    if svg.text_width(text, size) <= width + 1e-6:
        return text
    while text and svg.text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"

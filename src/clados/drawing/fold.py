"""A folded protein: how sure the model is of each residue, and how far apart it takes each two to be."""

from collections.abc import Sequence

from clados.drawing import svg
from clados.drawing.svg import EmptyFigureError, Figure, element

_LEFT, _TOP, _HIGH, _SIDE, _GAP = 56.0, 62.0, 120.0, 420.0, 64.0
# The bands of the AlphaFold database: very high, confident, low, very low.
BANDS = ((90.0, "#0053d6"), (70.0, "#65cbf3"), (50.0, "#ffdb13"), (0.0, "#ff7d45"))
CELLS = 100  # along each side of the map; of longer proteins neighbours are taken together


def fold_figure(letters: str, plddt: Sequence[float], distances: Sequence[Sequence[float]] | None) -> Figure:
    """Bars of pLDDT over a map of mean distances.

    Args:
        plddt: from 0 to 100, a residue each; distances: in ångström, between each two residues; None: not known.

    Raises:
        EmptyFigureError: there is no residue.
    """
    if not letters:
        raise EmptyFigureError("nothing to draw: no residue")
    width, step = _LEFT + _SIDE + 24, _SIDE / len(letters)
    bottom = _TOP + _HIGH
    parts = [svg.label(16, 26, f"{len(letters)} residues", size=15, font_weight="600")]
    parts.append(svg.label(_LEFT, _TOP - 8, "pLDDT", class_="faint"))
    for value in (0, 50, 70, 90):
        y = bottom - _HIGH * value / 100
        parts.append(element("line", class_="rule", x1=_LEFT, x2=_LEFT + _SIDE, y1=y, y2=y, stroke_width=1))
        parts.append(svg.label(_LEFT - 6, y + 4, str(value), class_="faint", text_anchor="end"))
    for i, (letter, sure) in enumerate(zip(letters, plddt, strict=True)):
        high = _HIGH * sure / 100
        text = svg.title(f"{letter}{i + 1}: {sure:.1f}")
        box = {"x": _LEFT + i * step, "y": bottom - high, "width": step, "height": high}
        parts.append(element("rect", text, fill=_band(sure), **box))
    height = bottom + 24
    if distances is not None:
        parts += _map(distances, bottom + _GAP)
        height = bottom + _GAP + _SIDE + 24
    data = {"letters": letters, "plddt": [*plddt], "distances": distances and [[*row] for row in distances]}
    return Figure(svg.document(width, height, "Folded protein", parts, kind="fold"), data)


def _band(sure: float) -> str:
    return next((colour for least, colour in BANDS if sure >= least), BANDS[-1][1])


def _map(distances: Sequence[Sequence[float]], top: float) -> list[str]:
    """Squares, the darker the nearer."""
    number = len(distances)
    cells = min(number, CELLS)
    at = [i * number // cells for i in range(cells)]
    furthest = max(max(row) for row in distances) or 1.0
    size = _SIDE / cells
    parts = [svg.label(_LEFT, top - 8, f"mean distance, 0 to {furthest:.0f} ångström (dark is near)", class_="faint")]
    for i, row in enumerate(at):
        for j, column in enumerate(at):
            shade = 1 - distances[row][column] / furthest
            box = {"x": _LEFT + j * size, "y": top + i * size, "width": size, "height": size}
            parts.append(element("rect", fill="#0053d6", fill_opacity=round(shade, 3), **box))
    return parts

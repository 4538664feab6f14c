"""A model as boxes in boxes, from what its parts say they hold: repeated layers folded, parameters on every box."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clados.drawing import chart, svg
from clados.drawing.scale import count_label
from clados.drawing.svg import Box, Figure, element
from clados.spec import BatchNorm, GroupNorm, Model, Norm, Part, part_fields
from clados.spec.core.ledger import rows
from clados.spec.core.pieces import Env, Held, Kernel, Named, Several

if TYPE_CHECKING:
    from rich.tree import Tree

_LEAF, _GAP, _PAD, _HEAD = 30.0, 10.0, 12.0, 22.0  # heights and distances in pixels
_LINE = 17.0  # of text below the drawing
_SIDE = 30.0  # between two stacks side by side
_NAMES = {
    "attn": "attention",
    "cross": "cross-attention",
    "mlp": "feed-forward",
    "attn_norm": "norm",
    "cross_norm": "norm",
    "mlp_norm": "norm",
    "norm_out": "norm",
}
_GATED = ("row", "column", "starting", "ending")  # attention of models that fold proteins, by what it goes along
_BESIDE = ({"encoder", "decoder"}, {"image", "text"})  # pieces that stand side by side


@dataclass(frozen=True)
class DrawnPart:
    """One box: its name, the words of its part, its parameters, what is inside, and how often it is repeated."""

    name: str
    said: str
    params: int
    inside: tuple["DrawnPart", ...] = ()
    times: int = 1

    def json(self) -> dict[str, object]:
        """The box as data."""
        return {
            "name": self.name,
            "part": self.said,
            "params": self.params,
            "times": self.times,
            "inside": [each.json() for each in self.inside],
        }


def sketch(model: Model, name: str) -> DrawnPart:
    """The boxes of a model. A box's ``params`` are those of all its repetitions; children add up to their parent."""
    return DrawnPart(name, type(model).__name__, sum(row.count for row in rows(model)), tuple(_inside(model, None)))


def _inside(part: Part, env: Env | None) -> Iterator[DrawnPart]:
    for name, piece in part.pieces(env).items():  # type: ignore[arg-type]
        match piece:
            case Held():
                yield _held(_NAMES.get(name, name), piece)
            case Named():
                for slot, held in piece.held.items():
                    yield _held(f"{slot} head" if name == "heads" else slot, held)
            case Several():
                yield _folded(name, piece)


def _held(name: str, held: Held) -> DrawnPart:
    inside = tuple(_inside(held.part, held.env))
    params = sum(row.count for row in rows(held.part, held.env))
    return DrawnPart(name, _said(held.part), params, inside)


def _folded(name: str, several: Several) -> DrawnPart:
    """Layers in turn as one box: the shortest run that repeats, and how often it does."""
    parts = [held.part for held in several.held]
    total = len(parts)
    runs = (n for n in range(1, total + 1) if total % n == 0 and parts == parts[:n] * (total // n))
    run = next(runs, total)
    layers = tuple(_held("layer" if run == 1 else f"layer {i + 1} of {run}", several.held[i]) for i in range(run))
    inside = layers[0].inside if run == 1 else layers
    params = sum(each.params for each in layers) * (total // run)
    return DrawnPart("layers" if name == "blocks" else name, "", params, inside, total // run)


def _said(part: Part) -> str:
    """The words of a part, parts inside it by their kind."""
    if isinstance(part, Norm):
        return type(part).__name__
    said = {name: value for name, value in part_fields(part).items() if value not in (None, False, 0, "", ())}
    args = ", ".join(f"{name} {_word(value)}" for name, value in said.items() if name != "block")
    return f"{type(part).__name__}({args})" if args else type(part).__name__


def _word(value: object) -> str:
    return type(value).__name__ if isinstance(value, Part) else str(value)


def architecture_figure(model: Model, name: str, assumed: Sequence[str] = ()) -> Figure:
    """The drawing: what enters stands at the bottom, what is read off at the top; below it, what is assumed."""
    top = sketch(model, name)
    size = _size(top)
    drawn = [svg.label(12, 26, f"{name} · {count_label(top.params)} parameters", size=15, font_weight="600")]
    drawn += _draw(top, Box(12, 40, size[0], size[1]), top.params, 0)
    drawn += _assumed(assumed, size)
    height = size[1] + 52 + (_LINE * (len(assumed) + 1) if assumed else 0)
    data = {**top.json(), "assumed": list(assumed)}
    return Figure(svg.document(size[0] + 24, height, name, drawn, kind="architecture"), data)


def _assumed(lines: Sequence[str], size: tuple[float, float]) -> list[str]:
    """The assumed lines below a drawing of that size, as wide as it; their titles have them whole."""
    if not lines:
        return []
    y = size[1] + 52
    drawn = [svg.label(12, y, "Assumed, as no source says it:", font_weight="600")]
    for i, line in enumerate(lines, 1):
        text = svg.label(12, y + i * _LINE, svg.cut(line, size[0]), class_="faint")
        drawn.append(element("g", svg.title(line), text, data_assumed=i))
    return drawn


def _text(piece: DrawnPart) -> str:
    times = f" × {piece.times}" if piece.times > 1 else ""
    return f"{piece.name}{times}"


def _short(said: str) -> str:
    return said if len(said) <= 64 else f"{said[:63]}…"


def _columns(piece: DrawnPart) -> list[tuple[DrawnPart, ...]]:
    """The rows of boxes inside a box, in reading order of the computation; stacks of a pair share a row."""
    found: list[tuple[DrawnPart, ...]] = []
    for each in piece.inside:
        pair = next((names for names in _BESIDE if each.name in names), None)
        if pair and found and any(other.name in pair for other in found[-1]):
            found[-1] += (each,)
        else:
            found.append((each,))
    return found


def _size(piece: DrawnPart) -> tuple[float, float]:
    width = svg.text_width(f"{_text(piece)}     {_short(piece.said)}     {count_label(piece.params)}", 11) + 2 * _PAD
    if not piece.inside:
        return max(width, 200.0), _LEAF
    across, down = width, _HEAD + _PAD
    for row in _columns(piece):
        sizes = [_size(each) for each in row]
        across = max(across, sum(w for w, _ in sizes) + _SIDE * (len(row) - 1) + 2 * _PAD)
        down += max(h for _, h in sizes) + _GAP
    return across, down


def _draw(piece: DrawnPart, box: Box, total: int, depth: int) -> list[str]:
    share = f"{100 * piece.params / total:.1f} %" if total else ""
    about = f"{_text(piece)}: {piece.said or 'in turn'}; {piece.params:,} parameters, {share}"
    colour = chart.colour(depth)
    frame = element(
        "rect", x=box.left, y=box.top, width=box.width, height=box.height, rx=6,
        fill=colour, fill_opacity=0.10 if piece.inside else 0.28, stroke=colour,
    )  # fmt: skip
    y = box.top + 15 if piece.inside else box.middle + 4
    texts = [
        svg.label(box.left + 10, y, _text(piece), font_weight="600"),
        svg.label(box.left + 18 + svg.text_width(_text(piece), 12), y, _short(piece.said), class_="faint"),
        svg.label(box.right - 10, y, count_label(piece.params) if piece.params else "", text_anchor="end"),
    ]
    drawn = [element("g", svg.title(about), frame, *texts, data_piece=piece.name)]
    bottom = box.bottom - _PAD
    for row in _columns(piece):
        sizes = [_size(each) for each in row]
        high = max(h for _, h in sizes)
        room = (box.width - 2 * _PAD - _SIDE * (len(row) - 1)) / len(row)
        for i, (each, (_, height)) in enumerate(zip(row, sizes)):
            left = box.left + _PAD + i * (room + _SIDE)
            drawn += _draw(each, Box(left, bottom - height, room, height), total, depth + 1)
        bottom -= high + _GAP
    return drawn


def terminal_architecture(model: Model, name: str, assumed: Sequence[str] = ()) -> "Tree":
    """The same boxes as an indented tree, and what is assumed."""
    from rich.text import Text
    from rich.tree import Tree

    def grow(tree: "Tree", pieces: tuple[DrawnPart, ...]) -> None:
        for each in pieces:
            grow(tree.add(_line(each)), each.inside)

    top = sketch(model, name)
    tree = Tree(_line(top))
    grow(tree, top.inside)
    if assumed:
        branch = tree.add("[bold]assumed, as no source says it[/bold]")
        for line in assumed:
            branch.add(Text(line))
    return tree


def _line(piece: DrawnPart) -> str:
    said = f"  [dim]{piece.said}[/dim]" if piece.said else ""
    return f"[bold]{_text(piece)}[/bold]{said}  {piece.params:,}"


def ledger_parts(model: Model) -> Mapping[str, int]:
    """A model's parameters by kind of part, for bars: tables, attention, feed-forward, convolutions, norms, heads."""
    names = ("tables", "attention", "cross-attention", "feed-forward", "convolutions", "norms", "heads", "other")
    groups = dict.fromkeys(names, 0)
    for row in rows(model):
        norm, convolution = isinstance(row.part, Norm | GroupNorm | BatchNorm), isinstance(row.piece, Kernel)
        groups["convolutions" if convolution else _group(row.path, norm, row.embedding)] += row.count
    return {name: value for name, value in groups.items() if value}


def _group(path: str, norm: bool, table: bool) -> str:
    if "heads." in path:
        return "heads"
    if norm:
        return "norms"
    if table:
        return "tables"
    if any(f".{key}." in path for key in _GATED):
        return "attention"
    return next((name for key, name in _NAMES.items() if f".{key}." in path), "other")

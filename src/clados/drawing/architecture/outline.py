"""A model as an outline, from what its parts say they hold: repeated layers folded, parameters on every line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clados.spec import BatchNorm, GroupNorm, Model, Norm, Part, part_fields
from clados.spec.core.ledger import rows
from clados.spec.core.pieces import Env, Held, Kernel, Named, Several

if TYPE_CHECKING:
    from rich.tree import Tree

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


def outline(model: Model, name: str) -> DrawnPart:
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


def _text(piece: DrawnPart) -> str:
    times = f" × {piece.times}" if piece.times > 1 else ""
    return f"{piece.name}{times}"


def terminal_architecture(model: Model, name: str, assumed: Sequence[str] = ()) -> "Tree":
    """The same boxes as an indented tree, and what is assumed."""
    from rich.text import Text
    from rich.tree import Tree

    def grow(tree: "Tree", pieces: tuple[DrawnPart, ...]) -> None:
        for each in pieces:
            grow(tree.add(_line(each)), each.inside)

    top = outline(model, name)
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

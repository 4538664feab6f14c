"""A model as an outline, from what its parts say they hold: repeated layers folded, parameters on every line."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clados.drawing.architecture.drawer import folded
from clados.spec import Model, Norm, Part, part_fields
from clados.spec.core.ledger import Row, rows, rows_of
from clados.spec.core.pieces import Env, Held, Named, Pieces, Several, Tensors

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


@dataclass(frozen=True)
class DrawnPart:
    """One box: its name, the words of its part, its parameters, what is inside, and how often it is repeated.

    ``params`` are those of all repetitions: ``times`` the sum of what is ``own`` and inside, which are those of one.
    ``own`` are the parameters in tensors of the part itself, as a table of tokens.
    """

    name: str
    said: str
    params: int
    own: int = 0
    inside: tuple["DrawnPart", ...] = ()
    times: int = 1

    def json(self) -> dict[str, object]:
        """The box as data."""
        return {
            "name": self.name,
            "part": self.said,
            "params": self.params,
            "own": self.own,
            "times": self.times,
            "inside": [each.json() for each in self.inside],
        }


def outline(model: Model, name: str) -> DrawnPart:
    """The boxes of a model."""
    return replace(_part(name, model, None), said=type(model).__name__)


def _part(name: str, part: Part, env: Env | None) -> DrawnPart:
    pieces = part.pieces(env)  # type: ignore[arg-type]
    own = rows_of(part, env, {name for name, piece in pieces.items() if isinstance(piece, Tensors)})
    return DrawnPart(name, _said(part), _count(rows(part, env)), _count(own), tuple(_inside(pieces)))


def _count(tensors: Iterable[Row]) -> int:
    return sum(row.count for row in tensors)


def _inside(pieces: Pieces) -> Iterator[DrawnPart]:
    for name, piece in pieces.items():
        match piece:
            case Held():
                yield _part(_NAMES.get(name, name), piece.part, piece.env)
            case Named():
                for slot, held in piece.held.items():
                    yield _part(f"{slot} head" if name == "heads" else slot, held.part, held.env)
            case Several():
                yield _in_turn("layers" if name == "blocks" else name, piece.held)


def _in_turn(name: str, held: tuple[Held, ...]) -> DrawnPart:
    """Layers in turn as one box; where not all are repetitions of one run, with a box for each run inside."""
    runs = [_run(*run, len(held)) for run in folded(held)]
    if len(runs) == 1:
        return replace(runs[0], name=name, said="")
    return DrawnPart(name, "", sum(each.params for each in runs), inside=tuple(runs))


def _run(held: tuple[Held, ...], times: int, first: int, total: int) -> DrawnPart:
    """Layers that are repeated together: as one box, where they are several with a box for each inside."""
    layers = [_part(f"layer {i} of {len(held)}", each.part, each.env) for i, each in enumerate(held, 1)]
    last = first + len(held) * times
    name = f"layer {last} of {total}" if last == first + 1 else f"layers {first + 1} to {last} of {total}"
    params = times * sum(each.params for each in layers)
    if len(layers) == 1:
        return replace(layers[0], name=name, said="" if times > 1 else layers[0].said, params=params, times=times)
    return DrawnPart(name, "", params, inside=tuple(layers), times=times)


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
        branch = tree.add("[bold]assumed, or otherwise than published[/bold]")
        for line in assumed:
            branch.add(Text(line))
    return tree


def _line(piece: DrawnPart) -> str:
    said = f"  [dim]{piece.said}[/dim]" if piece.said else ""
    return f"[bold]{_text(piece)}[/bold]{said}  {piece.params:,}"

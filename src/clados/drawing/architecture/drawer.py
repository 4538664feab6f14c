"""How a part becomes a node: functions registered by the part's type; an unknown one is drawn from its pieces."""

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any, TypeVar

from clados.drawing.architecture.patterns import pattern_said, sees_said, windows_said
from clados.drawing.layout.icons import MatrixCells
from clados.drawing.layout.joins import Side
from clados.drawing.layout.nodes import Drawable, Framed, InColumn, walk
from clados.drawing.layout.parts import BOX_WIDTH, BoxShape, Foot, Icon, PartBox
from clados.spec.attention.dense import Attention
from clados.spec.attention.masks import Sees
from clados.spec.attention.windows import WindowAttention
from clados.spec.core.ledger import rows, rows_of
from clados.spec.core.part import Part, part_fields
from clados.spec.core.pieces import Env, Held, Named, Several, Tensors

Taken = TypeVar("Taken", Held, Several, Named)
Kind = TypeVar("Kind", bound=Part)


_ARROW = 9.0  # between two layers of an opened fold
_READERS = ("attn", "cross")  # what positions, memories and states of an encoder lead to


@dataclass(frozen=True)
class Here:
    """Where a part stands.

    Attributes:
        path: its name in the model, the numbers of folded layers as ``*``.
        env: what it is told; None for a whole model.
        times: how often it is repeated, by all folds around it.
        side: where the paths around branches run.
        sees: which positions each sees, in the stack around it.
        source: what its cross-attention reads, in a word.
        width: of a box.
        counted: whether its parameters are said here.
        beside: where things stand beside a stack; None: across from the paths around branches.
        seen: who sees whom, in words and as a matrix, where it is more than ``sees`` says.
        opened: the paths of the folds and layers that are drawn opened.
    """

    path: str = ""
    env: Env | None = None
    times: int = 1
    side: Side = "left"
    sees: Sees | None = None
    source: str = "the encoder"
    width: float = BOX_WIDTH
    counted: bool = True
    beside: Side | None = None
    seen: tuple[str, MatrixCells] | None = None
    opened: frozenset[str] = frozenset()

    @property
    def given(self) -> Env:
        """What the part is told."""
        assert self.env is not None, "only a whole model is told nothing"
        return self.env

    @property
    def other(self) -> Side:
        """The side across."""
        return "right" if self.side == "left" else "left"

    def key(self, name: str) -> str:
        """The path of something inside."""
        return f"{self.path}.{name}".lstrip(".")

    def inside(self, name: str, held: Held, times: int = 1) -> "Here":
        """Where a part inside stands."""
        return replace(self, path=self.key(name), env=held.env, times=self.times * times)

    def but(self, **changes: Any) -> "Here":
        """The same, except for these."""
        return replace(self, **changes)

    def count(self, part: Part, names: Container[str] | None = None) -> int:
        """Parameters of a part, or of some of its pieces, in all repetitions."""
        found = rows(part, self.env) if names is None else rows_of(part, self.env, names)
        return self.times * sum(row.count for row in found)

    def draw(self, name: str, held: Held, **changes: Any) -> Drawable:
        """The node of a part inside."""
        return drawn(held.part, self.inside(name, held).but(**changes))


class Unpacked:
    """The pieces of a part, taken out as they are drawn; what is left at the end is drawn as it comes."""

    def __init__(self, part: Part, env: Env | None) -> None:
        self._left = dict(part.pieces(env))  # type: ignore[arg-type]

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def _taken(self, name: str, kind: type[Taken]) -> Taken:
        piece = self._left.pop(name)
        assert isinstance(piece, kind), f"{name} is a {type(piece).__name__}"
        return piece

    def held(self, name: str) -> Held:
        """A part."""
        return self._taken(name, Held)

    def one(self, name: str, kind: type[Kind]) -> tuple[Kind, Held]:
        """A part of a kind, and what it is told."""
        held = self.held(name)
        assert isinstance(held.part, kind), f"{name} is a {type(held.part).__name__}"
        return held.part, held

    def perhaps(self, name: str) -> Held | None:
        """A part that there may be."""
        return self._taken(name, Held) if name in self._left else None

    def several(self, name: str) -> Several:
        """Parts in turn."""
        return self._taken(name, Several)

    def heads(self, name: str = "heads") -> Named:
        """Parts by name; none, where there are none."""
        return self._taken(name, Named) if name in self._left else Named({})

    def own(self) -> list[str]:
        """The names of tensors that are left."""
        return [name for name, piece in self._left.items() if isinstance(piece, Tensors)]

    def drop(self, *names: str) -> None:
        """Take out what is drawn in another box."""
        for name in names:
            self._left.pop(name, None)

    def rest(self) -> dict[str, Any]:
        """All that is left."""
        return self._left


@dataclass(frozen=True)
class Words:
    """What a box says: the kind of part, its name, short notes."""

    kind: str
    name: str
    notes: tuple[str, ...] = ()


def spelled(name: str) -> str:
    """The name of a type as words: ``OuterProductMean`` is an outer product mean."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|[0-9]+|[a-z]+", name)
    words = " ".join(each if each.isupper() and len(each) > 1 else each.lower() for each in parts)
    return words[:1].upper() + words[1:]


@singledispatch
def words(part: Part, here: Here) -> Words:
    """What is said of a part; of an unknown one its fields."""
    said = {name: value for name, value in part_fields(part).items() if value not in (None, False, 0, "", ())}
    notes = (f"{name} {_word(value)}" for name, value in said.items() if name not in ("dropout", "eps"))
    return Words("other", spelled(type(part).__name__), tuple(notes))


def _word(value: object) -> str:
    if isinstance(value, Part):
        return spelled(type(value).__name__).lower()
    if isinstance(value, tuple):
        return ", ".join(_word(each) for each in value)
    return f"{value:,}" if isinstance(value, int) else str(value)


@singledispatch
def drawn(part: Part, here: Here) -> Drawable:
    """The node of a part: one box, where it holds no other; else what it holds, one above the other."""
    pieces = Unpacked(part, here.env)
    own = pieces.own()
    if len(own) == len(pieces.rest()):
        return box(part, here)
    first = [box(part, here.but(path=here.key("own")), names=own)] if own else []
    return InColumn((*first, *left(pieces, here)), key=here.path)


def left(pieces: Unpacked, here: Here) -> list[Drawable]:
    """What is left of a part's pieces, in its order, each by its own kind; its own tensors apart."""
    found: list[Drawable] = []
    for name, piece in pieces.rest().items():
        match piece:
            case Held():
                found.append(here.draw(name, piece))
            case Named():
                found += [here.draw(f"{name}.{slot}", held) for slot, held in piece.held.items()]
            case Several():
                found += folded_nodes(name, piece, here)
    return found


def keys_of(node: Drawable, ending: str) -> tuple[str, ...]:
    """The keys of the boxes in a node that end so, and of the side of an opened frame that stands for such boxes."""
    boxes = [each.key for each in walk(node) if isinstance(each, PartBox) and each.key.endswith(ending)]
    frames = [each.key + ending for each in walk(node) if isinstance(each, Framed) and ending[1:] in each.readers]
    return (*frames, *boxes)


def folded_nodes(name: str, several: Several, here: Here) -> list[Drawable]:
    """Parts in turn: what repeats folded into a frame, or where that is opened each by itself."""
    runs, fold = folded(several.held), here.key(name)
    if fold in here.opened and any(times > 1 for _, times, _ in runs):
        return [opened_fold(name, several.held, here, "")]
    found: list[Drawable] = []
    for run, times, first in runs:
        node = run_node(name, run, times, first, here)
        found.append(node if times == 1 else repeated(f"{fold}.{first}", times, node, here, fold=fold))
    return found


def run_node(name: str, run: tuple[Held, ...], times: int, first: int, here: Here) -> Drawable:
    """The parts of a run, each above the one before; ``first``: the number of its first."""
    nodes = [
        drawn(held.part, here.inside(f"{name}.{layer_path(first, i, len(run), times)}", held, times))
        for i, held in enumerate(run)
    ]
    return nodes[0] if len(nodes) == 1 else InColumn(tuple(nodes))


def layer_path(first: int, i: int, run: int, times: int) -> str:
    """Which layers the ``i``-th of a run is that begins with a number and is repeated: ``*`` from the very first on.

    >>> layer_path(0, 0, 1, 12), layer_path(0, 1, 2, 6), layer_path(8, 0, 1, 4), layer_path(8, 1, 2, 1)
    ('*', '*.1', '8-11', '9')
    """
    if times == 1:
        return str(first + i)
    whole = f"{first}-{first + run * times - 1}" if first else "*"
    return f"{whole}.{i}" if run > 1 else whole


def repeated(
    key: str, times: int, inner: Drawable, here: Here, *, title: str = "", note: str = "", fold: str = ""
) -> Drawable:
    """A frame around layers that are repeated; ``fold``: what is opened when it is."""
    name = f"{title} × {times}" if title else f"× {times}"
    return Framed(key, name, f"{times} layers in turn", inner, note, here.counted, fold=fold)


def folded(held: tuple[Held, ...]) -> list[tuple[tuple[Held, ...], int, int]]:
    """Parts in turn as runs that repeat: each with how often, and the number of its first.

    The shortest run that all layers repeat is taken, or else all but the last; a begun one and the last stay single.
    """
    for end in (len(held), len(held) - 1):
        for n in range(1, end // 2 + 1):
            if all(_alike(held[i], held[i % n]) for i in range(n, end)):
                times = end // n
                return [(held[:n], times, 0), *(((held[i],), 1, i) for i in range(times * n, len(held)))]
    return _runs(held)


def _alike(one: Held, other: Held) -> bool:
    return one.part == other.part and (one.env is other.env or one.env == other.env)


def _runs(held: tuple[Held, ...]) -> list[tuple[tuple[Held, ...], int, int]]:
    found: list[tuple[tuple[Held, ...], int, int]] = []
    for i, each in enumerate(held):
        if found and found[-1][0][0] == each:
            found[-1] = (found[-1][0], found[-1][1] + 1, found[-1][2])
        else:
            found.append(((each,), 1, i))
    return found


def box(
    part: Part,
    here: Here,
    *,
    names: Container[str] | None = None,
    said: Words | None = None,
    icon: Icon | None = None,
    foot: Foot | None = None,
    shape: BoxShape = "box",
    instead: str = "",
    notes: tuple[str, ...] = (),
    fold: str = "",
) -> PartBox:
    """A box for a part, or for some of its pieces; ``fold``: what is opened when it is."""
    text = said or words(part, here)
    params = here.count(part, names) if here.counted else None
    return PartBox(
        here.path, text.kind, text.name, (*text.notes, *notes), params, f"{here.path}: {part!r}", here.width, icon,
        foot, shape, instead, fold,
    )  # fmt: skip


def opened_fold(
    name: str,
    layers: Sequence[Held],
    here: Here,
    title: str,
    sets: Sequence[int] = (),
    whole: Callable[[Any, Here], Drawable] = drawn,
) -> Framed:
    """The frame of a fold with each layer in it.

    Args:
        sets: the number of the weights that each layer takes.
        whole: draws a layer.
    """
    sets = sets or range(len(layers))
    every = [layers[number] for number in sets]
    own = _own_words(every, here)
    items = [
        _layer(here.inside(f"{name}.{i}", held), held.part, i, own[i], sets.index(sets[i]), whole)
        for i, held in enumerate(every)
    ]
    key, column, parts = here.key(name), InColumn(tuple(items), gap=_ARROW), dict(_parts(every[0]))
    heading = f"{title} × {len(every)}" if title else f"× {len(every)}"
    about = f"{len(every)} layers, each at its place"
    readers = tuple(each for each in _READERS if each in parts)
    return Framed(key, heading, about, column, counted=here.counted, fold=key, readers=readers)


def _layer(
    at: Here, part: Part, number: int, own: tuple[str, ...], first: int, whole: Callable[[Any, Here], Drawable]
) -> Drawable:
    """A layer as a box, or whole where it is opened; ``first``: the layer that has its weights, perhaps itself."""
    at = at if first == number else at.but(counted=False)
    node, shared = whole(part, at), f"weights of layer {first + 1}" if first != number else ""
    if at.path in at.opened:
        return Framed(at.path, layer_name(number), "a layer", node, shared, at.counted, fold=at.path)
    return layer_box(at, part, number, node.params, own, shared)


def layer_name(number: int) -> str:
    """What a layer of an opened fold is called."""
    return f"Layer {number + 1}"


def layer_box(at: Here, part: Part, number: int, params: int, own: tuple[str, ...] = (), shared: str = "") -> PartBox:
    """A layer of an opened fold that is not opened itself; ``own``: what is said of it, ``shared``: of its weights."""
    name, about, counted = layer_name(number), f"{at.path}: {part!r}", params if at.counted else None
    return PartBox(at.path, "layer", name, own, counted, about, at.width, instead=shared, fold=at.path)


def _own_words(layers: Sequence[Held], here: Here) -> list[tuple[str, ...]]:
    """What is said of each layer: the parts in which not all layers are alike."""
    parts = [dict(_parts(each)) for each in layers]
    names = dict.fromkeys(name for each in parts for name in each)
    unlike = [name for name in names if len({each.get(name) for each in parts}) > 1]
    at = [here.inside("", each) for each in layers]
    return [tuple(_said(each[name], place) for name in unlike if name in each) for each, place in zip(parts, at)]


def _parts(layer: Held) -> Iterator[tuple[str, Part]]:
    pieces: Mapping[str, object] = layer.part.pieces(layer.env)
    yield from ((name, piece.part) for name, piece in pieces.items() if isinstance(piece, Held))


@singledispatch
def _said(part: Part, here: Here) -> str:
    """A part in a line."""
    found = words(part, here)
    return ": ".join((found.name, *found.notes[:1]))


@_said.register
def _attention(part: Attention, here: Here) -> str:
    return pattern_said(part.pattern) if part.pattern else sees_said(here.sees) if here.sees else "sees all"


@_said.register
def _window_attention(part: WindowAttention, here: Here) -> str:
    return windows_said(part).lower()

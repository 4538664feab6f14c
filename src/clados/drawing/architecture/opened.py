"""Opened folds: every layer at its place, as a box that says what is its own; one that is opened too is drawn whole."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import singledispatch

from clados.drawing.architecture.drawer import Here, drawn, words
from clados.drawing.architecture.patterns import pattern_said, sees_said
from clados.drawing.layout.nodes import Drawable, Framed, InColumn, walk
from clados.drawing.layout.parts import PartBox
from clados.errors import InputError
from clados.spec.attention.dense import Attention
from clados.spec.core.part import Part, hint
from clados.spec.core.pieces import Held
from clados.spec.kinds.model import Model

ALL = "all"  # folds
_ARROW = 9.0  # between two layers
_READERS = ("attn", "cross")  # what positions, memories and states of an encoder lead to


def folds(node: Drawable) -> dict[str, str]:
    """The folds of a drawing that can be opened, or are: what each frame is called, by its key; the lowest first."""
    frames = (each for each in walk(node) if isinstance(each, Framed) and each.fold)
    return {each.fold: each.title for each in frames if each.fold.rpartition(".")[2].isalpha()}


def opened_node(model: Model, opened: Collection[str], name: str) -> Drawable:
    """What is drawn of a model with folds opened, by their keys or all of them, and layers with the folds around them.

    ``all`` of a model without folds is its drawing as it is.

    Raises:
        InputError: for what is no fold or layer of the drawing, with the nearest.
    """
    known = folds(drawn(model, Here()))
    wanted = {*known} if ALL in opened else set[str]()
    wanted |= {each for each in opened if each != ALL} | {each.rpartition(".")[0] for each in opened} & known.keys()
    node = drawn(model, Here(opened=frozenset(wanted)))
    shown = {each.key for each in walk(node) if isinstance(each, Framed)}
    for each in opened:
        if each not in shown and each != ALL:
            raise InputError(f"open is '{each}', which is no fold of {name}{_instead(each, known, node)}")
    return node


def _instead(asked: str, known: Mapping[str, str], node: Drawable) -> str:
    """What can be opened instead: of a fold that is named with a layer too many its layers, else the folds."""
    fold, _, number = asked.rpartition(".")
    if fold in known and number.isdecimal():
        layers = sum(isinstance(each, PartBox | Framed) and each.fold.rpartition(".")[0] == fold for each in walk(node))
        return f": {fold} has {layers} layers, 0 to {layers - 1}"
    if not known:
        return ": it has none"
    return f"{hint(asked, [*known])}; {ALL} and their layers, as {next(iter(known))}.0, are known too"


def opened_fold(name: str, layers: Sequence[Held], here: Here, title: str, sets: Sequence[int] = ()) -> Framed:
    """The frame of a fold with each layer in it; ``sets``: the number of the weights that each layer takes."""
    sets = sets or range(len(layers))
    every = [layers[number] for number in sets]
    own = _own_words(every, here)
    items = [
        _layer(here.inside(f"{name}.{i}", held), held, i, own[i], sets.index(sets[i])) for i, held in enumerate(every)
    ]
    column = InColumn(tuple(items), gap=_ARROW)
    heading = f"{title} × {len(every)}" if title else f"× {len(every)}"
    about, readers = (
        f"{len(every)} layers, each at its place",
        [each for each in _READERS if each in dict(_parts(every[0]))],
    )
    return Framed(
        here.key(name), heading, about, column, counted=here.counted, fold=here.key(name), readers=tuple(readers)
    )


def _layer(at: Here, held: Held, number: int, own: tuple[str, ...], first: int) -> Drawable:
    """A layer as a box, or whole where it is opened; ``first``: the layer that has its weights, perhaps itself."""
    at = at if first == number else at.but(counted=False)
    title, shared = f"Layer {number + 1}", f"weights of layer {first + 1}" if first != number else ""
    if at.path in at.opened:
        return Framed(at.path, title, "a layer", drawn(held.part, at), shared, at.counted, fold=at.path)
    params = at.count(held.part) if at.counted else None
    return PartBox(at.path, "layer", title, own, params, f"{at.path}: {held.part!r}", instead=shared, fold=at.path)


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

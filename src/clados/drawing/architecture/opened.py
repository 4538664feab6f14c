"""What of a drawing is opened: folds, and layers in them."""

from collections.abc import Collection, Mapping

from clados.drawing.architecture.drawer import Here, drawn
from clados.drawing.layout.nodes import Drawable, walk
from clados.errors import InputError
from clados.spec.core.part import hint
from clados.spec.kinds.model import Model

ALL = "all"  # folds


def folds(node: Drawable) -> dict[str, str]:
    """The folds of a drawing that can be opened, or are: what each is called, by its key."""
    found = {fold: title for each in walk(node) for fold, title in each.folds.items()}
    return {fold: title for fold, title in found.items() if fold.rpartition(".")[2].isalpha()}


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
    shown = {fold for each in walk(node) for fold in each.folds}
    for each in opened:
        if each not in shown and each != ALL:
            raise InputError(f"open is '{each}', which is no fold of {name}{_instead(each, known, node)}")
    return node


def _instead(asked: str, known: Mapping[str, str], node: Drawable) -> str:
    """What can be opened instead: of a fold that is named with a layer too many its layers, else the folds."""
    fold, _, number = asked.rpartition(".")
    if fold in known and number.isdecimal():
        layers = sum(each.rpartition(".")[0] == fold for piece in walk(node) for each in piece.folds)
        return f": {fold} has {layers} layers, 0 to {layers - 1}"
    if not known:
        return ": it has none"
    return f"{hint(asked, [*known])}; {ALL} and their layers, as {next(iter(known))}.0, are known too"

"""What `import clados` offers of drawings: a model's parts, the family tree, the timelines."""

from collections.abc import Callable, Collection
from functools import cached_property
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from clados import drawing
from clados.catalog.counts import NamedModel, named_model
from clados.catalog.differences import diff
from clados.catalog.load import catalog
from clados.drawing.architecture.figure import architecture_figure
from clados.drawing.architecture.opened import opened_node
from clados.drawing.architecture.outline import terminal_architecture
from clados.drawing.attention_pattern import attention_figure, terminal_attention
from clados.drawing.difference import difference_figure
from clados.drawing.layout.direction import Direction, known_direction
from clados.drawing.svg import Figure
from clados.errors import InputError
from clados.spec.kinds.model import Model


class Drawing:
    """A drawing: SVG for files and notebooks, its data, and lines for a terminal through Rich. Drawn at first use."""

    def __init__(self, figure: Callable[[], Figure], terminal: Callable[[], RenderableType]) -> None:
        self._draw = figure
        self._terminal = terminal

    @cached_property
    def figure(self) -> Figure:
        """The picture and the data that it is drawn from."""
        return self._draw()

    @property
    def svg(self) -> str:
        """The picture as a whole SVG file."""
        return self.figure.svg

    @property
    def data(self) -> Any:
        """What is drawn, as plain data: boxes, or nodes and edges."""
        return self.figure.data

    def save(self, path: str | Path) -> None:
        """Write the SVG whole or not at all.

        Raises:
            OSError: when it cannot be written; what stood there stays.
        """
        self.figure.save(Path(path))

    def save_png(self, path: str | Path, zoom: float = 2.0) -> None:
        """Write the picture in pixels, ``zoom`` of them for each of the SVG's, whole or not at all.

        Raises:
            MissingPackageError: when resvg is not installed; says how it is.
            OSError: when it cannot be written; what stood there stays.
        """
        self.figure.save_png(Path(path), zoom)

    def save_pdf(self, path: str | Path) -> None:
        """Write the picture as a PDF of one page, whole or not at all.

        Raises:
            MissingPackageError: when typst is not installed; says how it is.
            OSError: when it cannot be written; what stood there stays.
        """
        self.figure.save_pdf(Path(path))

    def _repr_svg_(self) -> str:
        return self.svg

    def __rich__(self) -> RenderableType:
        return self._terminal()


def draw(
    model: str | Model | NamedModel,
    against: str | Model | NamedModel | None = None,
    *,
    attention: str | None = None,
    length: int | None = None,
    direction: Direction = "up",
    opened: Collection[str] = (),
) -> Drawing:
    """A declared model as its data flow: what enters below, what is read off above, parameters on every box.

    Args:
        model: ``MODEL`` or ``MODEL:SIZE``, the path of a declaration, or a declared model.
        against: another that is drawn beside it, in line, with what is added, removed and changed from the first to it.
        attention: draw which positions see which in this layer instead, named as its module is: ``decoder.blocks.0``.
        length: of that drawing, in positions; 48 by default.
        direction: in which data flow: ``"up"``, or ``"right"``: what enters at the left, what is read off at the right.
        opened: folds that are drawn layer by layer, as ``stack.blocks`` or ``"all"``; and layers of them that are drawn
            whole, as ``stack.blocks.3``, the fourth.

    Raises:
        NoModelError, InputError: for an unknown name, size, layer or fold, with the nearest; for a length or a
            direction that is none, or that the drawing does not have.
    """
    _check(direction, opened, data_flow=against is None and attention is None)
    if against is not None:
        return _against(model, against)
    named = named_model(model)
    if attention is not None:
        layer = attention
        return Drawing(
            lambda: attention_figure(named.model, named.name, layer, length),
            lambda: terminal_attention(named.model, layer, length),
        )
    if length is not None:
        raise InputError(f"a length of {length:,} positions is of a drawing of a layer's attention: name the layer")
    if opened:
        opened_node(named.model, opened, named.name)  # so that what is no fold is refused here and now
    title = named.name + " (shape assumed)" * named.assumed_shape
    return Drawing(
        lambda: architecture_figure(named.model, title, named.assumed, direction, opened),
        lambda: terminal_architecture(named.model, title, named.assumed),
    )


def _check(direction: str, opened: Collection[str], *, data_flow: bool) -> None:
    """Raises InputError for a direction that a drawing does not have, and for folds where it has none."""
    if opened and not data_flow:
        raise InputError(f"open {', '.join(opened)} is of the drawing of one model's data flow, not of this one")
    if known_direction(direction) != "up" and not data_flow:
        raise InputError(f"direction {direction} is of the drawing of one model's data flow, not of this one")


def _against(old: str | Model | NamedModel, new: str | Model | NamedModel) -> Drawing:
    found = diff(old, new)
    return Drawing(lambda: difference_figure(found), found.page)


def tree(highlight: Collection[str] = (), *, everything: bool = False, survey_lines: bool = False) -> Drawing:
    """The family tree: who descends from whom, and what changed.

    Args:
        highlight: models that are highlighted.
        everything: also the models that are not among the survey's entries.
        survey_lines: also the lines that only the survey's own tree has.

    Raises:
        NoModelError: for an unknown name.
    """
    cards = catalog()
    shown = list(cards.values()) if everything else drawing.surveyed(cards.values())
    highlighted = {cards[name].id for name in highlight}
    return Drawing(
        lambda: drawing.tree_figure(shown, highlighted, cards.values(), survey=survey_lines),
        lambda: drawing.terminal_tree(shown, highlighted, cards.values(), survey=survey_lines),
    )


def poster(*, everything: bool = True) -> Drawing:
    """The whole family tree with the key facts of every model, for a sheet of A1.

    Args:
        everything: also the models that are not among the survey's entries.
    """
    cards = catalog()
    shown = list(cards.values()) if everything else drawing.surveyed(cards.values())
    return Drawing(lambda: drawing.poster_figure(shown), lambda: drawing.terminal_tree(shown, (), cards.values()))


def timeline(
    y: drawing.Y = "family", highlight: Collection[str] = (), *, recent: bool = False, everything: bool = False
) -> Drawing:
    """The models by date: in the lanes of their families, or by number of parameters.

    Args:
        y: what goes up: ``"family"``, ``"params"``, ``"flops"`` of training; or ``"tokens"``: parameters over tokens.
        highlight: models that are highlighted.
        recent: the survey's figure of the language models of early 2023 instead.
        everything: also the models that are not among the survey's entries.

    Raises:
        NoModelError, InputError: for an unknown name; for the recent models over tokens or FLOPs.
    """
    cards = catalog()
    highlighted = {cards[name].id for name in highlight}
    if recent and y in ("tokens", "flops"):
        raise InputError(f"the recent models have no drawing over {y}; family and params are theirs")
    if recent:
        return Drawing(lambda: drawing.recent_figure(cards, y, highlighted), lambda: drawing.terminal_recent(cards, y))
    shown = list(cards.values()) if everything else drawing.surveyed(cards.values())
    return Drawing(lambda: drawing.timeline_figure(shown, y, highlighted), lambda: drawing.terminal_timeline(shown, y))

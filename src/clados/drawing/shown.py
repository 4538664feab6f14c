"""What things look like in notebooks: the picture of each type that has one."""

from functools import singledispatch

from clados.catalog.card import Card
from clados.catalog.counts import named_size
from clados.catalog.differences import Differences
from clados.catalog.structure import headline_declared
from clados.drawing.difference import difference_figure
from clados.drawing.drawings import draw
from clados.drawing.treemap import treemap_figure
from clados.spec.core.declaration import Declaration
from clados.spec.core.ledger import Count
from clados.spec.kinds.model import Model


@singledispatch
def own_picture(thing: object) -> str | None:
    """The picture of a thing as SVG; None: it has none."""
    return None


@own_picture.register
def _(card: Card) -> str | None:
    size = card.headline_size if headline_declared(card) else None
    return draw(named_size(card, size)).svg if size else None


@own_picture.register
def _(model: Model) -> str:
    return draw(model).svg


@own_picture.register
def _(declaration: Declaration) -> str:
    return draw(declaration.model).svg


@own_picture.register
def _(count: Count) -> str | None:
    if not isinstance(count.of, Model) or not count.total:
        return None
    return treemap_figure(count.of, count.name or type(count.of).__name__).svg


@own_picture.register
def _(found: Differences) -> str:
    return difference_figure(found).svg

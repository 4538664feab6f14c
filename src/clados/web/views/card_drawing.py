"""The drawing on a model's card, and what can be chosen of it: size, direction, which folds are opened."""

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from clados.catalog.card import Card, CardSize
from clados.catalog.structure import structure
from clados.drawing.drawings import Drawing, draw
from clados.drawing.layout.direction import known_direction
from clados.html import Child, Html, el
from clados.web.request import PageRequest
from clados.web.views.figures import zoomed
from clados.web.views.parts import table


def _opened(asked: PageRequest) -> list[str]:
    return [value for name, value in asked.query if name == "open"]


def drawing_of(asked: PageRequest, model: str) -> Drawing:
    """The drawing that a page is asked for.

    Raises:
        InputError: for a direction or a fold that is none.
    """
    return draw(model, direction=known_direction(asked.one("direction", "up")), opened=_opened(asked))


def drawing_section(
    asked: PageRequest, card: Card, size: CardSize, drawing: Drawing | None, svg: Html | None
) -> Iterator[Child]:
    """The choices as links, the drawing, and the structure in words."""
    direction = known_direction(asked.one("direction", "up"))
    if asked.live and len(card.sizes) > 1:
        yield _links([(each.name, _address(each.name, direction), each is size, None) for each in card.sizes])
    if svg is None or drawing is None:
        yield el(
            "p", asked.say("{model} is not declared: nothing can be drawn or counted.", model=f"{card.id}:{size.name}")
        )
        return
    opened = _opened(asked)
    if asked.live:
        ways = (("up", "Upwards"), ("right", "To the right"))
        said = [(asked.say(name), _address(size.name, way, opened), way == direction, None) for way, name in ways]
        yield _links(said)
    if folds := drawing.data["folds"]:
        yield _links([_fold(asked, card, size, direction, key, name) for key, name in folds.items()])
    yield zoomed(asked, svg, long=direction == "right")
    built = structure(card, size.name)
    yield table([asked.say("structure"), f"{card.id}:{size.name}"], [[name, text] for name, text in built.rows.items()])


_Choice = tuple[
    str, str, bool, str | None
]  # what it is called, where it leads, whether it is chosen; which fold it opens


def _links(choices: Sequence[_Choice]) -> Html:
    links = (
        el("a", name, href=address, aria_current="true" if chosen else None, data_fold=fold)
        for name, address, chosen, fold in choices
    )
    return el("p", links, class_="sizes")


def _fold(asked: PageRequest, card: Card, size: CardSize, direction: str, key: str, name: str) -> _Choice:
    """The link that opens a fold, or closes it; among files, it leads to the drawing with all of them opened."""
    title = asked.say("{fold}: layer by layer", fold=name)
    if not asked.live:
        return title, f"{asked.top}cards/{card.id}/opened.svg", False, key
    opened = _opened(asked)
    rest = [each for each in opened if each not in (key, "all") and each.rpartition(".")[0] != key]
    is_open = rest != opened
    return title, _address(size.name, direction, rest if is_open else [*rest, key]), is_open, key


def _address(size: str, direction: str, opened: Sequence[str] = ()) -> str:
    turned = [("direction", direction)] if direction != "up" else []
    return f"?{urlencode([('size', size), *turned, *(('open', each) for each in opened)])}#drawing"

"""What the comparison of a site of files takes along: no server answers it, a script sets side by side what is here.

Of each model a script of its own holds what changed from it to every other, in words; the page holds their attributes
and figures. What takes more, drawings in line and further sizes, Python in the page answers, where the site has it.
"""

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from clados.catalog.card import Card, CardSize
from clados.catalog.changes import compared_parents
from clados.catalog.compare import compare
from clados.catalog.differences import ModelFigures, model_figures, said_once, sizes_compared
from clados.catalog.load import Catalog
from clados.catalog.schema import ATTRIBUTES
from clados.catalog.sizes import model_of
from clados.catalog.structure import size_declared
from clados.drawing.drawings import draw
from clados.errors import InputError
from clados.html import Html, el
from clados.web.language import Language
from clados.web.request import PageRequest
from clados.web.views.descent import meaning_of_both
from clados.web.views.figures import FIGURE_SCRIPTS
from clados.web.views.parts import assumed_said, data_block, picture, value_text, with_code
from clados.web.views.python_note import python_note
from clados.web.views.recipe import fact_name

_FOLDER = "compare"  # of the site, in which each model's script stands


class ComparisonFiles(NamedTuple):
    """What stands in the page besides the form: data, a note of what takes Python, and what the note's Python needs."""

    data: Html
    note: Html
    scripts: tuple[str, ...]
    styles: Sequence[str]
    python: bool


def comparison_files(asked: PageRequest) -> ComparisonFiles:
    """The data from which the script compares any models; and a note of what it cannot, or of Python that can."""
    say, data = asked.say, _data(asked)
    offer = say("Python draws any models in line, and compares all of their sizes, in this page ({size}, in the site).")
    note = python_note(asked, offer, start=say("Start Python"))
    if note is None:
        lacking = say(
            "Any models drawn in line, and all sizes, need `clados web`, or files written with `--pyodide FOLDER`."
        )
        return ComparisonFiles(data, el("p", with_code(lacking), class_="note"), ("compare.js",), (), python=False)
    drawn = next(iter(_declared(asked.cards)), None)
    styles = [picture(draw(drawn).svg)[1]] if drawn else []  # all drawings of models have the same
    return ComparisonFiles(data, note, (*FIGURE_SCRIPTS, "compare.js", "python.js"), styles, python=True)


def _data(asked: PageRequest) -> Html:
    """Attributes and figures of all models, and the words for what the script makes of them."""
    cards, say = [*asked.cards.values()], asked.say
    found = compare(*cards).as_dict()
    rows = {
        name: {card: cell_text(say, asked.cards[card], name, text) for card, text in row.items() if text != "-"}
        for name, row in found.items()
        if name != "name"
    }
    figures = {
        name: {"name": f"{name}:{size.name}", **model_figures(model_of(card, size))._asdict()}
        for name, (card, size) in _declared(asked.cards).items()
    }
    kinds = ModelFigures._fields
    counted = dict.fromkeys(name for each in figures.values() for kind in kinds for name in each[kind])
    return data_block(
        {
            "names": {card.id: card.name for card in cards},
            "rows": rows,
            "figures": figures,
            "beside": {card.id: parents for card in cards if (parents := compared_parents(asked.cards, card))},
            "words": {name: row_name(asked, name) for name in rows},
            "terms": {name: say.phrase(name) for name in counted},
            "said": _said(asked),
        }
    )


def _said(asked: PageRequest) -> dict[str, str]:
    """What the script says around them, with holes for what it fills in."""
    say = asked.say
    return {
        "label": say("Side by side"),
        "from": say("From {old} to {new}", old="{old}", new="{new}"),
        "same": say("they are built the same"),
        "structure": say("In structure"),
        "training": say("In training"),
        "parameters": say("In parameters"),
        "token": say("For each token"),
        "difference": say("difference"),
        "differ": say("they differ"),
        "drawing": say("Drawing"),
        "both": meaning_of_both(asked),
        "many": say("{number} models are too many: two to four are compared.", number="{number}"),
        "unknown": say("'{name}' is no model of these files.", name="{name}"),
    }


def row_name(asked: PageRequest, name: str) -> str:
    """What a row is called: an attribute, or a word of the size, the structure or the training."""
    part, dot, word = name.partition(".")
    if not dot:
        return asked.say(name.replace("_", " "))
    called = fact_name(word) if part == "training" else word
    phrase = asked.say.phrase
    return asked.say("{part}: {word}", part=phrase(part), word=word if part == "size" else phrase(called))


def cell_text(say: Language, card: Card, name: str, text: str) -> str:
    """What a row says of a card: names, terms and structure in the language of the page; what sources say stays."""
    if name in ATTRIBUTES:
        return value_text(say, card, name)
    if name == "parents":
        return ", ".join(f"{each.id} ({say(each.kind)})" for each in card.lineage) or say("none")
    if name == "assumed":
        return text if card.assumed else say("none")
    if name.startswith("structure."):
        return say.phrase(text)
    return assumed_said(say, text) if name.startswith("size") else text


def _declared(cards: Catalog) -> dict[str, tuple[Card, CardSize]]:
    """The models that can be counted, with their headline sizes."""
    sized = {card.id: (card, card.headline_size) for card in cards.values()}
    return {name: (card, size) for name, (card, size) in sized.items() if size and size_declared(card, size)}


def words_places(cards: Catalog) -> Iterator[str]:
    """The paths of the scripts that hold the words."""
    return (f"{_FOLDER}/{name}.js" for name in _declared(cards))


def words_file(say: Language, cards: Catalog, name: str) -> str:
    """A script that holds what changed from a model to each, in words: each text once, and where it is said.

    Raises:
        InputError: for a model that is not declared.
    """
    declared = _declared(cards)
    if name not in declared:
        raise InputError(f"{name} is no declared model of the catalogue: nothing can be compared with it")
    places: dict[str, int] = {}
    pairs = {}
    for other, its in declared.items():
        found = sizes_compared(declared[name], its)
        said = (said_once(found.changes), said_once(found.training))
        pairs[other] = [[places.setdefault(text, len(places)) for text in each] for each in said]
    data = json.dumps({"texts": [*map(say.phrase, places)], "pairs": pairs}, ensure_ascii=False, separators=(",", ":"))
    return f"compared({data});\n"

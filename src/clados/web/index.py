"""What each filter of the catalogue's page finds: worked out once, so that counts of every facet are sets that meet."""

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from clados.catalog.card import Card
from clados.catalog.load import Catalog
from clados.catalog.query import prose_of, search, sort_key, texts_of
from clados.catalog.schema import ATTRIBUTES, Attribute
from clados.catalog.spelling import other_spellings
from clados.drawing.wording import worded
from clados.web.language import page_languages
from clados.web.state import COLUMNS, FLAGS, Listing, flag_of

if TYPE_CHECKING:
    from clados.drawing.svg import Figure

CardIds = frozenset[str]
TIMELINE_RANGES = ("date", "params")  # what timelines may be cut by
PROSE = ("prose", "link")  # types whose values are all different: looked through by a text
PROSE_TERMS: Mapping[str, tuple[str, ...]] = {  # that such texts are counted by
    "extension": (
        *("adapters", "attention", "biases", "context", "decoder", "dialogue", "diffusion", "encoder", "expert"),
        *("feed-forward", "image", "instructions", "masked", "memory", "norm", "reinforcement", "relative"),
        *("reward model", "rotary", "SwiGLU", "tuned", "vocabulary"),
    ),
    "application": (
        *("assistant", "captions", "chat", "classification", "conversation", "dialogue", "entailment"),
        *("few-shot", "generation", "images", "instructions", "question", "reasoning", "research"),
        *("similarity", "summaries", "tagging", "translation", "tuning", "understanding"),
    ),
    "corpus": (
        *("Alpaca", "arXiv", "books", "CC-News", "Common Crawl", "conversation", "dialogue", "Dolly"),
        *("image", "ImageNet", "instruction", "LAION", "languages", "MassiveText", "Pile", "question", "Reddit"),
        *("ShareGPT", "Stack Exchange", "Stories", "web pages", "Wikipedia"),
    ),
}
_HOST = re.compile(r"https?://(?:www\.)?([^/]+)")
_STEPS = 3  # bins for each factor of ten


class Bin(NamedTuple):
    """A bar of a histogram: what it spans as a filter, and the models in it."""

    span: str
    ids: CardIds


@dataclass(frozen=True)
class Index:
    """The catalogue, and which models each word of each attribute finds."""

    cards: Catalog

    @cached_property
    def choices(self) -> Mapping[str, Mapping[str, CardIds]]:
        """For each flag and attribute what its words find: the most frequent first, ``unknown`` last."""
        flags = {name: {"yes": self._found(name, word=True)} for name in FLAGS}
        return flags | {each.name: self._words(each) for each in ATTRIBUTES.values()}

    def _words(self, attribute: Attribute) -> dict[str, CardIds]:
        name = attribute.name
        found = {word: self._found(name, word) for word in (*self._told(attribute), "unknown")}
        order = sorted(found, key=lambda word: (word == "unknown", -len(found[word]), word.casefold(), word))
        return {word: found[word] for word in order if found[word]}

    def _told(self, attribute: Attribute) -> set[str]:
        """What values are counted by: names themselves, hosts of links, terms of prose; of numbers, bins tell more."""
        items = {str(item) for card in self.cards.values() for item in card.values[attribute.name].items}
        match attribute.type:
            case "name" | "names":
                return {item.replace(",", "?") for item in items}
            case "link":
                return {found[1] for item in items if (found := _HOST.match(item))}
            case _:
                return {*PROSE_TERMS.get(attribute.name, ())}

    @cached_property
    def bins(self) -> Mapping[str, list[Bin]]:
        """The histograms of dates, by quarters of a year, and of numbers, by thirds of a factor of ten."""
        return {"date": [*self._quarters()]} | {name: [*self._magnitudes(name)] for name in ("params", "vocab")}

    def _quarters(self) -> Iterator[Bin]:
        dates = [str(card.values["date"].value) for card in self.cards.values() if card.values["date"].known]
        if dates:
            for quarter in range(4 * int(min(dates)[:4]), 4 * int(max(dates)[:4]) + 4):
                year, first = quarter // 4, quarter % 4 * 3 + 1
                span = f"{year}-{first:02}..{year}-{first + 2:02}"
                yield Bin(span, self._found("date", span))

    def _magnitudes(self, name: str) -> Iterator[Bin]:
        counts = [int(each) for card in self.cards.values() for each in card.values[name].items if each]
        if none := self._found(name, "0"):
            yield Bin("0..0", none)
        if counts:
            first, last = (math.floor(_STEPS * math.log10(each)) for each in (min(counts), max(counts)))
            for step in range(first, last + 1):
                low, high = (math.ceil(10 ** (each / _STEPS)) for each in (step, step + 1))
                span = f"{low}..{high - 1}"
                yield Bin(span, self._found(name, span))

    @cached_property
    def figures(self) -> Mapping[tuple[str, str], "Figure"]:
        """The drawings of the whole catalogue by name and language, each drawn at its first use in that language."""
        return _Figures(self.cards)

    def _found(self, name: str, word: str | bool) -> CardIds:
        return frozenset(card.id for card in search(self.cards.values(), {name: word}).cards)

    def passing(self, state: Listing) -> dict[str, CardIds]:
        """What each filter of a state finds by itself.

        Raises:
            InputError: for a value that no card has, or a range that cannot be, with the nearest.
        """
        everything = self.cards.values()
        return {
            name: frozenset(card.id for card in search(everything, {name: words}).cards)
            for name, words in state.wanted.items()
        }

    def met(self, passing: Mapping[str, CardIds], but: str = "") -> CardIds:
        """What all filters find together; without one of them."""
        return frozenset(self.cards).intersection(*(ids for name, ids in passing.items() if name != but))

    def ranges(self, ids: Collection[str]) -> dict[str, Any]:
        """What the script of ranges filters these models by, ready for JSON."""
        cards = [card for card in self.cards.values() if card.id in ids]
        return {
            "ids": [card.id for card in cards],
            "flags": {},
            "attributes": {name: _column(name, cards) for name in TIMELINE_RANGES},
            "bins": self._spans(TIMELINE_RANGES),
        }

    def _spans(self, names: Collection[str]) -> dict[str, list[str]]:
        return {name: [each.span for each in self.bins[name]] for name in names}

    def data(self) -> dict[str, Any]:
        """Everything that the page's script filters, counts and orders by, ready for JSON."""
        cards = [*self.cards.values()]
        return {
            "ids": [card.id for card in cards],
            "prose": [" ".join(sorted(set(prose_of(card).split()))) for card in cards],
            "flags": {name: [card.id in self.choices[name]["yes"] for card in cards] for name in FLAGS},
            "attributes": {name: _column(name, cards) for name in COLUMNS},
            "bins": self._spans(self.bins),
        }


class _Figures(dict[tuple[str, str], "Figure"]):
    def __init__(self, cards: Catalog) -> None:
        from clados.drawing import recent_figure, timeline_figure, tree_figure  # not for the catalogue's page

        shown = [*cards.values()]
        self._draw: dict[str, Callable[[], Figure]] = {
            "tree": lambda: tree_figure(shown),
            "timeline": lambda: timeline_figure(shown, "params"),
            "timeline-tokens": lambda: timeline_figure(shown, "tokens"),
            "timeline-flops": lambda: timeline_figure(shown, "flops"),
            "timeline-family": lambda: timeline_figure(shown),
            "recent": lambda: recent_figure(cards),
        }

    def __missing__(self, key: tuple[str, str]) -> "Figure":
        name, code = key
        with worded(page_languages()[code].drawn):
            self[key] = self._draw[name]()
        return self[key]


def _column(name: str, cards: list[Card]) -> dict[str, Any]:
    kind = ATTRIBUTES[name].type if name in ATTRIBUTES else "name"
    plain = kind in ("count", "counts", "date")
    return {
        "type": "prose" if kind in PROSE else kind,
        "flag": flag_of(name),
        "spellings": other_spellings(name),
        "values": [[*card.values[name].items] if plain else [*texts_of(card, name)] for card in cards],
        "keys": [sort_key(card, name) for card in cards],
    }

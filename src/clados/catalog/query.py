"""Questions to the catalogue: filters, ranges, free text, order.

The language of a filter, the same on the command line and in Python:

- ``BERT``: this item, or these whole words in one; in any case. In prose: this text.
- ``enc*``: a wildcard (``*``, ``?``); ``a,b``: either; ``!a``: not; ``unknown``: no known value.
- ``100M..1B``, ``..1B``, ``2019..2021-06``: from, to, both ends included; a date stands for the whole of its span.
- ``7B``: a rounded count, within 5 %; ``50257``: exactly.
- Several filters, of one attribute too, must all hold.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from clados.catalog.card import Card
from clados.catalog.schema import ATTRIBUTES, VALUE_KINDS
from clados.catalog.spelling import one_name
from clados.catalog.texts import attribute_text
from clados.errors import InputError
from clados.names import did_you_mean, parse_number
from clados.tables import Page, Shown, TextTable

Test = Callable[[Card], bool]
Filter = str | int | bool | Sequence[str] | None

_NAMES = ("id", "name", "survey")
SPECIAL = ("text", "since", "until", "runnable", "kind")
SPELLINGS = {
    **{flag.lstrip("-"): each.name for each in ATTRIBUTES.values() for flag in each.flags},
    **{name: name for name in (*ATTRIBUTES, *_NAMES, *SPECIAL)},
}


class Cards(list[Card], Shown):
    """Cards in an order; Rich and notebooks show them as a table."""

    def page(self) -> Page:
        """A row a card."""
        heads = ("id", "name", "family", "architecture", "date", "params", "license")
        rows = [[card.id, card.name, *(attribute_text(card, name) for name in heads[2:])] for card in self]
        return Page([TextTable(heads, rows, keep=("id", "params", *heads[1:]))])


class SearchResult(NamedTuple):
    """What a question found; and, when nothing, which filter took the last cards away."""

    cards: list[Card]
    emptied: str = ""


def filter_cards(cards: Iterable[Card], *, sort: str = "name", limit: int | None = None, **wanted: Any) -> list[Card]:
    """The cards that hold all filters, in order: ``filter_cards(cards, family="BERT", sort="-date")``.

    Args:
        cards: where to look.
        sort: an attribute, ``-`` in front for the reverse; what is unknown comes last.
        limit: at most this many.
        wanted: a filter (or several in a list) for each attribute, and ``text``, ``since``, ``until``,
            ``kind``; and true or false for ``survey``, ``runnable``.

    Raises:
        InputError: for an attribute or a value that there is not, with the nearest one.
    """
    return search(cards, wanted, sort=sort, limit=limit).cards


def find(*, sort: str = "name", limit: int | None = None, **wanted: Filter) -> Cards:
    """The cards of the catalogue that hold all filters: ``find(family="BERT", since="2019", sort="-params", limit=5)``.

    Args:
        sort: an attribute, ``-`` in front for the reverse; what is unknown comes last.
        limit: at most this many.
        wanted: a filter (or several in a list) for each attribute, and ``text``, ``since``, ``until``, ``kind``; and
            true or false for ``survey`` and ``runnable``.

    Raises:
        InputError: for an attribute or a value that there is not, with the nearest one.
    """
    from clados.catalog.load import catalog

    return Cards(filter_cards(catalog().values(), sort=sort, limit=limit, **wanted))


def search(
    cards: Iterable[Card], wanted: Mapping[str, Any], *, sort: str = "name", limit: int | None = None
) -> SearchResult:
    """As `filter_cards`, and says which filter left nothing."""
    everything = left = [*cards]
    for label, test in _tests(everything, wanted):
        before, left = left, [card for card in left if test(card)]
        if before and not left:
            return SearchResult([], f"{label} leaves none of {len(before)}")
    return SearchResult(ordered(left, sort)[:limit])


def ordered(cards: Iterable[Card], sort: str) -> list[Card]:
    """Cards in the order of an attribute; what is unknown comes last either way.

    Raises:
        InputError: when there is no such attribute.
    """
    name, reverse = sort.removeprefix("-"), sort.startswith("-")
    attribute = _attribute(name, (*ATTRIBUTES, *_NAMES))
    keyed = [(sort_key(card, attribute), card) for card in cards]
    known = sorted((each for each in keyed if each[0] is not None), key=lambda each: each[0], reverse=reverse)
    return [card for _, card in known] + [card for key, card in keyed if key is None]


def sort_key(card: Card, name: str) -> Any:
    """What cards are ordered by; None where it is unknown."""
    if name == "survey":
        return int(card.survey.split(".")[1]) if card.survey else None
    if name in _NAMES:
        return getattr(card, name).casefold()
    items = card.values[name].items
    if not items:
        return None
    return max(items) if ATTRIBUTES[name].type in ("count", "counts") else str(items[0]).casefold()


def _attribute(name: str, allowed: Sequence[str]) -> str:
    spelt = {spelling: each for spelling, each in SPELLINGS.items() if each in allowed}
    plain = name.replace("-", "_")
    found = spelt.get(name) or spelt.get(plain)
    if found is None:
        raise InputError(f"unknown attribute '{name}'{did_you_mean(name, spelt) or '; they are ' + ', '.join(allowed)}")
    return found


def _tests(cards: Sequence[Card], wanted: Mapping[str, Any]) -> list[tuple[str, Test]]:
    """Each filter that is set, with its label."""
    filters = {
        _attribute(name, (*ATTRIBUTES, *_NAMES, *SPECIAL)): value for name, value in wanted.items() if _set(value)
    }
    kind = filters.pop("kind", None)
    tests: list[tuple[str, Test]] = []
    for name, value in filters.items():
        for each in value if isinstance(value, list | tuple) else [value]:
            label = f"--{name.replace('_', '-')}" if each is True else f"--{name.replace('_', '-')} {each}"
            tests.append((label, _test(cards, name, each)))
    if kind is not None:
        tests.append((f"--kind {kind}", _of_kind(str(kind), [name for name in filters if name in ATTRIBUTES])))
    return tests


def _set(value: Any) -> bool:
    return value is not None and value != [] and value != ()


def _test(cards: Sequence[Card], name: str, value: Any) -> Test:
    if isinstance(value, bool):
        return lambda card: bool(getattr(card, name)) is value
    text = str(value).strip()
    if name == "text":
        return lambda card: all(word in prose_of(card) for word in text.casefold().split())
    if name in ("since", "until"):
        name, text = "date", f"{text}.." if name == "since" else f"..{text}"
    negated, text = text.startswith("!"), text.removeprefix("!").strip()
    if any(each.strip().startswith("!") for each in text.split(",")):
        raise InputError(f"--{name} {value}: '!' stands before all words, or before none; as in !Wikipedia,books")
    tests = [_one(cards, name, each.strip()) for each in text.split(",") if each.strip()]
    if not tests:
        raise InputError(f"--{name} is empty")
    return lambda card: any(test(card) for test in tests) is not negated


def _one(cards: Sequence[Card], name: str, word: str) -> Test:
    """The test of a single alternative."""
    kind = ATTRIBUTES[name].type if name in ATTRIBUTES else "name"
    if word.casefold() == "unknown" and name in ATTRIBUTES:
        return lambda card: not card.values[name].known
    if kind in ("count", "counts"):
        low, high = _counts(name, word)
        return lambda card: any(low <= each <= high for each in card.values[name].items)
    if kind == "date":
        since, until = _dates(word)
        return lambda card: any(_within(each, since, until) for each in card.values[name].items)
    word = one_name(name, word)
    pattern = _pattern(word, kind in ("prose", "link"))
    closed = kind in ("name", "names") and not _wild(word)
    if closed and not any(_hit(pattern, texts_of(card, name)) for card in cards):
        known = {text for card in cards for text in texts_of(card, name)} | {*_allowed(name)}
        if word not in _allowed(name):
            raise InputError(f"no model has {name} '{word}'{did_you_mean(word, known) or _some(known)}")
    return lambda card: _hit(pattern, texts_of(card, name))


def _allowed(name: str) -> tuple[str, ...]:
    return ATTRIBUTES[name].allowed if name in ATTRIBUTES else ()


def _some(known: set[str]) -> str:
    shown = sorted(known, key=lambda each: (each.casefold(), each))
    return f"; known are {', '.join(shown[:12])}{' ...' if len(shown) > 12 else ''}"


def texts_of(card: Card, name: str) -> tuple[str, ...]:
    """What a filter of this attribute looks at; licences answer to open, limited and closed as well."""
    if name in ("id", "name"):
        return card.id, card.name
    if name == "survey":
        return (card.survey,)
    found = tuple(str(each) for each in card.values[name].items)
    return (*found, *map(str, card.values["open"].items)) if name == "license" else found


def _hit(pattern: re.Pattern[str], texts: Iterable[str]) -> bool:
    return any(pattern.search(text) for text in texts)


def _wild(word: str) -> bool:
    return "*" in word or "?" in word


def _pattern(word: str, within: bool) -> re.Pattern[str]:
    """Whole words; the whole item where there is a wildcard; anywhere in prose (``within``)."""
    body = re.escape(word).replace(r"\*", ".*").replace(r"\?", ".")
    if within:
        whole = body
    elif _wild(word):
        whole = rf"\A{body}\Z"
    else:
        whole = rf"(?<![\w-]){body}(?![\w-])"
    return re.compile(whole, re.IGNORECASE | re.DOTALL)


def _ends(text: str) -> tuple[str, str] | None:
    if ".." not in text:
        return None
    low, _, high = text.partition("..")
    return low.strip(), high.strip(".").strip()


def _counts(name: str, text: str) -> tuple[float, float]:
    low: float
    high: float
    try:
        ends = _ends(text)
        if ends:
            low, high = parse_number(ends[0]) if ends[0] else 0, parse_number(ends[1]) if ends[1] else float("inf")
        else:
            exact, slack = parse_number(text), 0.0 if text.isdigit() else 0.05
            low, high = exact * (1 - slack), exact * (1 + slack)
    except InputError as error:
        raise InputError(f"--{name} {text}: {error}, or a range as in 100M..1B") from error
    if low > high:
        raise InputError(f"--{name} {text}: the range is empty, {ends[0] if ends else ''} is above its end")
    return low, high


def _dates(text: str) -> tuple[str, str]:
    since, until = _ends(text) or (text, text)
    for each in (since, until):
        if each and not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", each):
            raise InputError(f"'{each}' is no date; write 2019, 2019-07 or 2019-07-26, and 2019..2021-06 for a range")
    return since, until


def _within(date: str, since: str, until: str) -> bool:
    """Whether the spans of time that the dates name can overlap."""
    after = date[: len(since)] >= since[: len(date)]
    return after and date[: len(until)] <= until[: len(date)] if until else after


def prose_of(card: Card) -> str:
    """Everything of a card that free text is looked for in."""
    values = [*card.values.values(), *card.training.values(), *card.headlines]
    texts = [card.id, card.name, *(f"{value} {value.note}" for value in values)]
    texts += [row.change for row in card.lineage] + [row.fact for row in card.errata]
    texts += [name for size in card.sizes for name in (size.name, *size.aliases)]
    return " ".join(texts).casefold()


def _of_kind(kind: str, names: Sequence[str]) -> Test:
    """Cards whose filtered values are of a kind; without other filters, cards with any value of that kind."""
    if kind not in VALUE_KINDS:
        raise InputError(
            f"unknown kind '{kind}'{did_you_mean(kind, VALUE_KINDS) or '; they are ' + ', '.join(VALUE_KINDS)}"
        )
    if names:
        return lambda card: all(card.values[name].kind == kind for name in names)
    return lambda card: any(value.kind == kind for value in card.every_value())

"""The form of a card: each field of the type that the schema gives it, so that whatever reads a card can rely on it.

What a field says is judged by `clados.catalog.check`; here only whether it can be read at all.
"""

import datetime
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from clados.catalog import schema
from clados.catalog.lines import Key
from clados.catalog.schema import ATTRIBUTES, Attribute, Type
from clados.files import LARGEST_INT
from clados.names import did_you_mean

Fault = tuple[Key, str]  # the field's place and what is wrong
Data = Mapping[str, Any]

_FLAGS = {"recalled", "checked", "headline"}
_LISTS = {"aliases", "assumed"}
_REQUIRED = {"lineage": ("parent", "kind"), "sizes": ("name", "label"), "erratum": ("attribute", "kind", "fact")}
_KEYS = {"lineage": schema.LINEAGE_KEYS, "sizes": schema.SIZE_KEYS, "erratum": schema.ERRATUM_KEYS}
FIGURE = Attribute("label", "A size's figure", "count")


def form_faults(data: Data) -> Iterator[Fault]:
    """Every field of a card that is not of its type, lacks what it cannot do without, or that there is not."""
    known = (*schema.CARD_KEYS, *schema.CARD_TABLES)
    yield from (((name,), f"unknown attribute{did_you_mean(name, known)}") for name in data if name not in known)
    for name in ("id", "name"):
        if not isinstance(data.get(name), str) or not data[name]:
            yield (name,), f"{_shown(data[name])} is not a name" if name in data else "missing"
    if not re.fullmatch(r"A\.\d{1,4}", str(data.get("survey", "A.1"))):
        yield ("survey",), f"{_shown(data['survey'])} is no section of the survey; write A.61, or leave it out"
    for name, attribute in ATTRIBUTES.items():
        if name in data:
            yield from value_form(data[name], (name,), attribute)
    for name in _KEYS:
        yield from _table(data.get(name, []), name)
    yield from _listed(data.get("headline", []), ("headline",), lambda row, key: value_form(row, key))
    training = data.get("training", {})
    if not isinstance(training, Mapping):
        yield ("training",), "is a table; write [training]"
    else:
        for name, value in training.items():
            yield from value_form(value, ("training", name))


def _listed(rows: Any, key: Key, faults: Any) -> Iterator[Fault]:
    if not isinstance(rows, list):
        yield key, f"is a list of tables; write [[{key[0]}]]"
        return
    for i, row in enumerate(rows):
        if isinstance(row, Mapping):
            yield from faults(row, (*key, i))
        else:
            yield (*key, i), f"{_shown(row)} is not a table; write [[{key[0]}]]"


def _table(rows: Any, name: str) -> Iterator[Fault]:
    yield from _listed(rows, (name,), lambda row, key: _row(row, key, name))


def _row(row: Data, key: Key, table: str) -> Iterator[Fault]:
    for word, value in row.items():
        if word not in _KEYS[table]:
            yield (*key, word), f"unknown word{did_you_mean(word, _KEYS[table])}"
        elif word in schema.SIZE_FIGURES:
            yield from value_form(value, (*key, word), FIGURE if word != "compute" else None)
        elif word == "shape":
            yield from _shape(value, (*key, word))
        elif word in _LISTS:
            if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
                yield (*key, word), f"{_shown(value)} is not a list of names"
        elif word in _FLAGS:
            if not isinstance(value, bool):
                yield (*key, word), f"{_shown(value)} is not true or false"
        elif not isinstance(value, str):
            yield (*key, word), f"{_shown(value)} is not a text"
    yield from (((*key, word), f"{word} is missing") for word in _REQUIRED[table] if word not in row)


def _shape(value: Any, key: Key) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        yield key, f"{_shown(value)} is not a table; write {{ layers = 12, d_model = 768 }}"
        return
    for word, figure in value.items():
        if not all(map(_plain, figure if isinstance(figure, list) else [figure])):
            yield (*key, word), f"{_shown(figure)} is not a figure or a word"


def value_form(value: Any, key: Key, attribute: Attribute | None = None) -> Iterator[Fault]:
    """What keeps a value from being read: its table, its items, or a plain value of another type."""
    if not isinstance(value, Mapping):
        yield key, "is not a value; write { value = ..., kind = ..., source = ... }"
        return
    for word, each in value.items():
        if word not in schema.VALUE_KEYS:
            yield (*key, word), f"unknown word{did_you_mean(word, schema.VALUE_KEYS)}"
        elif word == "recalled" and not isinstance(each, bool):
            yield (*key, word), f"{_shown(each)} is not true or false"
        elif word in ("kind", "source", "note") and not isinstance(each, str):
            yield (*key, word), f"{_shown(each)} is not a text"
    if "kind" not in value:
        yield (*key, "kind"), f"kind is missing; the kinds are {', '.join(schema.VALUE_KINDS)}"
    plain = value.get("value")
    if plain in (None, "", []):
        yield (*key, "value"), "empty; what is not known is 'unknown', with a note"
    elif (value.get("kind", plain) == "unknown") != (plain == "unknown"):
        yield (*key, "value"), "value and kind must both be 'unknown', or neither"
    elif plain != "unknown" and (message := _typed(plain, attribute)):
        yield key, message


_NUMERIC: tuple[Type, ...] = ("count", "counts")
_SEVERAL: tuple[Type, ...] = ("names", "counts")


def _typed(plain: Any, attribute: Attribute | None) -> str:
    """What is wrong with the type of a known plain value; empty when nothing is."""
    items = plain if isinstance(plain, list) else [plain]
    if attribute is None:
        return "" if all(map(_plain, items)) else f"{_shown(plain)} is not a text, a figure, or a list of them"
    right = _count if attribute.type in _NUMERIC else _text
    if (attribute.type in _SEVERAL) != isinstance(plain, list) or not all(map(right, items)):
        return f"{_shown(plain)} is not {schema.TYPES[attribute.type]}"
    if attribute.type == "date" and not is_date(plain):
        return f"{_shown(plain)} is no date; write YYYY-MM or YYYY-MM-DD"
    return ""


def _text(each: Any) -> bool:
    return isinstance(each, str) and bool(each)


def _count(each: Any) -> bool:
    return type(each) is int and 0 <= each <= LARGEST_INT


def _plain(each: Any) -> bool:
    if isinstance(each, float):
        return math.isfinite(each)
    return isinstance(each, str | bool) or (isinstance(each, int) and abs(each) <= LARGEST_INT)


def is_date(text: str) -> bool:
    """Whether a text is a month or a day of the calendar.

    >>> is_date("2019-02"), is_date("2019-02-30")
    (True, False)
    """
    if not re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", text, re.ASCII):
        return False
    try:
        datetime.date.fromisoformat(text if len(text) == 10 else f"{text}-01")
    except ValueError:
        return False
    return True


def _shown(value: Any) -> str:
    """A value in a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

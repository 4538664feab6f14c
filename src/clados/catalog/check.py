"""Whether cards are as the schema says; each fault with its file, line and field."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli

from clados.catalog import schema
from clados.catalog.card import CardError
from clados.catalog.lines import Key, line_of, lines
from clados.catalog.load import card_files
from clados.catalog.schema import ATTRIBUTES, KINDS, Attribute
from clados.catalog.spelling import misspelt
from clados.catalog.words import near
from clados.spec.ledger import BASES

Fault = tuple[Key, str]  # the field's place and what is wrong
Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A fault of a card: where it stands and what is wrong."""

    path: Path
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.field}: {self.message}"


@dataclass(frozen=True, slots=True)
class Source:
    """A card's text, parsed, with the lines of its fields."""

    path: Path
    data: Data
    places: dict[Key, int]

    def problem(self, fault: Fault) -> Problem:
        """The fault with its line."""
        key, message = fault
        return Problem(self.path, line_of(self.places, key), dotted(key), message)


def dotted(key: Key) -> str:
    """``("sizes", 1, "label")`` as ``sizes[1].label``."""
    return "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in key).lstrip(".") or "card"


def check(target: Path | None = None, beside: Iterable[Path] = ()) -> list[Problem]:
    """Every fault of the cards in a file or folder (none: in all of the catalogue), in order.

    Args:
        target: a card file, or a folder of cards.
        beside: further card files, not reported on, that parents and ids are looked up in.

    Raises:
        CardError: when there is no such file, or no card in the folder.
    """
    if target is not None and not target.exists():
        raise CardError(f"no such file or folder: {target}")
    own = [target] if target is not None and target.is_file() else card_files(target) if target is not None else []
    others = [path for path in beside if path.resolve() not in {each.resolve() for each in own}]
    if target is None:
        own, others = others, []
    if not own:
        raise CardError(f"no cards (*.toml) in {target}")
    sources, problems = _parsed(own)
    around, _ = _parsed(others)
    for source in sources:
        problems += map(source.problem, card_faults(source.data, source.path))
    return sorted([*problems, *_together(sources, around)])


def _parsed(paths: Iterable[Path]) -> tuple[list[Source], list[Problem]]:
    sources, problems = [], []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
            sources.append(Source(path, tomli.loads(text), lines(text)))
        except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
            found = re.search(r"line (\d+)", str(error))
            line = int(found[1]) if found else path.read_bytes().count(b"\n") or 1  # at the end of the document
            problems.append(Problem(path, line, "TOML", str(error)))
    return sources, problems


def card_faults(data: Data, path: Path) -> Iterator[Fault]:
    """The faults of one card by itself."""
    known = (*schema.CARD_KEYS, *schema.TABLES)
    for name in data:
        if name not in known:
            yield (name,), f"unknown attribute{near(name, known)}"
    yield from _identity(data, path)
    for name, attribute in ATTRIBUTES.items():
        if name in data:
            yield from value_faults(data[name], (name,), attribute)
        elif attribute.required:
            yield (name,), "missing; write the value, or unknown with a note that says why"
    yield from _tables(data, "lineage", schema.LINEAGE_KEYS, _parent)
    yield from _tables(data, "sizes", schema.SIZE_KEYS, _size)
    yield from _tables(data, "erratum", schema.ERRATUM_KEYS, _erratum)
    yield from _tables(data, "headline", schema.VALUE_KEYS, value_faults)
    yield from _all_sizes(data.get("sizes", []))
    for name, value in data.get("training", {}).items():
        yield from value_faults(value, ("training", name))


def _identity(data: Data, path: Path) -> Iterator[Fault]:
    for field in ("id", "name"):
        if not isinstance(data.get(field), str) or not data[field]:
            yield (field,), "missing"
    name = data.get("id")
    if isinstance(name, str) and not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name):
        yield ("id",), f"'{name}' is not lower-case letters, digits, '-' and '.'"
    elif isinstance(name, str) and path.stem != stem(name):
        yield ("id",), f"the card of '{name}' is the file {stem(name)}.toml, not {path.name}"
    if not re.fullmatch(r"A\.\d+", str(data.get("survey", "A.1"))):
        yield ("survey",), f"'{data['survey']}' is no section of the survey; write A.61, or leave it out"


def stem(name: str) -> str:
    """The file name of a card's id, without its ending."""
    return name.replace("-", "_").replace(".", "_")


def value_faults(value: Any, key: Key, attribute: Attribute | None = None) -> Iterator[Fault]:
    """The faults of a value with its kind and source."""
    if not isinstance(value, Mapping):
        yield key, "is not a value; write { value = ..., kind = ..., source = ... }"
        return
    for name in value:
        if name not in schema.VALUE_KEYS:
            yield (*key, name), f"unknown word{near(name, schema.VALUE_KEYS)}"
    plain, kind = value.get("value"), value.get("kind")
    if kind not in KINDS:
        given = f"unknown kind '{kind}'{near(str(kind), KINDS)}" if "kind" in value else "kind is missing"
        yield (*key, "kind"), f"{given}; the kinds are {', '.join(KINDS)}"
    elif kind == "unknown" and not value.get("note"):
        yield (*key, "note"), "what is unknown needs a note that says why"
    elif kind != "unknown" and not value.get("source"):
        yield (*key, "source"), "source is missing"
    yield from (((*key, "source"), message) for message in _sourced(str(value.get("source", "")), kind))
    if (kind == "unknown") != (plain == "unknown"):
        yield (*key, "value"), "value and kind must both be 'unknown', or neither"
    elif plain in (None, "", []):
        yield (*key, "value"), "empty; what is not known is 'unknown', with a note"
    elif attribute and kind != "unknown":
        yield from ((key, message) for message in _typed(plain, attribute))


def _sourced(source: str, kind: Any) -> Iterator[str]:
    """What is wrong with the source of a value of this kind."""
    for place in re.split(r"; ", source):
        if place.startswith("github:") and not _REPOSITORY.fullmatch(place):
            yield f"'{place}' is no place in a repository: github:OWNER/NAME PATH or github:OWNER/NAME@COMMIT PATH"
    if kind == "computed" and _PUBLISHED.match(source) and not _COMPUTED.search(source):
        yield "is where something was published; say what was computed, as in 'counted from the shapes of arXiv:...'"


_REPOSITORY = re.compile(r"github:[\w.-]+/[\w.-]+(@[\w./-]+)?(, .*| .*)?")
_PUBLISHED = re.compile(r"(arXiv:|github:|https?:)")
_COMPUTED = re.compile(r"\b(count|counted|counts|built|computed|calculated|formula)\b")


def _typed(plain: Any, attribute: Attribute) -> Iterator[str]:
    """What is wrong with a known plain value of this attribute."""
    words = plain if isinstance(plain, list) else [plain]
    listed = attribute.type in ("words", "counts")
    numeric = attribute.type in ("count", "counts")
    right = (lambda each: type(each) is int and each >= 0) if numeric else (lambda each: isinstance(each, str) and each)
    if listed != isinstance(plain, list) or not all(map(right, words)):
        yield f"{plain!r} is not {schema.TYPES[attribute.type]}"
    elif attribute.type == "counts" and words != sorted(words):
        yield "the sizes are not in order, smallest first"
    elif attribute.type == "date" and not _is_date(plain):
        yield f"'{plain}' is no date; write YYYY-MM or YYYY-MM-DD"
    elif attribute.type == "link" and not re.match(r"https?://", plain):
        yield f"'{plain}' is no address"
    elif attribute.allowed:
        for word in set(words) - {*attribute.allowed}:
            yield f"'{word}' is not one of {', '.join(attribute.allowed)}{near(word, attribute.allowed)}"
    else:
        for word in words:
            if found := misspelt(attribute.name, str(word)):
                yield f"'{found[0]}' is called '{found[1]}' in all cards"


def _is_date(text: str) -> bool:
    import datetime

    if not re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", text):
        return False
    try:
        datetime.date.fromisoformat(text if len(text) == 10 else f"{text}-01")
    except ValueError:
        return False
    return True


def _tables(
    data: Data, name: str, keys: tuple[str, ...], faults: Callable[[Any, Key], Iterator[Fault]]
) -> Iterator[Fault]:
    """The faults of a list of tables, each by itself."""
    rows = data.get(name, [])
    if not isinstance(rows, list):
        yield (name,), f"is a list of tables; write [[{name}]]"
        return
    for i, row in enumerate(rows):
        for word in row:
            if word not in keys:
                yield (name, i, word), f"unknown word{near(word, keys)}"
        yield from faults(row, (name, i))


def _need(row: Data, key: Key, *names: str) -> Iterator[Fault]:
    yield from (((*key, name), f"{name} is missing") for name in names if row.get(name) in (None, "", []))


def _parent(row: Data, key: Key) -> Iterator[Fault]:
    yield from _need(row, key, "parent", "kind", "change", "source")
    kind = row.get("kind", "architecture")
    if kind not in schema.LINEAGE_KINDS:
        kinds = ", ".join(schema.LINEAGE_KINDS)
        yield (*key, "kind"), f"'{kind}' is not one of {kinds}{near(str(kind), schema.LINEAGE_KINDS)}"


def _erratum(row: Data, key: Key) -> Iterator[Fault]:
    yield from _need(row, key, "attribute", "kind", "fact")
    kind = row.get("kind", "wrong")
    if kind not in schema.ERRATUM_KINDS:
        kinds = ", ".join(schema.ERRATUM_KINDS)
        yield (*key, "kind"), f"'{kind}' is not one of {kinds}{near(str(kind), schema.ERRATUM_KINDS)}"
    elif kind != "absent" and not row.get("survey"):
        yield (*key, "survey"), "missing: what the survey has, to the letter"
    if row.get("checked", True) and not row.get("source"):
        yield (*key, "source"), "source is missing (a lead that could not be checked says checked = false)"
    known = [*ATTRIBUTES, "name", "lineage", "sizes", "survey"]
    if row.get("attribute") and row["attribute"] not in known:
        yield (*key, "attribute"), f"unknown attribute '{row['attribute']}'{near(row['attribute'], known)}"


def _size(row: Data, key: Key) -> Iterator[Fault]:
    yield from _need(row, key, "name", "label")
    for name in schema.SIZE_FIGURES:
        if name in row:
            yield from value_faults(row[name], (*key, name), _FIGURE if name != "compute" else None)
    label = row.get("label")
    if isinstance(label, Mapping) and label.get("kind") != "unknown":
        yield from _need(row, key, "basis")
    if "exact" in row:
        yield from _need(row, key, "exact_basis")
    for name in ("basis", "exact_basis"):
        said = row.get(name, "unknown")
        if not isinstance(said, str) or (" " not in said and said not in _BASES):
            yield (*key, name), f"'{said}' is no basis, and says in no words what it counts{near(str(said), _BASES)}"
    if not isinstance(row.get("headline", False), bool):
        yield (*key, "headline"), f"'{row['headline']}' is not true or false"
    if row.get("shape"):
        yield from _need(row, key, "shape_source")
    yield from _assumed(row, key)
    for name in [row.get("name", ""), *row.get("aliases", [])]:
        if isinstance(name, str) and name != name.lower():
            yield (*key, "name"), f"'{name}' is not in lower case"


def _assumed(row: Data, key: Key) -> Iterator[Fault]:
    """The words of the shape that no source says must be words of the shape, and named where its source says so."""
    words, shape = row.get("assumed", []), row.get("shape", {})
    if not isinstance(words, list) or not isinstance(shape, Mapping):
        yield (*key, "assumed"), "is a list of words of the shape"
        return
    for word in words:
        if word not in shape:
            yield (*key, "assumed"), f"'{word}' is no word of the shape{near(str(word), shape)}"
    if not words and "assumed" in str(row.get("shape_source", "")):
        yield (*key, "assumed"), "missing: the shape's source says that something is assumed; name the words"


_BASES = (*BASES, "non-embedding", "unknown")
_FIGURE = Attribute("label", "A size's figure", "count")


def _all_sizes(rows: Any) -> Iterator[Fault]:
    """The faults of the sizes taken together."""
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        return
    leading = [i for i, row in enumerate(rows) if row.get("headline")]
    if not leading:
        yield ("sizes",), "no size is the headline; one says headline = true"
    for i in leading[1:]:
        yield ("sizes", i, "headline"), f"a second headline size; '{rows[leading[0]].get('name')}' is one already"
    taken: dict[str, int] = {}
    for i, row in enumerate(rows):
        for name in [row.get("name"), *row.get("aliases", [])]:
            if taken.setdefault(name, i) != i:
                yield ("sizes", i, "name"), f"'{name}' is the name of another size too"


def _together(sources: list[Source], around: list[Source]) -> Iterator[Problem]:
    """The faults of the cards taken together: ids that two claim, parents that are not there, cycles."""
    everything = [*sources, *around]
    parents = {str(each.data.get("id")): _parents(each.data) for each in everything}
    dates = {str(each.data.get("id")): _date(each.data) for each in everything}
    for source in sources:
        name = str(source.data.get("id"))
        for key, what in (("id", "id"), ("survey", "section")):
            given = source.data.get(key)
            twins = [each.path for each in everything if each.path != source.path and each.data.get(key) == given]
            if given and twins:
                yield source.problem(((key,), f"'{given}' is the {what} of {twins[0]} too"))
        for i, parent in enumerate(parents[name]):
            if parent not in parents:
                yield source.problem((("lineage", i, "parent"), f"no card '{parent}'{near(parent, parents)}"))
            elif name in _ancestors(parent, parents):
                yield source.problem((("lineage", i, "parent"), f"'{parent}' descends from '{name}' itself"))
            elif _before(dates[name], dates[parent]):
                older = f"'{name}' is of {dates[name]}, its parent '{parent}' of {dates[parent]}, which is later"
                yield source.problem((("lineage", i, "parent"), older))


def _date(data: Data) -> str:
    """When a card's model was first published; empty where that is unknown."""
    value = data.get("date")
    plain = value.get("value") if isinstance(value, Mapping) else None
    return plain if isinstance(plain, str) and _is_date(plain) else ""


def _before(child: str, parent: str) -> bool:
    """Whether a child's date is before its parent's, as far as both are known."""
    known = min(len(child), len(parent))
    return child[:known] < parent[:known]


def _parents(data: Data) -> list[str]:
    rows = data.get("lineage", [])
    return [str(row.get("parent")) for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _ancestors(name: str, parents: Mapping[str, list[str]]) -> set[str]:
    """A card and all that it descends from."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each not in seen:
            seen.add(each)
            waiting += parents.get(each, [])
    return seen

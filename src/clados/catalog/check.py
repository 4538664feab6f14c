"""Whether cards are as the schema says; each fault with its file, line and field."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from clados.catalog import schema
from clados.catalog.card import CardError
from clados.catalog.form import FIGURE, Data, Fault, form_faults, is_date
from clados.catalog.lines import Key
from clados.catalog.load import card_files
from clados.catalog.parsing import CardSource, ParseError, Problem, parse_card
from clados.catalog.schema import ATTRIBUTES, VALUE_KINDS, Attribute
from clados.catalog.spelling import misspelt
from clados.names import did_you_mean
from clados.spec.core.ledger import BASES


def check(target: Path | None = None, context: Iterable[Path] = ()) -> list[Problem]:
    """Every fault of the cards in a file or folder (none: in all of the catalogue), in order.

    Args:
        target: a card file, or a folder of cards.
        context: further card files, not checked themselves, that parents and ids are looked up in.

    Raises:
        CardError: when there is no such file, or no card in the folder.
    """
    if target is not None and not target.exists():
        raise CardError(f"no such file or folder: {target}")
    own = [target] if target is not None and target.is_file() else card_files(target) if target is not None else []
    others = [path for path in context if path.resolve() not in {each.resolve() for each in own}]
    if target is None:
        own, others = others, []
    if not own:
        raise CardError(f"no cards (*.toml) in {target}")
    sources, problems = _parsed(own)
    around, _ = _parsed(others)
    for source in sources:
        problems += map(source.problem, card_faults(source.data, source.path))
    return sorted([*problems, *_together(_readable(sources), _readable(around))])


def _readable(sources: Iterable[CardSource]) -> list[CardSource]:
    return [source for source in sources if not any(form_faults(source.data))]


def _parsed(paths: Iterable[Path]) -> tuple[list[CardSource], list[Problem]]:
    sources, problems = [], []
    for path in paths:
        try:
            sources.append(parse_card(path))
        except ParseError as error:
            problems.append(error.problem)
    return sources, problems


def card_faults(data: Data, path: Path) -> Iterator[Fault]:
    """The faults of one card by itself: of its form; only when that is sound, of what it says."""
    misshapen = [*form_faults(data)]
    yield from misshapen
    spoilt = {key[0] for key, _ in misshapen}
    yield from _identity(data, path)
    for name, attribute in ATTRIBUTES.items():
        if name not in data and attribute.required:
            yield (name,), "missing; write the value, or unknown with a note that says why"
        elif name in data and name not in spoilt:
            yield from value_faults(data[name], (name,), attribute)
    for table, faults in _TABLES.items():
        if table not in spoilt:
            for i, row in enumerate(data.get(table, [])):
                yield from faults(row, (table, i))
    if "sizes" not in spoilt:
        yield from _all_sizes(data.get("sizes", []))
    if "training" not in spoilt:
        for name, value in data.get("training", {}).items():
            yield from value_faults(value, ("training", name))


def _identity(data: Data, path: Path) -> Iterator[Fault]:
    name = data.get("id")
    if not isinstance(name, str) or not name:
        return
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name):
        yield ("id",), f"'{name}' is not lower-case letters, digits, '-' and '.'"
    elif path.stem != stem(name):
        yield ("id",), f"the card of '{name}' is the file {stem(name)}.toml, not {path.name}"


def stem(name: str) -> str:
    """The file name of a card's id, without its ending."""
    return name.replace("-", "_").replace(".", "_")


def value_faults(value: Data, key: Key, attribute: Attribute | None = None) -> Iterator[Fault]:
    """The faults of a value whose form is sound: its kind, its source, and what it says."""
    plain, kind, source = value["value"], value["kind"], value.get("source", "")
    if kind not in VALUE_KINDS:
        yield (
            (*key, "kind"),
            f"unknown kind '{kind}'{did_you_mean(kind, VALUE_KINDS)}; the kinds are {', '.join(VALUE_KINDS)}",
        )
    elif kind == "unknown" and not value.get("note"):
        yield (*key, "note"), "what is unknown needs a note that says why"
    elif kind != "unknown" and not source:
        yield (*key, "source"), "source is missing"
    yield from (((*key, "source"), message) for message in _sourced(source, kind))
    if attribute and kind != "unknown":
        yield from ((key, message) for message in _said(plain, attribute))


def _sourced(source: str, kind: str) -> Iterator[str]:
    """What is wrong with the source of a value of this kind."""
    for place in re.split(r"; ", source):
        if place.startswith("github:") and not _REPOSITORY.fullmatch(place):
            yield f"'{place}' is no place in a repository: github:OWNER/NAME PATH or github:OWNER/NAME@COMMIT PATH"
    if kind == "computed" and _PUBLISHED.match(source) and not _COMPUTED.search(source):
        yield "is where something was published; say what was computed, as in 'counted from the shapes of arXiv:...'"


_REPOSITORY = re.compile(r"github:[\w.-]+/[\w.-]+(@[\w./-]+)?(, .*| .*)?")
_PUBLISHED = re.compile(r"(arXiv:|github:|https?:)")
_COMPUTED = re.compile(r"\b(count|counted|counts|built|computed|calculated|formula)\b")


def _said(plain: Any, attribute: Attribute) -> Iterator[str]:
    """What is wrong with a known plain value of this attribute."""
    values = plain if isinstance(plain, list) else [plain]
    if attribute.type == "counts" and values != sorted(values):
        yield "the sizes are not in order, smallest first"
    elif attribute.type == "link" and not re.match(r"https?://", plain):
        yield f"'{plain}' is no address"
    elif attribute.allowed:
        for word in set(values) - {*attribute.allowed}:
            yield f"'{word}' is not one of {', '.join(attribute.allowed)}{did_you_mean(word, attribute.allowed)}"
    else:
        for word in values:
            if found := misspelt(attribute.name, str(word)):
                yield f"'{found[0]}' is called '{found[1]}' in all cards"


def _need(row: Data, key: Key, *names: str) -> Iterator[Fault]:
    yield from (((*key, name), f"{name} is missing") for name in names if row.get(name) in (None, "", []))


def _parent(row: Data, key: Key) -> Iterator[Fault]:
    yield from _need(row, key, "parent", "change", "source")
    kind = row["kind"]
    if kind not in schema.LINEAGE_KINDS:
        kinds = ", ".join(schema.LINEAGE_KINDS)
        yield (*key, "kind"), f"'{kind}' is not one of {kinds}{did_you_mean(kind, schema.LINEAGE_KINDS)}"


def _erratum(row: Data, key: Key) -> Iterator[Fault]:
    yield from _need(row, key, "fact")
    kind = row["kind"]
    if kind not in schema.ERRATUM_KINDS:
        kinds = ", ".join(schema.ERRATUM_KINDS)
        yield (*key, "kind"), f"'{kind}' is not one of {kinds}{did_you_mean(kind, schema.ERRATUM_KINDS)}"
    elif kind != "absent" and not row.get("survey"):
        yield (*key, "survey"), "missing: what the survey has, to the letter"
    if row.get("checked", True) and not row.get("source"):
        yield (*key, "source"), "source is missing (a lead that could not be checked says checked = false)"
    known = [*ATTRIBUTES, "name", "lineage", "sizes", "survey"]
    if row["attribute"] not in known:
        yield (*key, "attribute"), f"unknown attribute '{row['attribute']}'{did_you_mean(row['attribute'], known)}"


def _size(row: Data, key: Key) -> Iterator[Fault]:
    yield from _need(row, key, "name")
    for name in schema.SIZE_FIGURES:
        if name in row:
            yield from value_faults(row[name], (*key, name), FIGURE if name != "compute" else None)
    if row["label"]["kind"] != "unknown":
        yield from _need(row, key, "basis")
    if "exact" in row:
        yield from _need(row, key, "exact_basis")
    for name in ("basis", "exact_basis"):
        said = row.get(name, "unknown")
        if " " not in said and said not in _BASES:
            yield (
                (*key, name),
                f"'{said}' is not a basis and does not say in words what it counts{did_you_mean(said, _BASES)}",
            )
    if row.get("shape"):
        yield from _need(row, key, "shape_source")
    yield from _assumed(row, key)
    for name in [row.get("name", ""), *row.get("aliases", [])]:
        if name != name.lower():
            yield (*key, "name"), f"'{name}' is not in lower case"


def _assumed(row: Data, key: Key) -> Iterator[Fault]:
    """The fields of the shape that no source gives must be fields of the shape, and named where its source says so."""
    assumed, shape = row.get("assumed", []), row.get("shape", {})
    for word in assumed:
        if word not in shape:
            yield (*key, "assumed"), f"'{word}' is no word of the shape{did_you_mean(word, shape)}"
    if not assumed and "assumed" in row.get("shape_source", ""):
        yield (*key, "assumed"), "missing: the shape's source says that something is assumed; name the fields"


_BASES = (*BASES, "non-embedding", "unknown")


def _all_sizes(rows: Sequence[Data]) -> Iterator[Fault]:
    """The faults of the sizes taken together."""
    leading = [i for i, row in enumerate(rows) if row.get("headline")]
    if not leading:
        yield ("sizes",), "no size is the headline; one says headline = true"
    for i in leading[1:]:
        yield ("sizes", i, "headline"), f"a second headline size; '{rows[leading[0]].get('name')}' is one already"
    taken: dict[str, int] = {}
    for i, row in enumerate(rows):
        for name in [row["name"], *row.get("aliases", [])]:
            if taken.setdefault(name, i) != i:
                yield ("sizes", i, "name"), f"'{name}' is the name of another size too"


_TABLES: dict[str, Callable[[Any, Key], Iterator[Fault]]] = {
    "lineage": _parent,
    "sizes": _size,
    "erratum": _erratum,
    "headline": value_faults,
}


def _together(sources: list[CardSource], around: list[CardSource]) -> Iterator[Problem]:
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
                yield source.problem((("lineage", i, "parent"), f"no card '{parent}'{did_you_mean(parent, parents)}"))
            elif name in _ancestors(parent, parents):
                yield source.problem((("lineage", i, "parent"), f"'{parent}' descends from '{name}' itself"))
            elif _before(dates[name], dates[parent]):
                older = f"'{name}' is of {dates[name]}, its parent '{parent}' of {dates[parent]}, which is later"
                yield source.problem((("lineage", i, "parent"), older))


def _date(data: Data) -> str:
    """When a card's model was first published; empty where that is unknown."""
    plain = str(data["date"]["value"]) if "date" in data else ""
    return plain if is_date(plain) else ""


def _before(child: str, parent: str) -> bool:
    """Whether a child's date is before its parent's, as far as both are known."""
    known = min(len(child), len(parent))
    return child[:known] < parent[:known]


def _parents(data: Data) -> list[str]:
    return [row["parent"] for row in data.get("lineage", [])]


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

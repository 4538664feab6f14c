"""The card: facts about a model, each value with its kind and source."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import tomli

from clados import models
from clados.catalog.schema import ATTRIBUTES, SIZE_FIGURES
from clados.errors import CladosError
from clados.tables import Illustrated, Page, escape_controls

if TYPE_CHECKING:
    from clados.spec import Declaration

Plain = str | int | float | bool | tuple[Any, ...]


class CardError(CladosError, ValueError):
    """A card that cannot be read or is not as the schema says; names the file and the field."""


class NoModelError(CladosError, LookupError):
    """No card has this id or name; says which one is near."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value and where it comes from.

    Attributes:
        value: the plain value; ``"unknown"`` is one.
        kind: how sure it is, a word of ``clados.catalog.schema.KINDS``.
        source: where it can be looked up.
        note: what else should be known, or why the value is unknown.
        recalled: given from memory and not read again.
    """

    value: Plain
    kind: str
    source: str = ""
    note: str = ""
    recalled: bool = False

    @property
    def known(self) -> bool:
        """Whether there is a value at all."""
        return self.kind != "unknown"

    @property
    def items(self) -> tuple[Any, ...]:
        """The value as several, none when unknown."""
        if not self.known:
            return ()
        return self.value if isinstance(self.value, tuple) else (self.value,)

    @property
    def mark(self) -> str:
        """The kind, whether the survey alone has it, and whether it is from memory only."""
        marks = [self.kind, "per the survey" * self.per_survey, "recalled" * self.recalled]
        return ", ".join(filter(None, marks))

    @property
    def per_survey(self) -> bool:
        """Whether the survey alone reports it, and no source of the model's own."""
        return self.kind == "reported" and re.fullmatch(r"survey( [^;]*)?", self.source) is not None

    def __str__(self) -> str:
        return ", ".join(str(each) for each in self.items) or "unknown"


@dataclass(frozen=True, slots=True)
class ParentLink:
    """A line of descent: the parent's id, what is inherited (``schema.LINEAGE_KINDS``), and what changed."""

    id: str
    kind: str
    change: str = ""
    source: str = ""
    note: str = ""
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class CardSize:
    """A published size: its label as printed, the reference's exact figure, what each counts, and its shape.

    ``assumed`` names the fields of the shape that no source says; ``tokens`` are those seen in training, and
    ``compute`` is the floating-point operations of it, where a source says them.
    """

    name: str
    label: Value
    basis: str = "unknown"
    aliases: tuple[str, ...] = ()
    headline: bool = False
    exact: Value | None = None
    exact_basis: str = ""
    shape: Mapping[str, Any] = field(default_factory=dict)
    shape_source: str = ""
    assumed: tuple[str, ...] = ()
    tokens: Value | None = None
    compute: Value | None = None
    why: str = ""
    note: str = ""
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class Erratum:
    """Where a source says other or more than the survey's row: what the row has to the letter, the fact, its source.

    ``kind`` is a word of ``clados.catalog.schema.ERRATUM_KINDS``; ``survey`` is empty where the row has nothing.
    """

    attribute: str
    kind: str
    survey: str
    fact: str
    source: str = ""
    checked: bool = True
    note: str = ""
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class Tables:
    """What stands below the attributes of a card."""

    lineage: tuple[ParentLink, ...] = ()
    sizes: tuple[CardSize, ...] = ()
    training: Mapping[str, Value] = field(default_factory=dict)
    errata: tuple[Erratum, ...] = ()
    headlines: tuple[Value, ...] = ()


@dataclass(frozen=True, eq=False)
class Card(Illustrated):
    """All that is known of a model. Its attributes read as attributes: ``card.params.value``.

    Attributes:
        id: the name by which Clados knows it.
        name: the name as published.
        path: the card's file.
        values: each attribute's value.
        survey: its section in the survey, or empty.
        shown_as: makes its page, which says more than the card: what came of the model, and what its declaration says.
        text: the whole TOML; what stands below the attributes is parsed when it is first used.
    """

    id: str
    name: str
    path: Path
    values: Mapping[str, Value] = field(repr=False)
    shown_as: "Callable[[Card], Page]" = field(repr=False)
    survey: str = ""
    text: str = field(default="", repr=False)

    @cached_property
    def tables(self) -> Tables:
        """Lineage, sizes, training, errata and results together.

        Raises:
            CardError: when they are not as the schema says.
        """
        with _refusing(self.path):
            return _tables(toml(self.text))

    @property
    def lineage(self) -> tuple[ParentLink, ...]:
        """Its parents."""
        return self.tables.lineage

    @property
    def sizes(self) -> tuple[CardSize, ...]:
        """Its published sizes."""
        return self.tables.sizes

    @property
    def training(self) -> Mapping[str, Value]:
        """Facts of its training."""
        return self.tables.training

    @property
    def errata(self) -> tuple[Erratum, ...]:
        """Where a source says other or more than the survey's row."""
        return self.tables.errata

    @property
    def headlines(self) -> tuple[Value, ...]:
        """Notable results."""
        return self.tables.headlines

    def __getattr__(self, name: str) -> Value:
        if name in ATTRIBUTES:
            return self.values[name]
        raise AttributeError(f"a card has no '{name}'")

    def every_value(self) -> Iterator[Value]:
        """All its values with kind and source: attributes, figures of sizes, training, results."""
        figures = (getattr(size, name) for size in self.sizes for name in SIZE_FIGURES)
        yield from (*self.values.values(), *filter(None, figures), *self.training.values(), *self.headlines)

    @property
    def per_survey(self) -> tuple[str, ...]:
        """The attributes that the survey alone reports."""
        return tuple(name for name, value in self.values.items() if value.per_survey)

    @property
    def runnable(self) -> bool:
        """Whether the card's folder has a declaration of the model."""
        return self.path.with_suffix(".py").is_file()

    @cached_property
    def assumed(self) -> tuple[str, ...]:
        """What its declaration assumes because no source says it, line by line; none when it is not declared.

        Raises:
            SpecError: when the declaration has to be run for it, and cannot be.
        """
        from clados.catalog.assumed import assumed_in  # not for a list, which shows none

        if not self.runnable:
            return ()
        lines = assumed_in(self.path.with_suffix(".py"))
        if lines is None:
            return declaration_of(self).assumed
        return lines

    def assumed_for(self, size: CardSize) -> tuple[str, ...]:
        """Those of the assumed lines that concern a size; raises as `assumed`."""
        from clados.catalog.assumed import concerning

        return concerning(self.assumed, [each.name for each in self.sizes], size.name)

    @property
    def headline_size(self) -> CardSize | None:
        """The size that a bare name means everywhere: the largest that the model's own paper or release trains."""
        return next((size for size in self.sizes if size.headline), None)

    def page(self) -> Page:
        """All that is known of it, each value with its kind and source."""
        return self.shown_as(self)

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain data, ready for JSON."""
        return {
            "id": self.id,
            "name": self.name,
            "survey": self.survey or None,
            "runnable": self.runnable,
            **{name: as_plain(value) for name, value in self.values.items()},
            "lineage": [as_plain(each) for each in self.lineage],
            "sizes": [as_plain(each) for each in self.sizes],
            "training": {name: as_plain(value) for name, value in self.training.items()},
            "errata": [as_plain(each) for each in self.errata],
            "headlines": [as_plain(each) for each in self.headlines],
            "assumed": [*self.assumed],
            "per_survey": [*self.per_survey],
        }

    def as_row(self) -> dict[str, Any]:
        """The plain values alone, one per attribute, and what is assumed; what is unknown is ``None``."""
        head = {"id": self.id, "name": self.name, "survey": self.survey or None}
        values = {name: as_plain(value.value) if value.known else None for name, value in self.values.items()}
        return {**head, "runnable": self.runnable, **values, "assumed": [*self.assumed]}


def as_plain(thing: Any) -> Any:
    """Records, tuples and mappings as dictionaries and lists; empty texts and unset flags of records left out."""
    if isinstance(thing, Value | ParentLink | CardSize | Erratum):
        pairs = ((name, as_plain(getattr(thing, name))) for name in thing.__slots__)
        return {name: value for name, value in pairs if value not in ("", None, [], {}) and value is not False}
    if isinstance(thing, tuple | list):
        return [as_plain(each) for each in thing]
    if isinstance(thing, Mapping):
        return {name: as_plain(value) for name, value in thing.items()}
    return thing


def card_from(text: str, path: Path, shown_as: Callable[[Card], Page]) -> Card:
    """The card that a TOML text says; an attribute that is absent reads as unknown.

    Raises:
        CardError: when the text is no TOML, or has not even the form of a card.
    """
    with _refusing(path):
        data = _head(text)
        return Card(
            id=data["id"],
            name=data["name"],
            path=path,
            values=MappingProxyType({name: _value(data.get(name, _ABSENT)) for name in ATTRIBUTES}),
            shown_as=shown_as,
            survey=data.get("survey", ""),
            text=text,
        )


def declaration_of(card: Card) -> "Declaration":
    """The declaration of a card's model; raises as `declaration`."""
    from clados.models.declared import declared, declared_in

    if not card.runnable:
        raise CardError(
            f"'{card.id}' is not declared: there is no {card.path.with_suffix('.py').name} in its card's folder"
        )
    inside = card.path.is_relative_to(models.FOLDER)
    return declared(card.id) if inside else declared_in(card.path.with_suffix(".py"))


def children(cards: Mapping[str, Card], name: str) -> list[Card]:
    """The cards that name this one as a parent."""
    named = (card for card in cards.values() if f'"{name}"' in card.text)  # spares reading the tables of the others
    return [card for card in named if any(parent.id == name for parent in card.lineage)]


def toml(text: str) -> dict[str, Any]:
    """What a TOML text holds; control characters, such as begin a terminal's escapes, are written out.

    Raises:
        tomli.TOMLDecodeError: it is no TOML.
    """
    data = tomli.loads(text)
    if "\\" in text:  # TOML has control characters as escapes alone
        shown: dict[str, Any] = _shown(data)
        return shown
    return data


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {escape_controls(name): _shown(each) for name, each in value.items()}
    if isinstance(value, list):
        return [*map(_shown, value)]
    return escape_controls(value) if isinstance(value, str) else value


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except tomli.TOMLDecodeError as error:
        raise CardError(f"{path}: {error}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise CardError(f"{path}: not a card ({error}); 'clados check {path}' names the line") from error


_FIRST_TABLE = re.compile(r"^\[", re.MULTILINE)


def _head(text: str) -> dict[str, Any]:
    """The fields above the first table: a third of the text, and all that a list of the cards needs."""
    table = _FIRST_TABLE.search(text)
    try:
        return toml(text[: table.start()] if table else text)
    except tomli.TOMLDecodeError:  # the line was no table but part of a longer value
        return toml(text)


def _tables(data: Mapping[str, Any]) -> Tables:
    return Tables(
        lineage=tuple(ParentLink(**{_RENAMED.get(k, k): v for k, v in row.items()}) for row in _rows(data, "lineage")),
        sizes=tuple(_size(row) for row in _rows(data, "sizes")),
        training=MappingProxyType({name: _value(value) for name, value in data.get("training", {}).items()}),
        errata=tuple(Erratum(**{"survey": "", **row}) for row in _rows(data, "erratum")),
        headlines=tuple(_value(row) for row in _rows(data, "headline")),
    )


_ABSENT: Mapping[str, Any] = {"value": "unknown", "kind": "unknown", "note": "absent from the card"}
_RENAMED = {"parent": "id"}


def _rows(data: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    rows: Sequence[Mapping[str, Any]] = data.get(name, ())
    return rows


def _value(data: Mapping[str, Any]) -> Value:
    value = data["value"]
    if isinstance(value, list):
        value = tuple(value)
    return Value(value, data["kind"], data.get("source", ""), data.get("note", ""), data.get("recalled", False))


def _size(row: Mapping[str, Any]) -> CardSize:
    fields = dict(row)
    for name in SIZE_FIGURES:
        if name in fields:
            fields[name] = _value(fields[name])
    for name in ("aliases", "assumed"):
        fields[name] = tuple(fields.get(name, ()))
    return CardSize(**fields)

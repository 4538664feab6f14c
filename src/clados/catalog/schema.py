"""What a card says: its attributes with their meaning and type, and the values that are allowed."""

from dataclasses import dataclass
from typing import Any, Literal

Type = Literal["name", "names", "prose", "date", "count", "counts", "link"]

VALUE_KINDS: dict[str, str] = {
    "reported": "the publisher says so, at the place named as source",
    "computed": "counted or calculated from a published configuration or checkpoint",
    "derived": "follows from other values of the catalogue",
    "estimated": "an informed guess, by whoever is named as source",
    "disputed": "sources contradict each other; the note says how",
    "unknown": "not published, or not found; the note says why",
}
LINEAGE_KINDS: dict[str, str] = {
    "architecture": "its structure is the parent's, changed",
    "weights": "its training starts from the parent's weights",
    "part": "the parent, or one like it, is a component of it, or works alongside it",
    "recipe": "it is trained as the parent is: task, method or numbers",
    "data": "it learns from the parent's data, or from what the parent wrote",
    "tokenizer": "it has the parent's tokenizer",
    "code": "it is written in the parent's code",
    "predecessor": "its makers name it as the parent's successor",
}
ERRATUM_KINDS: dict[str, str] = {
    "wrong": "a source contradicts the survey",
    "refined": "the survey is not wrong; a source says it more exactly, or more fully",
    "absent": "the survey's field is empty or N/A; a source fills it",
}
TYPES: dict[Type, str] = {
    "name": "one name",
    "names": "a list of names",
    "prose": "a sentence or two",
    "date": "YYYY-MM or YYYY-MM-DD",
    "count": "a whole number",
    "counts": "whole numbers, smallest first",
    "link": "an address",
}


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a card.

    Attributes:
        name: the field of the card.
        meaning: what it says of the model.
        type: one of `TYPES`.
        allowed: the values that it may have; none when it is free.
        options: its names as a filter, where they differ from the field's.
        required: whether a card must have it.
        survey: whether it is one of the survey's own.
    """

    name: str
    meaning: str
    type: Type
    allowed: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    required: bool = True
    survey: bool = True

    @property
    def flags(self) -> tuple[str, ...]:
        """The names of its command-line option."""
        return tuple(f"--{option}" for option in self.options or (self.name.replace("_", "-"),))


ATTRIBUTES: dict[str, Attribute] = {
    each.name: each
    for each in (
        Attribute("family", "The foundation models that it extends", "names"),
        Attribute("architecture", "What is pretrained: which stacks it has", "names", options=("arch", "architecture")),
        Attribute(
            "task_kind", "Whether the tasks are of pretraining or fine-tuning", "name", ("pretraining", "fine-tuning")
        ),
        Attribute("tasks", "What it learns to do: its objectives", "names", options=("task", "tasks")),
        Attribute("extension", "What it adds to the model that it extends", "prose"),
        Attribute("application", "What it is mainly used for", "prose"),
        Attribute("date", "First publication", "date"),
        Attribute("params", "Parameters of the published sizes", "counts"),
        Attribute("corpus", "The data it learned from", "prose"),
        Attribute("license", "The legal terms of use", "name", options=("license", "licence")),
        Attribute("lab", "Who published it", "names"),
        Attribute("open", "May one use the weights freely", "name", ("open", "limited", "closed"), survey=False),
        Attribute("reference", "Where it is described", "names", survey=False),
        Attribute("link", "Where to find code or weights", "link", survey=False),
        Attribute("tokenizer", "How text becomes tokens", "name", survey=False),
        Attribute("vocab", "Entries of the vocabulary; 0 where there is none", "count", required=False, survey=False),
        Attribute(
            "weights", "Whether the weights are published", "name", ("public", "gated", "not public"), survey=False
        ),
    )
}

VALUE_KEYS = ("value", "kind", "source", "note", "recalled")
CARD_KEYS = ("id", "name", "survey", *ATTRIBUTES)
CARD_TABLES = ("lineage", "sizes", "training", "erratum", "headline")
LINEAGE_KEYS = ("parent", "kind", "change", "source", "note", "recalled")
SIZE_FIGURES = ("label", "exact", "tokens", "compute")  # numbers with kind and source
SIZE_KEYS = (
    "name", "aliases", "headline", "label", "basis", "exact", "exact_basis", "shape", "shape_source", "assumed",
    "tokens", "compute", "why", "note", "recalled",
)  # fmt: skip
ERRATUM_KEYS = ("attribute", "kind", "survey", "fact", "source", "checked", "note", "recalled")


def _plain(attribute: Attribute) -> dict[str, Any]:
    """The JSON Schema of an attribute's plain value."""
    word: dict[str, Any] = {"type": "string", "minLength": 1}
    if attribute.allowed:
        word = {"enum": [*attribute.allowed]}
    number = {"type": "integer", "minimum": 0}
    known: dict[Type, dict[str, Any]] = {
        "name": word,
        "names": {"type": "array", "items": word, "minItems": 1},
        "prose": word,
        "date": {"type": "string", "pattern": r"^\d{4}-\d{2}(-\d{2})?$"},
        "count": number,
        "counts": {"type": "array", "items": number, "minItems": 1},
        "link": {"type": "string", "pattern": "^https?://"},
    }
    return {"anyOf": [known[attribute.type], {"const": "unknown"}]}


def _value(plain: dict[str, Any], meaning: str = "") -> dict[str, Any]:
    """The JSON Schema of a value with its kind and source."""
    text = {"type": "string"}
    properties = {
        "value": plain,
        "kind": {"enum": [*VALUE_KINDS]},
        "source": text,
        "note": text,
        "recalled": {"type": "boolean"},
    }
    schema = {"type": "object", "properties": properties, "required": ["value", "kind"], "additionalProperties": False}
    return {"description": meaning, **schema} if meaning else schema


def _rows(keys: tuple[str, ...], required: tuple[str, ...], **known: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a list of tables with these keys."""
    flags = {key: {"type": "boolean"} for key in ("headline", "recalled", "checked")}
    properties = {key: known.get(key, flags.get(key, {"type": "string"})) for key in keys}
    item = {"type": "object", "properties": properties, "required": [*required], "additionalProperties": False}
    return {"type": "array", "items": item}


def json_schema() -> dict[str, Any]:
    """The form of a card as JSON Schema (draft 2020-12), for editors and for ``clados schema --json``."""
    figure = _value({"anyOf": [{"type": "integer"}, {"const": "unknown"}]})
    anything = _value({"type": ["string", "number", "boolean", "array"]})
    names = {"type": "array", "items": {"type": "string"}}
    properties: dict[str, Any] = {
        "id": {"type": "string", "pattern": "^[a-z0-9][a-z0-9.-]*$"},
        "name": {"type": "string"},
        "survey": {"type": "string", "pattern": r"^A\.\d+$", "description": "The survey's section; absent for others"},
        **{each.name: _value(_plain(each), each.meaning) for each in ATTRIBUTES.values()},
        "lineage": _rows(LINEAGE_KEYS, ("parent", "kind", "change", "source"), kind={"enum": [*LINEAGE_KINDS]}),
        "sizes": _rows(
            SIZE_KEYS,
            ("name", "label"),
            label=figure,
            exact=figure,
            tokens=figure,
            compute=_value({"anyOf": [{"type": "number"}, {"const": "unknown"}]}),
            aliases=names,
            assumed=names,
            shape={"type": "object"},
        ),
        "training": {"type": "object", "additionalProperties": anything},
        "erratum": _rows(ERRATUM_KEYS, ("attribute", "kind", "fact"), kind={"enum": [*ERRATUM_KINDS]}),
        "headline": {"type": "array", "items": anything},
    }
    required = ["id", "name", *(each.name for each in ATTRIBUTES.values() if each.required)]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A card of the catalogue",
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }

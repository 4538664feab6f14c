"""The survey's own figures as data: its family tree, its figure of recent models, and why our tree differs."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class FamilyTree:
    """The survey's figure 5. Ids are the catalogue's; `diffusion` is a box that is no model of the catalogue."""

    colours: Mapping[str, str]
    groups: Mapping[str, str]  # box -> colour group
    edges: frozenset[tuple[str, str]]  # parent, child
    absent: frozenset[str]  # entries of the survey that its figure leaves out


@dataclass(frozen=True)
class RecentModel:
    """A box of the survey's figure 8."""

    id: str
    name: str
    lab: str
    date: str
    parent: str
    group: str
    card: str
    size: str  # of a card that covers several boxes; empty when the box has a card of its own


@dataclass(frozen=True)
class KnownDeparture:
    """Why a model's parents differ: those only a figure of the survey's has, those only our lineage has."""

    child: str
    survey: frozenset[str]
    ours: frozenset[str]
    reason: str
    source: str
    figure: int = 5


def _read(name: str) -> Mapping[str, object]:
    return tomllib.loads(resources.files(__name__).joinpath(name).read_text("utf-8"))


def _table(data: Mapping[str, object], key: str) -> Mapping[str, object]:
    table = data.get(key, {})
    return table if isinstance(table, dict) else {}


def _rows(data: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    rows = data.get(key, [])
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


@cache
def survey_tree() -> FamilyTree:
    """The survey's family tree."""
    data = _read("family_tree.toml")
    groups = {box: group for group, boxes in _table(data, "groups").items() for box in _texts(boxes)}
    edges = {(parent, child) for parent, boxes in _table(data, "children").items() for child in _texts(boxes)}
    colours = {group: str(colour) for group, colour in _table(data, "colours").items()}
    return FamilyTree(colours, groups, frozenset(edges), frozenset(_texts(data["not_in_figure"])))


@cache
def recent_models() -> tuple[RecentModel, ...]:
    """The survey's figure of recent language models, in order of date."""
    return tuple(
        RecentModel(
            **{key: str(row.get(key, "")) for key in ("id", "name", "lab", "date", "parent", "group", "size")},
            card=str(row.get("card", row["id"])),
        )
        for row in _rows(_read("recent_llms.toml"), "llm")
    )


@cache
def recent_colours() -> Mapping[str, str]:
    """Colours of the groups in the figure of recent models."""
    return {group: str(colour) for group, colour in _table(_read("recent_llms.toml"), "colours").items()}


@cache
def known_departures() -> tuple[KnownDeparture, ...]:
    """The known differences between our lineage and the survey's two figures of descent, with their reasons."""
    return tuple(
        KnownDeparture(
            str(row["child"]),
            frozenset(_texts(row.get("survey"))),
            frozenset(_texts(row.get("ours"))),
            str(row["reason"]),
            str(row["source"]),
            int(str(row.get("figure", 5))),
        )
        for row in _rows(_read("differences.toml"), "difference")
    )

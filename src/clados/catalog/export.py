"""The catalogue in other forms: CSV, JSON, Parquet, SQLite, and Markdown to read and to print."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from clados.catalog import errata
from clados.catalog.card import Card, CardSize, Erratum, ParentLink, Value
from clados.catalog.load import catalog
from clados.catalog.schema import ATTRIBUTES, ERRATUM_KINDS, SIZE_FIGURES, Type
from clados.errors import InputError
from clados.files import write_text, write_whole
from clados.names import did_you_mean

_CELLS: dict[Type, str] = {"counts": "INTEGER[]", "count": "INTEGER", "names": "TEXT[]"}


def _table(cards: Sequence[Card]) -> list[dict[str, Any]]:
    """One flat row a card: each attribute's value, kind and source; ``None`` is unknown."""
    rows = []
    for card in cards:
        plain = card.as_row()
        row = {name: plain[name] for name in ("id", "name", "survey", "runnable")}
        for name in ATTRIBUTES:
            value = card.values[name]
            row |= {name: plain[name], f"{name}_kind": value.mark, f"{name}_source": value.source or None}
        row |= {f"errata_{kind}": number for kind, number in errata.errata_counts(card.errata).items()}
        rows.append({**row, "assumed": plain["assumed"]})
    return rows


def as_csv(cards: Sequence[Card]) -> str:
    """`table` as CSV; several words of a value are parted by ``; ``."""
    return csv_text(_table(cards))


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV with a header."""
    out = io.StringIO()
    if rows:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(rows[0])
        writer.writerows([cell(value) for value in row.values()] for row in rows)
    return out.getvalue()


def cell(value: Any) -> str:
    """A plain value in one cell."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_json(cards: Sequence[Card]) -> str:
    """Everything of every card."""
    return json.dumps([card.as_dict() for card in cards], indent=1, ensure_ascii=False) + "\n"


def as_markdown(cards: Sequence[Card]) -> str:
    """All cards to read and to print: a table of contents in numbers, then each card."""
    from clados.catalog.markdown import book

    return book(cards)


def to_parquet(cards: Sequence[Card], path: Path) -> None:
    """`table` as Parquet, lists as lists.

    Raises:
        ModuleNotFoundError: without pyarrow.
    """
    import pyarrow
    import pyarrow.parquet

    types = {"TEXT": pyarrow.string(), "INTEGER": pyarrow.int64(), "BOOLEAN": pyarrow.bool_()}
    types |= {f"{name}[]": pyarrow.list_(types[name]) for name in ("TEXT", "INTEGER")}
    schema = pyarrow.schema([(name, types[kind]) for name, kind in _columns(cards).items()])
    columns = pyarrow.Table.from_pylist(_table(cards), schema=schema)

    def write(part: Path) -> None:
        with part.open("wb") as file:
            pyarrow.parquet.write_table(columns, file)

    write_whole(path, write)


def _columns(cards: Sequence[Card]) -> dict[str, str]:
    """The type of each column of `table`."""
    names = _table(cards[:1])[0] if cards else {}
    others = {"runnable": "BOOLEAN", "assumed": "TEXT[]"}
    others |= {f"errata_{kind}": "INTEGER" for kind in ERRATUM_KINDS}
    return {n: others.get(n, _CELLS.get(ATTRIBUTES[n].type, "TEXT") if n in ATTRIBUTES else "TEXT") for n in names}


def to_sqlite(cards: Sequence[Card], path: Path) -> None:
    """Tables ``models`` (as `table`), ``facts``, ``training``, ``sizes``, ``lineage``, ``errata`` and ``assumed``."""
    write_whole(path, lambda partial: _fill(partial, cards))


def _fill(path: Path, cards: Sequence[Card]) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(path)) as base, base:
        for name, rows in _relations(cards).items():
            if not rows:
                continue
            columns = ", ".join(f'"{column}"' for column in rows[0])
            base.execute(f"CREATE TABLE {name} ({columns})")
            marks = ", ".join("?" * len(rows[0]))
            base.executemany(f"INSERT INTO {name} VALUES ({marks})", [[*map(_storable, row.values())] for row in rows])


def _storable(value: Any) -> Any:
    return cell(value) if isinstance(value, list | tuple) else value


def _relations(cards: Sequence[Card]) -> dict[str, list[dict[str, Any]]]:
    return {
        "models": _table(cards),
        "facts": [_fact(card, *named) for card in cards for named in card.values.items()],
        "training": [_fact(card, *named) for card in cards for named in card.training.items()],
        "sizes": [_size(card, size) for card in cards for size in card.sizes],
        "lineage": [_record(card, row) for card in cards for row in card.lineage],
        "errata": [_record(card, row) for card in cards for row in card.errata],
        "assumed": [{"model": card.id, "line": line} for card in cards for line in card.assumed],
    }


def _fact(card: Card, name: str, value: Value) -> dict[str, Any]:
    return {"model": card.id, "attribute": name} | _fields(value) | {"value": value.value if value.known else None}


def _size(card: Card, size: CardSize) -> dict[str, Any]:
    figures = {name: _first(getattr(size, name)) for name in SIZE_FIGURES} | {"shape": json.dumps(dict(size.shape))}
    named = {"size" if name == "name" else name: value for name, value in _fields(size).items()}
    return {"model": card.id} | named | figures


def _record(card: Card, row: ParentLink | Erratum) -> dict[str, Any]:
    named = {"parent" if name == "id" else name: value for name, value in _fields(row).items()}
    return {"model": card.id} | named


def _fields(row: Value | CardSize | ParentLink | Erratum) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


def _first(value: Value | None) -> Any:
    return value.items[0] if value and value.known else None


TEXT_FORMATS: dict[str, Callable[[Sequence[Card]], str]] = {"csv": as_csv, "json": as_json, "markdown": as_markdown}
_FILES: dict[str, tuple[Callable[[Sequence[Card], Path], None], str]] = {
    "parquet": (to_parquet, "catalogue.parquet"),
    "sqlite": (to_sqlite, "catalogue.sqlite"),
}


_SUFFIXES = {".md": "markdown", ".db": "sqlite"}  # of files; other forms are their own


def form_of(path: Path | None) -> str:
    """The form that a file's name asks for; JSON where no file is named."""
    return _SUFFIXES.get(path.suffix, path.suffix.lstrip(".")) if path and path.suffix else "json"


def export(
    path: str | Path | None = None, *, form: str | None = None, cards: Sequence[Card] | None = None
) -> Path | str:
    """The catalogue in another form: the text itself for a text form without a path, else the path that was written.

    Args:
        path: the file to write.
        form: csv, json, markdown, parquet or sqlite; by default what the path's suffix says, else JSON.
        cards: these alone; by default all.

    Raises:
        InputError: when there is no such form.
        OSError: when the file cannot be written; nothing is left half-written.
    """
    path = None if path is None else Path(path)
    cards = [*catalog().values()] if cards is None else cards
    form = _SUFFIXES.get(f".{form}", form) if form else form_of(path)
    if form in _FILES:
        write, usual = _FILES[form]
        write(cards, path or Path(usual))
        return path or Path(usual)
    if form not in TEXT_FORMATS:
        known = [*TEXT_FORMATS, *_FILES]
        raise InputError(f"unknown format '{form}'{did_you_mean(form, known)}; the formats are {', '.join(known)}")
    text = TEXT_FORMATS[form](cards)
    if path is None:
        return text
    write_text(path, text)
    return path

"""What no source says is shown wherever a model is."""

import csv
import io
import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clados.catalog.assumed import assumed_in, concerning
from clados.catalog.card import declaration_of
from clados.catalog.check import check
from clados.catalog.counts import FITTED, ROUNDED, every_count
from clados.catalog.load import catalog
from clados.models.declared import package_models

Run = Callable[..., Any]
CARDS = catalog()
ASSUMING = [name for name in package_models() if CARDS[name].assumed]
LINE = "size: not published; GPT-3's 175B stands here"


def test_the_lines_are_those_of_the_declarations() -> None:
    assert {name: CARDS[name].assumed for name in package_models()} == {
        name: declaration_of(CARDS[name]).assumed for name in package_models()
    }
    assert sum(len(CARDS[name].assumed) for name in package_models()) > 300


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("declaration = Declaration(model=m)", ()),
        ("declaration = parent.but(model=m)", None),
        ('declaration = parent.but(assumed=("a: b",))', ("a: b",)),
        ("declaration = Declaration(assumed=parent.assumed)", None),
        ("declaration = Declaration(**words)", None),
        ("declaration = (", None),
        ("", None),
    ],
)
def test_lines_are_read_where_they_are_literal(tmp_path: Path, text: str, lines: tuple[str, ...] | None) -> None:
    (tmp_path / "x.py").write_text(text)
    assert assumed_in(tmp_path / "x.py") == lines


def test_a_line_of_one_size_concerns_no_other() -> None:
    lines = ("recipes.2.7b: a", "sizes.2.7b.heads: b", "sizes.13b.heads, init: c", "init: d")
    assert concerning(lines, ["2.7b", "13b"], "2.7b") == ("recipes.2.7b: a", "sizes.2.7b.heads: b", *lines[2:])
    assert concerning(lines, ["2.7b", "13b"], "13b") == lines[2:]


@pytest.mark.parametrize(
    "command",
    [["show", "chatgpt"], ["count", "chatgpt"], ["compare", "chatgpt", "gpt"], ["diff", "gpt-3", "chatgpt"],
     ["draw", "chatgpt"], ["export", "--format", "markdown"], ["list", "chatgpt", "--csv"]],
)  # fmt: skip
def test_text_shows_the_lines(clados: Run, command: list[str]) -> None:
    shown = " ".join(clados(*command).out.split())
    assert LINE in shown


@pytest.mark.parametrize(
    "command",
    [["show", "chatgpt"], ["count", "chatgpt"], ["compare", "chatgpt", "gpt"], ["diff", "gpt-3", "chatgpt"],
     ["draw", "chatgpt"], ["list", "chatgpt"]],
)  # fmt: skip
def test_json_has_the_lines(clados: Run, command: list[str]) -> None:
    data = clados(*command, "--json").data
    assert LINE in json.dumps((data[0] if isinstance(data, list) else data)["assumed"])


def test_every_form_of_export_has_every_line(clados: Run, tmp_path: Path) -> None:
    for form in ("csv", "json", "md", "parquet", "db"):
        assert clados("export", "--out", str(tmp_path / f"cards.{form}")).code == 0
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO((tmp_path / "cards.csv").read_text()))}
    cards = {row["id"]: row for row in json.loads((tmp_path / "cards.json").read_text())}
    markdown = (tmp_path / "cards.md").read_text()
    with sqlite3.connect(tmp_path / "cards.db") as base:
        stored = set(base.execute("SELECT model, line FROM assumed"))
    for name in ASSUMING:
        assert rows[name]["assumed"] == "; ".join(CARDS[name].assumed)
        assert cards[name]["assumed"] == [*CARDS[name].assumed]
        assert all(f"- {line}\n" in markdown for line in CARDS[name].assumed)
        assert {(name, line) for line in CARDS[name].assumed} <= stored
    parquet = pytest.importorskip("pyarrow.parquet")
    table = {row["id"]: row["assumed"] for row in parquet.read_table(tmp_path / "cards.parquet").to_pylist()}
    assert all(table[name] == [*CARDS[name].assumed] for name in ASSUMING)


def test_the_plan_of_a_run_shows_what_concerns_its_size(clados: Run) -> None:
    plan = clados("pretrain", "vit", "--dry-run", "--params", "200k", "--json").data
    assert plan["assumed"] == [line for line in CARDS["vit"].assumed if not line.startswith("sizes.")]


def test_an_assumed_shape_is_marked_where_it_is_counted_and_drawn(clados: Run, tmp_path: Path) -> None:
    assert (
        "layers 96 (assumed), d_model 12288 (assumed), heads 96 (assumed), vocab 100277"
        in clados("show", "chatgpt").out
    )
    counted = clados("count", "chatgpt", "--ledger", "none").out
    assert "175,244,070,912 (assumed)" in counted
    assert "(assumed): a part of the shape that is counted is published nowhere" in counted
    assert clados("count", "chatgpt", "--json").data["counts"][0]["assumed"] == [
        "layers",
        "d_model",
        "heads",
        "vocab",
        "context",
    ]
    assert clados("compare", "chatgpt", "gpt", "--json").data["size.layers"]["chatgpt"] == "96 (assumed)"
    clados("draw", "chatgpt", "--svg", str(tmp_path / "chatgpt.svg"))
    drawn = (tmp_path / "chatgpt.svg").read_text()
    assert "chatgpt:unpublished (shape assumed)" in drawn
    assert "not published; GPT-3" in drawn
    assert "assumed" not in clados("count", "bert", "--ledger", "none").out.partition("Assumed")[0]


def test_no_count_of_an_assumed_shape_agrees_with_its_label_but_by_choice() -> None:
    rows = [row for row in every_count(CARDS) if row.assumed]
    assert {row.id for row in rows} >= {"chatgpt", "gpt-3.5", "instructgpt", "wu-dao-2", "lamda"}
    assert [row for row in rows if ROUNDED in row.why] == []
    [row] = [row for row in rows if row.id == "wu-dao-2"]
    assert row.why == FITTED


def test_sizes_that_the_declarations_assume_are_marked_in_the_cards() -> None:
    # a line on the whole size of a model, or on words of a published size, concerns what is counted
    for name in ASSUMING:
        sizes = {size.name: size for size in CARDS[name].sizes}
        for line in CARDS[name].assumed:
            if re.match(r"size: not published|size: a stand-in", line):
                assert all(size.assumed for size in sizes.values() if size.shape), name
            for size in re.findall(r"sizes\.([\w.-]+)\.size\.", line.partition(": ")[0]):
                assert sizes[size].assumed, f"{name}: {line}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('assumed = ["layers", "d_model", "heads", "vocab", "context"]\n', "", "name the fields"),
        ('assumed = ["layers"', 'assumed = ["layer"', "did you mean 'layers'"),
        ('assumed = ["layers", "d_model", "heads", "vocab", "context"]', "assumed = 3", "a list of names"),
    ],
)
def test_the_check_wants_the_assumed_words_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = CARDS["chatgpt"].path.read_text()
    assert old in text
    (tmp_path / "chatgpt.toml").write_text(text.replace(old, new))
    faults = [each for each in check(tmp_path, [CARDS["gpt-3.5"].path]) if each.field == "sizes[0].assumed"]
    assert [message in each.message for each in faults] == [True]

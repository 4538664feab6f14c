"""Tables on terminals of any width: no number is cut, names end in an ellipsis where they are, a pipe gets it all."""

import io
import re
import sys
from typing import Any

import pytest
from hypothesis import given, strategies as st

from clados.tables import NUMBER, Page, TextTable, columns, shortened, wrapped

WIDTHS = (40, 60, 80, 100, 120, 200)
COMMANDS = (
    "list --sort -params",
    "count llama",
    "count t5:small --ledger full",
    "diff gpt-2 t5",
    "show gpt-3",
    "compare bert roberta albert t5",
    "lineage gpt-2 --structure",
    "schema",
    "tree",
    "tree --against-survey",
    "timeline",
    "timeline --y params",
    "draw t5:small",
    "doctor",
)

words = st.one_of(
    st.integers(0, 10**13).map(lambda n: f"{n:,}"),
    st.floats(1e-9, 1e9).map(lambda x: f"{x:.3g}"),
    st.text("abcdefgh悟道-_/.", min_size=1, max_size=30),
)
texts = st.lists(words, max_size=6).map(" ".join)


def numbers(text: str) -> set[str]:
    return set(NUMBER.findall(text))


@given(
    st.lists(st.tuples(texts, texts, texts, st.integers(0, 10**13)), max_size=5), st.integers(20, 200), st.booleans()
)
def test_a_table_of_any_width_holds_every_number(rows: list[Any], width: int, every: bool) -> None:
    cells = [[name, text, other, f"{figure:,}"] for name, text, other, figure in rows]
    heads = ("name", "text", "other", "figure")
    table = TextTable(heads, cells, right=("figure",), wrap=heads[1:] if every else ("text",))
    lines = [line.text for line in table.lines(width)]
    shown = numbers(" ".join(lines))
    assert {row[3] for row in cells} <= shown
    assert numbers(" ".join(row[1] for row in cells)) <= shown
    assert shown <= numbers(" ".join(" ".join(row) for row in cells))
    for line in lines:
        assert columns(line) <= width or any(columns(number) + 20 > width for number in numbers(line))


@given(texts, st.integers(1, 80))
def test_a_text_is_broken_without_loss_and_shortened_with_an_ellipsis(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert numbers(" ".join(lines)) == numbers(text)
    short = shortened(text, width)
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]) and columns(short) <= width)
    assert numbers(short) <= numbers(text)


def test_columns_that_do_not_fit_are_left_out_by_importance() -> None:
    table = TextTable(("id", "name", "size"), [("gpt-2", "GPT-2 of OpenAI", "124,439,808")], keep=("id", "size"))
    assert [line.text for line in table.lines(20)] == ["id     size", "gpt-2  124,439,808"]
    assert [line.text for line in table.lines(5)] == ["id", "gpt-2"]


def test_a_page_shows_itself_in_rich_and_in_notebooks() -> None:
    from rich.console import Console

    page = Page(["Counts", TextTable(("of", "total"), [("all <1>", "6,738,415,616")], right=("total",)), ["a line"]])
    console = Console(width=20, record=True, file=io.StringIO())
    console.print(page)
    assert "6,738,415,616" in console.export_text()
    html = page._repr_html_()
    assert "<td" in html
    assert "all &lt;1&gt;" in html


@pytest.fixture(scope="module")
def piped() -> dict[str, str]:
    return {}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_cuts_a_number_whatever_the_width(
    clados: Any, command: str, width: int, piped: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = piped.setdefault(command, clados(*command.split()).out)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    narrow = re.sub(r"\x1b\[[\d;]*m", "", clados(*command.split()).out)
    assert narrow
    assert numbers(narrow) <= numbers(whole)
    if not command.startswith(("list", "tree", "draw", "timeline")):
        assert {each for each in numbers(whole) if "," in each} <= numbers(narrow)
    assert max(map(columns, narrow.splitlines())) <= width


@pytest.mark.parametrize("width", [40, 100])
def test_the_counts_of_every_model_are_whole(clados: Any, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    totals = {f"{row['total']:,}" for row in clados("count", "--all", "--json").data if row["total"]}
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    assert totals <= numbers(clados("count", "--all").out)


def test_a_pipe_gets_whole_rows(clados: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    for command in ("count llama", "tree", "timeline --y params"):
        told = clados(*command.split()).out
        assert "…" not in told
        assert max(map(len, told.splitlines())) > 80


def test_the_ledger_ends_in_its_total(clados: Any) -> None:
    lines = [line.split() for line in clados("count", "llama:7b").out.splitlines()]
    assert ["total", "6,738,415,616"] in lines

"""The commands of the catalogue: what they print, as text and as JSON, and that Python says the same."""

import csv
import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import clados as package
from clados.catalog.schema import ATTRIBUTES

Run = Callable[..., Any]
SMALL = str(Path(__file__).parents[1] / "catalog" / "data")


def test_list_gives_the_ids_that_python_gives(clados: Run) -> None:
    told = clados(
        "list", "--arch", "encoder-decoder", "--params", "..1B", "--licence", "open", "--since", "2019", "--json"
    )
    asked = package.find(arch="encoder-decoder", params="..1B", licence="open", since="2019")
    assert [row["id"] for row in told.data] == [card.id for card in asked]
    assert "t5" in [card.id for card in asked]


def test_list_has_an_option_for_every_attribute(clados: Run) -> None:
    for attribute in ATTRIBUTES.values():
        for flag in attribute.flags:
            told = clados("list", flag, "unknown", "--json")
            assert told.code == 0, told.err
            assert all(row[attribute.name] is None for row in told.data)


def test_list_prints_a_table_and_counts_on_stderr(clados: Run) -> None:
    told = clados("--cards", SMALL, "list", "branch*")
    head, row = told.out.splitlines()
    assert head.split()[:3] == ["id", "name", "family"]
    assert row.startswith("branch-2  Branch 2  Stem, Twig-2  encoder")
    assert told.err.startswith("1 of ")


def test_options_repeat_and_combine(clados: Run) -> None:
    both = clados("list", "--cards", SMALL, "--lab", "North Lab", "--lab", "!South Lab", "--json")
    assert [row["id"] for row in both.data] == ["branch-2"]
    mine = clados("list", "--family", "Stem", "--sort", "-date", "--limit", "1", "--json")
    assert [row["id"] for row in mine.data] == ["branch-2"]


def test_the_surveys_models_can_be_asked_for_alone(clados: Run) -> None:
    survey = clados("list", "--survey", "--json").data
    assert all(row["survey"] for row in survey)
    assert len(survey) < len(clados("list", "--all", "--json").data)


def test_zero_hits_say_which_filter_left_nothing(clados: Run) -> None:
    told = clados("list", "--cards", SMALL, "--family", "Stem", "--params", "5T..")
    assert (told.code, told.out, told.err) == (0, "", "no models: --params 5T.. leaves none of 2\n")
    assert clados("list", "--params", "5T..", "--json").data == []


def test_csv_reads_back(clados: Run) -> None:
    rows = [*csv.DictReader(io.StringIO(clados("list", "--cards", SMALL, "--name", "stem", "--csv").out))]
    assert [row["params"] for row in rows] == ["65000000; 213000000"]


def test_show_marks_each_value_with_kind_and_source(clados: Run) -> None:
    told = clados("show", "stem", "--cards", SMALL).out
    assert "Stem   stem · survey A.901 · facts only: not declared yet" in told
    assert "byte-pair encoding" in told
    assert "reported, recalled" in told
    assert "63,045,632" in told
    assert "Descendants\n  branch-2" in told
    branch = clados("show", "Branch 2").out
    assert (
        "Where the survey is wrong (1)\n  lab: the survey has “South Lab”; North Lab  [arXiv:1901.00001 title page]"
        in branch
    )
    assert "Said more exactly (1)\n  date: the survey has “2018”; 2019  [not yet checked]" in branch


def test_show_json_is_the_card(clados: Run) -> None:
    data = clados("show", "bert", "--json").data
    card = package.card("bert")
    assert {key: data[key] for key in card.as_dict()} == card.as_dict()


def test_show_says_where_a_model_is_described_and_what_its_training_took(clados: Run) -> None:
    shown = clados("show", "gopher").out
    assert "\nDescribed in\n  Jack W Rae, Sebastian Borgeaud, Trevor Cai et al. (2021). Scaling Language" in shown
    assert "\nTokens seen in training, and floating-point operations\n" in shown
    rows = [line.split() for line in shown.splitlines()]
    assert any(row[:3] == ["7.1b", "300,000,000,000", "reported"] and "1.28e+22" in row for row in rows)
    assert any(row[:3] == ["280b", "300,000,000,000", "reported"] and "6.31e+23" in row for row in rows)


def test_show_says_the_structure_of_a_declared_model(clados: Run) -> None:
    assert "\n  positions     rotary\n" in clados("show", "llama").out
    assert clados("show", "llama:7b", "--json").data["structure"]["kv_cache"] == 2 * 80 * 8192 * 2
    assert "; assumed: layers, d_model, heads, vocab, context\n" in clados("show", "chatgpt").out
    assert clados("show", "branch-2", "--cards", SMALL, "--json").data["structure"] is None


def test_compare_puts_cards_side_by_side(clados: Run) -> None:
    data = clados("compare", "stem", "leaf", "--cards", SMALL, "--json").data
    assert data["architecture"] == {"stem": "encoder-decoder", "leaf": "decoder"}
    told = clados("compare", "branch-2", "leaf", "--diff").out
    assert "tokenizer" not in told
    assert "encoder" in told


def test_lineage_tells_what_changed_on_each_edge(clados: Run) -> None:
    data = clados("lineage", "leaf", "--cards", SMALL, "--json").data
    assert [(edge["parent"], edge["kind"], edge["depth"]) for edge in data["ancestors"]] == [
        ("branch-2", "weights", 1),
        ("stem", "architecture", 2),
    ]
    told = clados("lineage", "branch-2").out
    assert "branch-2 from stem (architecture): no decoder" in told
    assert "leaf from branch-2 (weights): tuned on dialogue" in told


def test_schema_explains_every_attribute(clados: Run) -> None:
    told = clados("schema").out
    assert all(f"\n{name} " in told for name in ATTRIBUTES)
    assert clados("schema", "--json").data["$schema"].endswith("2020-12/schema")


def test_export_writes_to_the_output_or_to_a_file(clados: Run, tmp_path: Path) -> None:
    assert clados("export", "--format", "csv").out.startswith("id,name,survey")
    told = clados("export", "--format", "markdown", "--out", str(tmp_path / "book.md"))
    assert told.out == ""
    assert (tmp_path / "book.md").read_text().startswith("# The catalogue: ")


def test_export_writes_what_the_file_is_named(clados: Run, tmp_path: Path) -> None:
    for name, start in (("a.csv", "id,name,survey"), ("a.md", "# The catalogue: "), ("a.json", "[")):
        clados("export", "--out", str(tmp_path / name))
        assert (tmp_path / name).read_text().startswith(start)
    told = clados("export", "--out", str(tmp_path / "a.doc"))
    assert (told.code, "unknown format 'doc'" in told.err) == (2, True)


def test_check_names_line_and_field_and_fails(clados: Run, tmp_path: Path) -> None:
    assert clados("check", SMALL).code == 0
    text = (Path(SMALL) / "stem.toml").read_text().replace(', source = "survey A.901" }', " }", 1)
    (tmp_path / "stem.toml").write_text(text)
    told = clados("check", str(tmp_path))
    assert told.code == 2
    assert f"{tmp_path}/stem.toml:5: family.source: source is missing\n" in told.out
    (problem, *_) = clados("check", str(tmp_path / "stem.toml"), "--json").data
    assert (problem["line"], problem["field"]) == (5, "family.source")


def test_check_takes_a_models_name(clados: Run) -> None:
    assert clados("check", "stem", "--cards", SMALL).err == "1 card, no faults\n"


def test_a_new_model_joins_in_and_says_what_is_to_be_filled_in(clados: Run, tmp_path: Path) -> None:
    told = clados("new", "my-model", "--like", "bert", "--dir", str(tmp_path))
    assert told.code == 0
    assert str(tmp_path / "my_model.toml") in told.out
    assert [row["id"] for row in clados("list", "my-*", "--cards", str(tmp_path), "--json").data] == ["my-model"]
    assert "lineage[0].source: source is missing" in clados("check", "my-model").out
    assert "my-model" in [edge["child"] for edge in clados("lineage", "bert", "--json").data["descendants"]]
    assert clados("new", "my-model", "--like", "bert", "--dir", str(tmp_path)).code == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("place = Rotry()", "NameError: name 'Rotry' is not defined; did you mean 'Rotary'?"),
        ("import nosuch", "ModuleNotFoundError: No module named 'nosuch'"),
        ("place = (", "'(' was never closed"),
    ],
)
def test_a_declaration_that_python_cannot_read_is_named_with_its_line(
    clados: Run, tmp_path: Path, line: str, message: str
) -> None:
    clados("new", "my-model", "--like", "bert", "--dir", str(tmp_path))
    file = tmp_path / "my_model.py"
    file.write_text(f"{file.read_text()}\n{line}\n")
    number = len(file.read_text().splitlines())
    told = clados("count", "my-model", "--cards", str(tmp_path))
    assert told.code == 2
    assert told.err == f"clados: {file}:{number}: {message}\n"


def test_a_declaration_is_named_as_its_folder_was(clados: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    clados("new", "my-model", "--like", "bert", "--dir", "cards")
    file = Path("cards/my_model.py")
    number = len(file.read_text().splitlines()) + 1
    for line, told in (("1 / 0", f"{number}: ZeroDivisionError"), ("(", f"{number}: '(' was never"), ("\0", "1: ")):
        before = file.read_text()
        file.write_text(before + line)
        assert clados("count", "my-model", "--cards", "cards").err.startswith(f"clados: {file}:{told}")
        file.write_text(before)


def test_a_size_can_be_named_and_a_limit_says_how_many_match(clados: Run) -> None:
    assert clados("show", "bert:large", "--json").data["id"] == "bert"
    assert "2 of 9 that match" in clados("list", "gpt*", "--limit", "2").err
    assert clados("list", "--limit", "2").err.startswith("2 of 97 models")


def test_doctor_reports_what_is_installed(clados: Run) -> None:
    data = clados("doctor", "--json").data
    assert data["clados"] == package.__version__
    assert data["cards"] == len(package.cards())
    assert f"{data['python']}\n" in clados("doctor").out


def test_doctor_says_which_card_is_broken(clados: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("id = =")
    told = clados("doctor", "--cards", str(tmp_path))
    assert told.code == 0
    assert f"{tmp_path}/broken.toml" in told.out
    assert clados("list").code == 2


ESCAPE = "\x1b]0;mine\x07\x9b31m"
BARE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize(
    "argv",
    [
        ("show", "my-model"),
        ("show", "my-model", "--json"),
        ("list", "my-*"),
        ("list", "my-*", "--json"),
        ("compare", "my-model", "bert"),
        ("lineage", "my-model"),
        ("check", "my-model"),
        ("show", f"no{ESCAPE}"),
        ("check", f"no{ESCAPE}.toml"),
        ("export", "--out", f"{ESCAPE}/x.nosuch"),
        ("timeline", "--all"),
        ("tree", "--all"),
        ("export", "--format", "json"),
    ],
)
def test_a_terminals_escapes_are_shown_as_text(
    clados: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], terminal: bool
) -> None:
    """As in a card that somebody else wrote, or a name of a file."""
    monkeypatch.setenv("NO_COLOR", "1")
    clados("new", "my-model", "--like", "bert", "--dir", str(tmp_path))
    file = tmp_path / "my_model.toml"
    written = file.read_text().replace('name = "my-model"', r'name = "my\u001b]0;mine\u0007\u009b31m model"')
    file.write_text(written.replace('change = ""', r'change = "\u001b[2J"'))
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    told = clados(*argv, "--cards", str(tmp_path))
    assert not BARE.search(re.sub(r"\x1b\[[\d;]*m", "", told.out + told.err))  # our own are colours alone
    if not terminal and "my-model" in argv and argv[0] in ("show", "compare"):
        assert r"my\x1b]0;mine\x07\x9b31m model" in told.out.replace("\\\\", "\\")


def test_a_list_imports_no_declaration() -> None:
    code = "import sys; from clados.cli.frame import run_command_line as run; run(['list']); "
    code += "print([m for m in sys.modules if m == 'clados.spec'])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "[]"

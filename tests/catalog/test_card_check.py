"""The check of cards: every kind of fault is found, with its line and field; sound cards have none."""

import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from clados.catalog import schema
from clados.catalog.card import CardError
from clados.catalog.check import check
from clados.catalog.lines import field_lines, line_of
from clados.catalog.load import every_file

FAULTS = [
    ("stem", 'source = "survey A.901" }\narch', "}\narch", "family.source", "source is missing"),
    ("stem", 'kind = "derived"', 'kind = "derivd"', "open.kind", "did you mean 'derived'"),
    ("stem", ', kind = "derived"', "", "open.kind", "kind is missing"),
    ("stem", "lab = {", "labb = {", "labb", "did you mean 'lab'"),
    ("stem", "lab = {", "labb = {", "lab", "missing; write the value"),
    ("stem", 'survey = "A.901"', 'survey = "A.901"\nnoteworthy = true', "noteworthy", "unknown attribute"),
    ("stem", '"2017-06-12"', '"2017-13-12"', "date", "'2017-13-12' is no date"),
    ("stem", '"2017-06-12"', '"June 2017"', "date", "write YYYY-MM"),
    ("stem", '"A.901"', '"61"', "survey", "no section"),
    ("stem", 'id = "stem"', 'id = "Stem"', "id", "lower-case"),
    ("stem", 'id = "stem"', 'id = "trunk"', "id", "trunk.toml"),
    ("stem", "[65000000, 213000000]", "[213000000, 65000000]", "params", "smallest first"),
    ("stem", "[65000000, 213000000]", '"65M"', "params", "whole numbers"),
    ("stem", '"https://example.org/stem", kind', '"example", kind', "link", "no address"),
    ("stem", 'value = "open"', 'value = "opn"', "open", "did you mean 'open'"),
    ("stem", "value = 37000", 'value = ""', "vocab.value", "empty"),
    ("stem", "value = 37000", 'value = "unknown"', "vocab.value", "must both be 'unknown'"),
    ("stem", "recalled = true", "recaled = true", "tokenizer.recaled", "did you mean 'recalled'"),
    ("stem", "headline = true\n", "", "sizes", "no size is the headline"),
    ("stem", 'name = "big"', 'name = "big"\nheadline = true', "sizes[1].headline", "'base' is one already"),
    ("stem", 'aliases = ["large"]', 'aliases = ["base"]', "sizes[1].name", "another size"),
    ("stem", 'name = "big"', 'name = "Big"', "sizes[1].name", "lower case"),
    ("stem", 'exact_basis = "model"\n', "", "sizes[0].exact_basis", "missing"),
    ("stem", 'exact_basis = "model"', 'exact_basis = "modell"', "sizes[0].exact_basis", "did you mean 'model'"),
    ("stem", "headline = true", 'headline = "yes"', "sizes[0].headline", "not true or false"),
    ("stem", "value = 100000, ", "", "training.steps.value", "empty"),
    ("stem", '"North Lab"', '"Facebook AI"', "lab", "'Facebook AI' is called 'Meta'"),
    ("stem", "the published shape", "arXiv:1701.00001", "sizes[0].exact.source", "say what was computed"),
    ("stem", '"survey A.901" }\narch', '"github:north README" }\narch', "family.source", "github:OWNER/NAME@COMMIT"),
    ("branch_2", 'date = { value = "2019', 'date = { value = "2011', "lineage[0].parent", "which is later"),
    ("leaf", ', note = "anonymous"', "", "lab.note", "says why"),
    ("leaf", 'parent = "branch-2"', 'parent = "branch-3"', "lineage[0].parent", "did you mean 'branch-2'"),
    ("leaf", 'kind = "weights"', 'kind = "wieghts"', "lineage[0].kind", "did you mean 'weights'"),
    ("leaf", "change =", "chang =", "lineage[0].chang", "did you mean 'change'"),
    ("branch_2", 'attribute = "lab"', 'attribute = "labs"', "erratum[0].attribute", "did you mean 'lab'"),
    ("branch_2", "checked = false", "", "erratum[1].source", "checked = false"),
]


def test_sound_cards_have_no_fault(folder: Path) -> None:
    assert check(folder) == []


def test_the_cards_of_the_package_have_no_fault() -> None:
    assert [str(problem) for problem in check(context=every_file([]))] == []


@pytest.mark.parametrize(("stem", "old", "new", "field", "message"), FAULTS)
def test_a_fault_is_named_with_its_field_and_line(
    folder: Path, stem: str, old: str, new: str, field: str, message: str
) -> None:
    path = folder / f"{stem}.toml"
    text = path.read_text().replace(old, new, 1)
    path.write_text(text)
    found = [problem for problem in check(folder) if problem.field == field]
    assert len(found) == 1, [str(problem) for problem in check(folder)]
    assert message in found[0].message
    word = field.replace("]", "").replace("[", ".").split(".")
    written = text.splitlines()[found[0].line - 1]
    assert any(part in written for part in word) or found[0].line == 1
    assert str(found[0]).startswith(f"{path}:{found[0].line}: {field}: ")


def test_a_syntax_error_is_a_fault_with_its_line(folder: Path) -> None:
    (folder / "leaf.toml").write_text('id = "leaf"\nname = "Leaf\n')
    (problem, *_) = [each for each in check(folder) if each.field == "TOML"]
    assert problem.line == 2


def test_a_cycle_is_found_on_every_card_of_it(folder: Path) -> None:
    path = folder / "stem.toml"
    edge = '\n[[lineage]]\nparent = "leaf"\nkind = "weights"\nchange = "turned round"\nsource = "none"\n'
    path.write_text(path.read_text() + edge)
    circular = [problem for problem in check(folder) if "descends from" in problem.message]
    assert {problem.path.stem for problem in circular} == {"stem", "branch_2", "leaf"}


def test_ids_and_sections_are_unique(folder: Path) -> None:
    twin = folder / "twin"
    twin.mkdir()
    (twin / "stem.toml").write_text((folder / "stem.toml").read_text())
    messages = [problem.message for problem in check(folder)]
    assert sum("is the id of" in message for message in messages) == 2
    assert sum("is the section of" in message for message in messages) == 2


def test_parents_are_looked_up_beside_the_folder_too(folder: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    (folder / "leaf.toml").rename(alone / "leaf.toml")
    assert [problem.field for problem in check(alone)] == ["lineage[0].parent"]
    assert check(alone / "leaf.toml", context=[folder / "stem.toml", folder / "branch_2.toml"]) == []


def test_nothing_to_check_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="no such file or folder"):
        check(tmp_path / "nowhere")
    with pytest.raises(CardError, match="no cards"):
        check(tmp_path)


@given(
    st.lists(st.sampled_from(["[[sizes]]", "name = 1", "[training]", "# name = 2", "", 'a = """', '"""']), max_size=20)
)
def test_lines_are_those_of_the_text(written: list[str]) -> None:
    text = "\n".join(written)
    for key, line in field_lines(text).items():
        last = key[-1] if isinstance(key[-1], str) else key[0]
        assert str(last) in text.splitlines()[line - 1]


def test_a_field_that_is_not_written_stands_where_its_table_stands() -> None:
    places = field_lines('id = "x"\n\n[[sizes]]\nname = "a"\n\n[[sizes]]\nname = "b"\n')
    assert line_of(places, ("sizes", 1, "name")) == 7
    assert line_of(places, ("sizes", 1, "label", "kind")) == 6
    assert line_of(places, ("lineage",)) == 1


def test_the_json_schema_names_every_attribute() -> None:
    told = json.loads(json.dumps(schema.json_schema()))
    assert set(schema.ATTRIBUTES) <= set(told["properties"])
    assert told["properties"]["open"]["properties"]["value"]["anyOf"][0]["enum"] == ["open", "limited", "closed"]
    assert "vocab" not in told["required"]

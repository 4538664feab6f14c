"""Lineage, comparison, exports and the start of a new card."""

import csv
import io
import json
import sqlite3
from pathlib import Path

import pytest

from clados.catalog.card import CardError, NoModelError, children
from clados.catalog.check import check, stem
from clados.catalog.compare import compare
from clados.catalog.export import export
from clados.catalog.lineage import ancestors, descendants, structure_of
from clados.catalog.load import Catalog, card_files, read_card
from clados.catalog.new import new
from clados.errors import InputError
from clados.files import write_whole


def test_lineage_goes_up_and_down_with_its_depth(small: Catalog) -> None:
    up = [(edge.child, edge.parent, edge.kind, edge.depth) for edge in ancestors(small, "Leaf")]
    assert up == [("leaf", "branch-2", "weights", 1), ("branch-2", "stem", "architecture", 2)]
    down = [(edge.child, edge.depth) for edge in descendants(small, "stem")]
    assert down == [("branch-2", 1), ("leaf", 2)]
    assert ancestors(small, "stem") == []
    assert [card.id for card in children(small, "stem")] == ["branch-2"]
    with pytest.raises(NoModelError):
        ancestors(small, "root")


def test_a_cycle_does_not_keep_lineage_going(folder: Path) -> None:
    path = folder / "stem.toml"
    path.write_text(path.read_text() + '\n[[lineage]]\nparent = "leaf"\nkind = "weights"\n')
    cards = Catalog(read_card(each) for each in card_files(folder))
    assert [edge.parent for edge in ancestors(cards, "leaf")] == ["branch-2", "stem", "leaf"]


def test_undeclared_models_have_no_structure_to_compare(small: Catalog) -> None:
    assert structure_of(small, ancestors(small, "branch-2")[0]) == []


def test_comparison_has_a_column_each_and_can_leave_out_what_is_alike(small: Catalog) -> None:
    rows = compare(small["branch-2"], small["leaf"]).rows
    assert rows["architecture"] == ("encoder", "decoder")
    assert rows["params"] == ("110M, 6.7B", "unknown")
    assert rows["size.layers"] == ("12", "-")
    assert rows["tokenizer"] == ("WordPiece", "WordPiece")
    assert "tokenizer" not in compare(small["branch-2"], small["leaf"], differing=True).rows
    assert compare(small["stem"], small["stem"], differing=True).rows == {}


def test_csv_has_a_row_a_card_with_kinds_and_sources(small: Catalog) -> None:
    rows = [*csv.DictReader(io.StringIO(str(export(form="csv", cards=[*small.values()]))))]
    assert [row["id"] for row in rows] == ["branch-2", "leaf", "stem"]
    assert rows[2]["params"] == "65000000; 213000000"
    assert (rows[1]["params"], rows[1]["params_kind"]) == ("", "unknown")
    assert rows[2]["tokenizer_kind"] == "reported, recalled"


def test_json_has_everything(small: Catalog) -> None:
    assert json.loads(str(export(form="json", cards=[*small.values()]))) == [card.as_dict() for card in small.values()]


def test_markdown_has_a_section_a_card_and_every_erratum(small: Catalog) -> None:
    text = str(export(form="markdown", cards=[*small.values()]))
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == ["Branch 2", "Leaf", "Stem"]
    assert "> Erratum (refined), date: the survey has “2018”; 2019  [not yet checked]" in text
    assert "| base | 65M | 63,045,632 | layers 6, d_model 512, heads 8 |" in text


def test_parquet_keeps_lists_and_nulls(small: Catalog, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    path = export(tmp_path / "cards.parquet", form="parquet", cards=[*small.values()])
    rows = parquet.read_table(path).to_pylist()
    assert [row["params"] for row in rows] == [[110_000_000, 6_700_000_000], None, [65_000_000, 213_000_000]]
    assert [row["vocab"] for row in rows] == [30_522, None, 37_000]


def test_sqlite_answers_questions(small: Catalog, tmp_path: Path) -> None:
    path = export(tmp_path / "cards.sqlite", form="sqlite", cards=[*small.values()])
    base = sqlite3.connect(path)
    try:
        asked = "SELECT model FROM facts WHERE attribute = 'vocab' AND value > 31000"
        assert base.execute(asked).fetchall() == [("stem",)]
        assert base.execute("SELECT model, parent FROM lineage ORDER BY model").fetchall() == [
            ("branch-2", "stem"),
            ("leaf", "branch-2"),
        ]
        assert base.execute("SELECT label, exact FROM sizes WHERE size = 'base' AND model = 'stem'").fetchone() == (
            65_000_000,
            63_045_632,
        )
    finally:
        base.close()


def test_an_unknown_format_is_answered_with_the_nearest(small: Catalog) -> None:
    with pytest.raises(InputError, match="did you mean 'parquet'"):
        export(form="parket", cards=[*small.values()])


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "cards.csv"
    path.write_text("old")

    def fail(partial: Path) -> None:
        partial.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_whole(path, fail)
    assert [each.name for each in tmp_path.iterdir()] == ["cards.csv"]
    assert path.read_text() == "old"


def test_a_new_card_inherits_what_is_inherited_and_asks_for_the_rest(small: Catalog, folder: Path) -> None:
    (path,) = new("twig-1.5", "branch-2", small, folder)
    assert path.name == "twig_1_5.toml"
    card = read_card(path)
    assert card.family.value == ("Stem", "Twig-2")
    assert card.lineage[0].id == "branch-2"
    faults = check(path, context=card_files(folder))
    assert {fault.field for fault in faults} >= {"date.note", "params.note", "lineage[0].source", "lineage[0].change"}


def test_a_child_of_a_declared_model_gets_a_declaration_that_works(folder: Path) -> None:
    from clados.catalog.card import declaration_of
    from clados.catalog.load import catalog

    cards = catalog([])
    new("my-bert", "bert", cards, folder)
    parent, child = declaration_of(cards["bert"]), declaration_of(read_card(folder / "my_bert.toml"))
    assert child.model == parent.model
    new("grandchild", "my-bert", catalog([folder]), folder / "below")
    assert declaration_of(read_card(folder / "below" / "grandchild.toml")).model == parent.model


def test_a_child_starts_from_the_size_at_which_its_parent_is_declared(tmp_path: Path) -> None:
    from clados.catalog.card import declaration_of
    from clados.catalog.load import catalog

    cards = catalog([])
    for parent in (each for each in cards.values() if each.runnable):
        new(f"{parent.id}.child", parent.id, cards, tmp_path)
        child = read_card(tmp_path / f"{stem(f'{parent.id}.child')}.toml")
        made, theirs = declaration_of(child), declaration_of(parent)
        assert made.model == theirs.model
        assert [each.name for each in child.sizes] == [*made.sizes]
        assert theirs.at(made.own_size) == made.model


@pytest.mark.parametrize("name", ["Twig", "2twig", "a b", "../twig", ""])
def test_an_id_must_be_one(small: Catalog, folder: Path, name: str) -> None:
    with pytest.raises(CardError, match="is no id"):
        new(name, "stem", small, folder)


def test_a_new_card_overwrites_nothing(small: Catalog, folder: Path) -> None:
    with pytest.raises(CardError, match="already in the catalogue"):
        new("leaf", "stem", small, folder)
    (folder / "twig.py").write_text("mine")
    (folder / "branch_2.py").touch()
    with pytest.raises(CardError, match="nothing was written"):
        new("twig", "branch-2", Catalog(read_card(path) for path in card_files(folder)), folder)
    assert not (folder / "twig.toml").exists()
    assert (folder / "twig.py").read_text() == "mine"

"""Reading cards: typed records, names, what is absent or unknown, and the user's own folders."""

import subprocess
import sys
from pathlib import Path

import pytest

import clados
from clados.catalog.card import CardError, NoModelError, card_from
from clados.catalog.load import Catalog, card_files, catalog, read_card
from clados.names import CARDS_PATH
from clados.tables import Page


def test_attributes_are_values_with_kind_and_source(small: Catalog) -> None:
    stem = small["stem"]
    assert stem.params.value == (65_000_000, 213_000_000)
    assert (stem.params.kind, stem.params.source) == ("reported", "arXiv:1701.00001 table 3")
    assert stem.tokenizer.recalled
    assert stem.tokenizer.mark == "reported, recalled"
    assert not small["leaf"].lab.known
    with pytest.raises(AttributeError, match="no 'parms'"):
        _ = stem.parms


def test_tables_are_records(small: Catalog) -> None:
    stem, branch = small["stem"], small["branch-2"]
    assert [size.name for size in stem.sizes] == ["base", "big"]
    assert stem.headline_size is stem.sizes[0]
    assert stem.sizes[0].exact is not None
    assert stem.sizes[0].exact.value == 63_045_632
    assert stem.sizes[1].aliases == ("large",)
    assert stem.training["steps"].value == 100_000
    assert stem.headlines[0].value == "28.4 BLEU"
    assert [(each.id, each.kind) for each in branch.lineage] == [("stem", "architecture")]
    assert [each.checked for each in branch.errata] == [True, False]


@pytest.mark.parametrize("name", ["branch-2", "Branch 2", "BRANCH-2", "branch_2"])
def test_a_model_is_found_by_id_and_by_name_in_any_spelling(small: Catalog, name: str) -> None:
    assert small[name].id == "branch-2"
    assert name in small


def test_a_misspelt_model_is_answered_with_the_nearest(small: Catalog) -> None:
    with pytest.raises(NoModelError, match="unknown model 'leef'; did you mean 'leaf'"):
        _ = small["leef"]


def test_an_absent_attribute_reads_as_unknown(small: Catalog) -> None:
    assert small["leaf"].vocab.kind == "unknown"
    assert "absent" in small["leaf"].vocab.note


def test_a_line_in_brackets_inside_a_value_is_not_taken_for_a_table() -> None:
    note = 'lab = { value = "unknown", kind = "unknown", note = """a\n[b]\n""" }'
    text = f'id = "x"\nname = "X"\n{note}\nvocab = {{ value = 1, kind = "derived", source = "s" }}\n'
    card = card_from(text, Path("x.toml"), lambda card: Page([card.id]))
    assert card.vocab.value == 1
    assert "[b]" in card.lab.note


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("id = =", "line 1"), ('id = "x"', "name: missing"), ('id = "x"\nname = "X"\nlab = 3', ":3: lab: is not a value")],
)
def test_an_unreadable_card_is_refused_with_its_path(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(CardError, match=complaint) as refusal:
        read_card(path)
    assert str(path) in str(refusal.value)


def test_a_changed_card_is_read_anew(folder: Path) -> None:
    path = folder / "leaf.toml"
    before = read_card(path)
    assert read_card(path) is before
    path.write_text(path.read_text().replace('name = "Leaf"', 'name = "Another leaf"'))
    assert read_card(path).name == "Another leaf"


def test_the_users_folder_joins_in_and_no_id_is_taken_twice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CARDS_PATH, str(folder))
    assert "leaf" in catalog()
    assert clados.card("Leaf").path.parent == folder
    assert len(catalog()) == len(catalog([])) + 3
    (folder / "below").mkdir()
    (folder / "below" / "leaf.toml").write_text((folder / "leaf.toml").read_text())
    with pytest.raises(CardError, match="id 'leaf' is taken by"):
        catalog()
    monkeypatch.setenv(CARDS_PATH, str(folder / "nowhere"))
    with pytest.raises(CardError, match="no folder of cards at"):
        catalog()


def test_a_model_is_runnable_when_a_declaration_lies_beside_its_card(folder: Path) -> None:
    (folder / "leaf.py").touch()
    cards = Catalog(read_card(path) for path in card_files(folder))
    assert [card.id for card in cards.values() if card.runnable] == ["leaf"]


def test_a_model_without_a_declaration_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CARDS_PATH, str(folder))
    with pytest.raises(CardError, match=r"'leaf' is not declared: there is no leaf\.py"):
        clados.declaration("leaf")


def test_plain_data_keeps_kind_source_and_notes(small: Catalog) -> None:
    data = small["leaf"].as_dict()
    assert data["params"] == {"value": "unknown", "kind": "unknown", "note": "never published"}
    assert data["lineage"][0]["change"] == "tuned on dialogue"
    assert small["leaf"].as_row()["params"] is None
    assert small["stem"].as_row()["lab"] == ["North Lab", "South Lab"]


def test_the_package_offers_its_names_lazily() -> None:
    code = (
        "import sys, clados; early = 'clados.catalog' in sys.modules;"
        "clados.cards(); print(early, 'torch' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "False"]
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = clados.nothing  # type: ignore[attr-defined]
    assert {"card", "cards", "find", "declaration"} <= set(dir(clados))

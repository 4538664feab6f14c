"""Damaged cards: whatever stands in a card's file, it is refused in one line that names file, line and field."""

import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clados.catalog.card import CardError
from clados.catalog.check import check
from clados.catalog.export import TEXT_FORMATS
from clados.catalog.lineage import descent_edges
from clados.catalog.load import Catalog, card_files, read_card
from clados.catalog.query import filter_cards, ordered
from clados.catalog.schema import ATTRIBUTES
from clados.drawing.records import of_cards
from clados.names import CARDS_PATH

Run = Callable[..., Any]
SMALL = Path(__file__).parents[1] / "catalog" / "data"
ODD = (
    "3", "-1", "1.5", "nan", "true", '"x"', '""', "[]", "[1]", '["a", 1]', "[[]]", "{}", "{ a = 1 }", "1979-05-27",
    "9223372036854775808", "1" + "0" * 400, '"\\u0000"', "{ value = 1 }", '{ value = "unknown", kind = "unknown" }',
    '{ value = "x", kind = 3 }', '{ value = [[1]], kind = "reported", source = "s" }',
    '{ value = -5, kind = "reported", source = "s" }', '{ value = "2020-13", kind = "reported", source = "s" }',
    '{ value = 1, kind = "computed", source = [], note = 5, recalled = "no" }',
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of three sound cards."""
    return Path(shutil.copytree(SMALL, tmp_path / "cards"))


def spoilt(text: str, draw: random.Random) -> str:
    """The text of a card with something wrong: a value or a line of another type, a key too many, an end too early."""
    lines = text.splitlines()
    fields = [i for i, line in enumerate(lines) if re.match(r"[\w]+ = ", line)]
    place = draw.choice(fields)
    name = lines[place].partition(" = ")[0]
    match draw.randrange(6):
        case 0 | 1:
            lines[place] = f"{name} = {draw.choice(ODD)}"
        case 2:
            inner = re.compile(r'(value|kind|source|note) = ("[^"]*"|\[[^\]]*\]|\d+)')
            lines[place] = inner.sub(lambda found: f"{found[1]} = {draw.choice(ODD)}", lines[place], count=1)
        case 3:
            lines.insert(0, draw.choice(("sizes = 3", "training = [1]", "lineage = [{}]", "erratum = [1]", "a.b = 1")))
        case 4:
            tables = [i for i, line in enumerate(lines) if line.startswith("[")]
            lines[draw.choice(tables)] = draw.choice(("[sizes]", "[[training]]", "[[params]]", "[", "[[id]]"))
        case _:
            return text[: draw.randrange(len(text))]
    return "\n".join(lines)


def everything(path: Path) -> Iterator[Any]:
    """What the commands of the catalogue ask of a card."""
    cards = Catalog([read_card(path)])
    yield [card.as_dict() for card in cards.values()]
    yield [write([*cards.values()]) for write in TEXT_FORMATS.values()]
    yield [ordered(cards.values(), name) for name in (*ATTRIBUTES, "survey")]
    yield filter_cards(cards.values(), text="a", since="2018", params="1M..", kind="reported")
    yield of_cards(cards.values())
    yield descent_edges(cards)


@pytest.mark.parametrize("seed", range(8))
def test_a_spoilt_card_works_or_is_refused_with_file_line_and_field(folder: Path, seed: int) -> None:
    draw = random.Random(seed)
    texts = {path: path.read_text() for path in card_files(folder)}
    for _ in range(40):
        path = draw.choice([*texts])
        path.write_text(spoilt(texts[path], draw))
        refused = ""
        try:
            assert all(each is not None for each in everything(path))
        except CardError as error:
            refused = str(error)
        if refused:
            assert re.match(rf"{re.escape(str(path))}:\d+: [^:\n]+: .+\Z", refused), refused
            assert refused in [str(each) for each in check(path, texts)]
        assert all("\n" not in str(each) and each.line > 0 for each in check(folder))
        path.write_text(texts[path])


@pytest.mark.parametrize(
    ("text", "message"),  # a card's text after its id
    [
        ('name = 3\n', "leaf.toml:2: name: 3 is not a name"),
        ('name = "x"\nsurvey = [1]\n', "leaf.toml:3: survey: [1] is no section"),
        ('lab = ' + "[" * 3000 + "]" * 3000, "leaf.toml:1: TOML: its lists or tables are nested"),
        ("x = " + "9" * 5000, "leaf.toml:"),
        ('name = "x"\ndate = { value = "2019-02-30", kind = "reported", source = "s" }\n', "3: date: '2019"),
        ('name = "x"\n[[sizes]]\nname = "a"\nlabel = { value = 1e3, kind = "reported" }\n', ":5: sizes[0].label"),
        ('name = "x"\n[[lineage]]\nparent = ["a"]\nkind = "weights"\n', ":4: lineage[0].parent"),
        ('name = "x"\n[training]\nsteps = 4\n', ":4: training.steps: is not a value"),
    ],
)  # fmt: skip
def test_the_first_fault_of_form_is_named(folder: Path, text: str, message: str) -> None:
    path = folder / "leaf.toml"
    path.write_text(f'id = "leaf"\n{text}')
    with pytest.raises(CardError, match=re.escape(message)):
        read_card(path)
    assert any(message in str(each) for each in check(folder))


def test_a_file_that_is_no_utf_8_is_named(folder: Path, clados: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "leaf.toml").write_bytes(b'id = "leaf"\nname = "\xff"\n')
    assert [each.field for each in check(folder) if each.path.stem == "leaf"] == ["TOML"]
    monkeypatch.setenv(CARDS_PATH, str(folder))
    shown = clados("list")
    assert (shown.code, shown.out, shown.err.count("\n")) == (2, "", 1)
    assert "leaf.toml:2: TOML: 'utf-8' codec" in shown.err


def test_odd_entries_of_a_folder_keep_nobody_waiting(
    folder: Path, clados: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CARDS_PATH, str(folder))
    (folder / "folder.toml").mkdir()
    os.mkfifo(folder / "pipe.toml")
    (folder / "again").symlink_to(folder)
    assert clados("list", "leaf").code == 2  # the folder is found twice, by its link
    (folder / "again").unlink()
    assert clados("list", "leaf").code == 0
    (folder / "gone.toml").symlink_to(folder / "nowhere")
    shown = clados("list")
    assert (shown.code, "gone.toml" in shown.err, shown.err.count("\n")) == (2, True, 1)
    assert [each.message for each in check(folder)] == ["No such file or directory"]


def test_a_name_that_is_no_utf_8_is_shown_all_the_same(folder: Path, clados: Run) -> None:
    name = os.fsdecode(b"odd-\xff.toml")
    (folder / name).write_text('id = "odd"\nname = 3\n')
    shown = clados("check", str(folder))
    assert shown.code == 2
    assert "name: 3 is not a name" in shown.out.encode(errors="replace").decode()

"""The user's own data, good and bad."""

import gzip
import io
import json
import os
import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from clados.data import (
    AskedText,
    Captioned,
    ClassifiedText,
    ComparedTexts,
    DataError,
    Dialogue,
    Episode,
    Labelled,
    Pair,
    TaggedWords,
    Text,
    read,
    read_as,
    split,
)
from clados.data.errors import BadLines
from clados.data.rows import MAKERS, PAIRS


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (5, 3), colour).save(out, "PNG")
    return out.getvalue()


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_folder_of_texts_is_a_document_a_file(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "b.txt").write_text("second", encoding="utf-8")
    (tmp_path / "deep" / "a.txt").write_text("first é", encoding="utf-8")
    (tmp_path / "empty.txt").write_text("\n", encoding="utf-8")
    assert read(tmp_path) == [Text("b.txt", "second"), Text("deep/a.txt", "first é")]
    assert read(str(tmp_path / "b.txt")) == [Text("b.txt", "second")]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"text": "hello"}, Text("data.jsonl:1", "hello")),
        ({"text": "hello", "id": 7, "language": "en"}, Text("7", "hello", "en")),
        ({"prompt": "a", "completion": "b"}, Pair("data.jsonl:1", "a", "b")),
        ({"source": "a", "target": "b", "language": "de"}, Pair("data.jsonl:1", "a", "b", "", "de")),
        (
            {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]},
            Dialogue("data.jsonl:1", (("user", "hi"), ("assistant", "ho"))),
        ),
        (
            {"messages": [{"role": "assistant", "content": "", "tool_calls": [{"id": "1"}]}]},
            Dialogue("data.jsonl:1", (("assistant", ""),)),
        ),
        (
            {"messages": [{"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}]},
            Dialogue("data.jsonl:1", (("assistant", ""),)),
        ),
        # columns as they are usual on the Hub: WMT, ShareGPT, Alpaca, Dolly, code
        ({"translation": {"en": "a", "de": "b"}}, Pair("data.jsonl:1", "a", "b", "en", "de")),
        ({"conversations": [{"from": "human", "value": "hi"}]}, Dialogue("data.jsonl:1", (("human", "hi"),))),
        (
            {"instruction": "a", "input": "b", "output": "c"},
            Pair("data.jsonl:1", "a\n\nb", "c", fields=(("instruction", "a"), ("input", "b"), ("output", "c"))),
        ),
        ({"instruction": "a", "context": "", "response": "c"}, Pair("data.jsonl:1", "a", "c")),
        ({"question": "a", "answer": "b"}, Pair("data.jsonl:1", "a", "b")),
        ({"content": "x", "path": "a.py"}, Text("data.jsonl:1", "x")),
        # of GLUE, CoNLL and SQuAD
        ({"Text": "x", "Label": 3}, ClassifiedText("data.jsonl:1", "x", label="3")),
        ({"sentence": "x", "label": True}, ClassifiedText("data.jsonl:1", "x", label="true")),
        ({"text": "x", "labels": ["b", 1]}, ClassifiedText("data.jsonl:1", "x", label=("b", "1"))),
        ({"text": "x", "label": {"not": "a name"}}, ClassifiedText("data.jsonl:1", "x")),
        ({"sentence1": "a", "sentence2": "b", "score": 2.5}, ComparedTexts("data.jsonl:1", "a", "b", "2.5")),
        ({"premise": "a", "hypothesis": "b", "label": 0, "id": 3}, ComparedTexts("3", "a", "b", "0")),
        ({"sentence1": "a", "sentence2": "b"}, Pair("data.jsonl:1", "a", "b")),
        ({"tokens": ["a", "b"], "ner_tags": ["O", "B-X"]}, TaggedWords("data.jsonl:1", ("a", "b"), ("O", "B-X"))),
        ({"tokens": "a b", "tags": "0 1"}, TaggedWords("data.jsonl:1", ("a", "b"), ("0", "1"))),
        (
            {"question": "q", "context": "a b", "answers": {"text": ["b"], "answer_start": [2]}},
            AskedText("data.jsonl:1", "q", "a b", ((2, "b"),)),
        ),
        (
            {"data": [{"paragraphs": [{"context": "a b", "qas": [{"id": "1", "question": "q", "answers": []}]}]}]},
            AskedText("data.jsonl:1:1.1", "q", "a b", ()),
        ),
        ({"text": "half \ud83d of it, whole \ud83d\ude00"}, Text("data.jsonl:1", "half \ufffd of it, whole 😀")),
    ],
)
def test_a_row_of_json_is_an_example_by_its_keys(tmp_path: Path, row: object, expected: object) -> None:
    assert read(write(tmp_path / "data.jsonl", row)) == [expected]


def test_rows_without_an_id_are_documents_of_their_own(tmp_path: Path) -> None:
    rows = [{"text": "a", "id": None}, {"text": "b", "id": None}, {"text": "c", "id": ""}, {"text": "d", "id": 0}]
    assert [e.document for e in read(write(tmp_path / "a.jsonl", *rows))] == [
        "a.jsonl:1",
        "a.jsonl:2",
        "a.jsonl:3",
        "0",
    ]


ROWS = [Text("1", "a, b"), Text("2", "c\nd")]
CLASSES = [ClassifiedText("1", "a, b", label="x"), ClassifiedText("2", "c\nd", label="y")]


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.csv", b'id,text,label\n1,"a, b",x\n2,"c\nd",y\n', CLASSES),
        ("A.CSV", b'\xef\xbb\xbfid;text\r\n1;a, b\r\n2;"c\nd"\r\n', ROWS),
        ("a.tsv", b'id\ttext\n1\ta, b\n2\t"c\nd"\n', ROWS),
        ("a.csv", b"source,target\nx,y\n", [Pair("a.csv:2", "x", "y")]),
        ("a.json", json.dumps([{"id": 1, "text": "a, b"}, {"id": 2, "text": "c\nd"}], indent=1).encode(), ROWS),
        ("a.json", b'{"id": 1, "text": "a, b"}\n{"id": 2, "text": "c\\nd"}\n', ROWS),
        ("a.jsonl.gz", gzip.compress(b'{"id": 1, "text": "a, b"}\n\n{"id": 2, "text": "c\\nd"}', mtime=0), ROWS),
        ("a.txt.gz", gzip.compress("é".encode(), mtime=0), [Text("a.txt.gz", "é")]),
        ("a.md", b"# x", [Text("a.md", "# x")]),
        ("A.TXT", b"\xef\xbb\xbfx", [Text("A.TXT", "x")]),
    ],
)
def test_tables_and_texts_of_every_suffix(tmp_path: Path, name: str, data: bytes, expected: object) -> None:
    assert read(bad(tmp_path, name, data)) == expected


def test_a_long_cell_is_read(tmp_path: Path) -> None:
    (row,) = read_as(Text, bad(tmp_path, "a.csv", b"text\n" + b"x" * 200_000))  # Python's csv stops at 131,072
    assert len(row.text) == 200_000


def test_a_name_that_is_no_utf8_names_documents_that_are(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt")).write_text("x")
    assert read(tmp_path) == [Text("\ufffd.txt", "x")]
    assert split([*read(tmp_path), Text("b", "y")])[0]


def test_what_describes_data_is_none(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", {"source": "a", "target": "b"})
    bad(tmp_path, "README.md", b"# A dataset")
    assert read(tmp_path) == [Pair("a.jsonl:1", "a", "b")]
    (tmp_path / "a.jsonl").unlink()
    assert read(tmp_path) == [Text("README.md", "# A dataset")]


@pytest.mark.parametrize(
    ("names", "train", "held_out"),
    [
        (["train/a.txt", "val/b.txt", "test/c.txt"], ["train/a.txt"], ["val/b.txt"]),
        (["train.txt", "test.txt"], ["train.txt"], ["test.txt"]),
        # as the Hub's Parquet files are called
        (
            ["data/train-00000-of-00001.txt", "data/validation-00000-of-00001.txt"],
            ["data/train-00000-of-00001.txt"],
            ["data/validation-00000-of-00001.txt"],
        ),
    ],
)
def test_the_datas_own_splits_are_kept(tmp_path: Path, names: list[str], train: list[str], held_out: list[str]) -> None:
    for name in names:
        bad(tmp_path, name, b"x")
    assert [[e.document for e in side] for side in split(read(tmp_path))] == [train, held_out]


def test_files_of_which_some_are_of_no_split_are_read_alike(tmp_path: Path) -> None:
    for name in ("train.txt", "test.txt", "other.txt"):
        bad(tmp_path, name, b"x")
    assert {e.held_out for e in read(tmp_path)} == {None}
    assert len(read(tmp_path)) == 3


def test_parquet_is_read_as_json_lines_are(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    rows = [{"prompt": "a", "completion": "b"}, {"prompt": "c", "completion": "d"}]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "x.parquet")
    assert read(tmp_path) == [Pair("x.parquet:1", "a", "b"), Pair("x.parquet:2", "c", "d")]


def test_images_are_labelled_by_their_folder(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").write_bytes(picture("red"))
    examples = read_as(Labelled, tmp_path)
    assert [(e.document, e.label, e.name) for e in examples] == [("cat/1.png", 0, "cat"), ("dog/1.png", 1, "dog")]
    assert examples[1].image.shape == (3, 5, 3)
    assert examples[1].image[0, 0].tolist() == [255, 0, 0]


def folder(root: Path, *names: str) -> Path:
    for name in names:
        bad(root, name, picture("red"))
    return root


@pytest.mark.parametrize(
    "name",
    [
        ".ipynb_checkpoints/1-checkpoint.png",  # open-mmlab/mmpretrain#507
        "cat/.ipynb_checkpoints/1-checkpoint.png",
        ".Trash-1000/files/1.png",
        "__MACOSX/cat/._1.png",
        "cat/@eaDir/1.png",
        "cat/._1.png",
    ],
)
def test_hidden_folders_are_no_classes_and_no_data(tmp_path: Path, name: str) -> None:
    found = read_as(Labelled, folder(tmp_path, "cat/1.png", "cat/2.JPG", "dog/1.png", name, "README.md"))
    assert [(e.document, e.name) for e in found] == [("cat/1.png", "cat"), ("cat/2.JPG", "cat"), ("dog/1.png", "dog")]


@pytest.mark.parametrize(("held", "dropped"), [("val", "test"), ("Validation", "test"), ("test", None)])
def test_splits_above_the_classes_are_kept(tmp_path: Path, held: str, dropped: str | None) -> None:
    tops = ["train", held, *([dropped] if dropped else [])]
    root = folder(tmp_path, *(f"{top}/{name}/1.png" for top in tops for name in ("cat", "dog")), f"{held}/elk/1.png")
    train, held_out = split(read_as(Labelled, root))
    assert [(e.document, e.label, e.name) for e in train] == [
        ("train/cat/1.png", 0, "cat"),
        ("train/dog/1.png", 1, "dog"),
    ]
    assert [e.name for e in held_out] == ["cat", "dog", "elk"]


def test_a_split_alone_is_split_by_us(tmp_path: Path) -> None:
    found = read_as(Labelled, folder(tmp_path, "train/cat/1.png", "train/dog/1.png"))
    assert [(e.name, e.held_out) for e in found] == [("cat", None), ("dog", None)]


def test_a_class_folder_may_be_a_link(tmp_path: Path) -> None:
    folder(tmp_path, "data/cat/1.png", "elsewhere/1.png")
    (tmp_path / "data" / "dog").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "data" / "dog" / "up").symlink_to(tmp_path / "data")  # and a circle ends
    assert {e.document for e in read(tmp_path / "data")} == {"cat/1.png", "dog/1.png"}


def tar(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as out:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))
    return path


def test_a_tar_pairs_images_with_their_captions(tmp_path: Path) -> None:
    caption = json.dumps({"caption": "blue"}).encode()
    members = {"1.png": picture("red"), "1.txt": b"a red field\n", "2.png": picture("blue"), "2.json": caption}
    examples = read_as(Captioned, tar(tmp_path / "a.tar", members))
    assert [e.captions for e in examples] == [("a red field",), ("blue",)]
    assert examples[1].image[2, 4].tolist() == [0, 0, 255]


IMAGE = object()


@pytest.mark.parametrize(
    ("members", "captions"),
    [
        ({"0.png": IMAGE, "0.json": json.dumps({"caption": ["a cat", " ", "a pet"]}).encode()}, ("a cat", "a pet")),
        ({"0.png": IMAGE, "0.json": b'["a cat", "a pet"]'}, ("a cat", "a pet")),
        ({"0.png": IMAGE, "0.json": b'{"captions": "half \\ud83d"}'}, ("half \ufffd",)),
        ({"._0.png": b"\0\5\x16\7", "0.png": IMAGE, "._0.txt": b"\0\5\x16\7", "0.txt": b"a cat"}, ("a cat",)),
        ({"__MACOSX/._0.png": b"\0\5\x16\7", "./0.png": IMAGE, "./0.txt": b"a cat"}, ("a cat",)),
        ({"0.png": IMAGE, "0.txt": b"", "0.json": b'{"caption": "a cat"}'}, ("a cat",)),
        ({"0.png": IMAGE, "0.txt": b"\xef\xbb\xbfa cat"}, ("a cat",)),
        ({"dir.v1/0.left.png": IMAGE, "dir.v1/0.txt": b"a cat"}, ("a cat",)),  # webdataset/webdataset#237
    ],
)
def test_captions_of_a_tar(tmp_path: Path, members: dict[str, Any], captions: tuple[str, ...]) -> None:
    given = {name: picture("red") if data is IMAGE else data for name, data in members.items()}
    path = tar(tmp_path / "a.tar", given)
    (found,) = read_as(Captioned, path)
    assert found.captions == captions
    assert found.image.shape == (3, 5, 3)


def pairs(path: Path, number: int = 10) -> Path:
    return tar(
        path, {f"{i}{end}": data for i in range(number) for end, data in ((".png", picture("red")), (".txt", b"x"))}
    )


@pytest.mark.parametrize("member", [1, 10, 19])
def test_a_tar_with_a_damaged_header_is_refused_whole(tmp_path: Path, member: int) -> None:
    path = pairs(tmp_path / "a.tar")
    with tarfile.open(path) as opened:
        at = opened.getmembers()[member].offset
    data = bytearray(path.read_bytes())
    data[at + 3] ^= 1  # Python's reader ends there without a word, as if the tar did
    path.write_bytes(data)
    with pytest.raises(DataError, match=rf"a\.tar: damaged or cut off: at byte {at:,}"):
        read(path)


def test_a_tar_that_was_cut_or_joined_is_refused(tmp_path: Path) -> None:
    path = pairs(tmp_path / "a.tar")
    data = path.read_bytes()
    with tarfile.open(path) as opened:
        at = opened.getmembers()[10].offset
    path.write_bytes(data[:at])
    with pytest.raises(DataError, match="cut off"):
        read(path)
    path.write_bytes(data + data)
    with pytest.raises(DataError, match="more follows the tar's end"):
        read(path)


def steps(ends: str | None = None, at: tuple[int, ...] = (), number: int = 6) -> dict[str, Any]:
    arrays = {"observations": np.zeros((number, 3)), "actions": np.ones((number, 2)), "rewards": np.ones(number)}
    return arrays | ({ends: np.isin(np.arange(number), at)} if ends else {})


@pytest.mark.parametrize("key", ["terminals", "timeouts", "terminations", "truncations", "dones"])
def test_episodes_of_one_file_end_where_its_arrays_say(tmp_path: Path, key: str) -> None:
    # D4RL 1.1's sequence_dataset cuts after each terminal and each timeout; the names are D4RL's and Gymnasium's
    more: dict[str, Any] = {
        "next_observations": np.zeros((6, 3)),
        "infos/qpos": np.zeros((6, 2)),
        "metadata/algorithm": np.array("x"),
    }
    np.savez(tmp_path / "e.npz", **steps(key, (1, 4)), **more)
    found = read_as(Episode, tmp_path / "e.npz")
    assert [(e.document, len(e)) for e in found] == [("e.npz:1", 2), ("e.npz:2", 3), ("e.npz:3", 1)]
    assert found[0].returns_to_go.tolist() == [2, 1]


def test_both_ends_count(tmp_path: Path) -> None:
    np.savez(tmp_path / "e.npz", **steps("terminals", (1,)), timeouts=np.isin(np.arange(6), 3))
    assert [len(e) for e in read_as(Episode, tmp_path / "e.npz")] == [2, 2, 2]


def test_arrays_of_unknown_meaning_are_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "e.npz", **steps(), episode_starts=np.zeros(6))
    with pytest.raises(DataError, match="holds an array 'episode_starts'; allowed: observations, actions, rewards; te"):
        read(tmp_path / "e.npz")


@pytest.mark.parametrize(
    ("rows", "states", "actions"),
    [
        ([{"observations": [3, 0], "actions": [1, 0]}], ("i", (2,)), ("i", (2,))),  # one of several states
        ([{"observations": [[3], [0]], "actions": [[1], [0]]}], ("f", (2, 1)), ("i", (2,))),  # d3rlpy's shape
        ([{"observations": [3, 0.5], "actions": [True, False]}], ("f", (2, 1)), ("i", (2,))),
        ([{"observations": [[3, 0], [1, 2]], "actions": [-2, 2]}], ("f", (2, 2)), ("f", (2, 1))),
        ([{"observations": [3, 0], "actions": [[1, 1], [0, 2]]}], ("i", (2,)), ("f", (2, 2))),
        (
            [{"observations": [3, 0], "actions": [1, 0]}, {"observations": [1.5, 0], "actions": [0.5, 0]}],
            ("f", (2, 1)),
            ("f", (2, 1)),
        ),
    ],
)
def test_states_and_actions_are_choices_where_all_are(
    tmp_path: Path, rows: list[dict[str, Any]], states: tuple[str, Any], actions: tuple[str, Any]
) -> None:
    for each in read_as(Episode, write(tmp_path / "a.jsonl", *(row | {"rewards": [1, 2]} for row in rows))):
        assert (each.observations.dtype.kind, each.observations.shape) == states
        assert (each.actions.dtype.kind, each.actions.shape) == actions


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"observations": [[float("nan")], [1.0]]}, "observations holds a number that is not finite"),
        ({"actions": [1e39, 0.5]}, "actions holds a number that is not finite"),
        ({"actions": [10_000, 0]}, "actions are integers up to 10000; allowed: below 10,000"),
        ({"actions": [[[1]], [[0]]]}, r"of shapes \(2, 1\), \(2, 1, 1\), \(2,\)"),
        ({"terminals": [True]}, r"terminals is bool \(1,\); needed is a mark for each of 2 steps"),
        ({"observations": [["a"], ["b"]]}, "observations holds <U1, not numbers"),
        ({"observations": [[], []]}, "a step has no numbers"),
    ],
)
def test_unusable_episodes_are_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    row = {"observations": [[0.5], [1.0]], "actions": [1, 0], "rewards": [1.0, 0.5]} | change
    with pytest.raises(DataError, match=message):
        read(write(tmp_path / "a.jsonl", row))


def test_episodes_of_two_shapes_are_named(tmp_path: Path) -> None:
    row = {"observations": [[0.5], [1.0]], "actions": [1, 0], "rewards": [1.0, 0.5]}
    path = write(tmp_path / "a.jsonl", row, row | {"observations": [[0.5, 1], [1.0, 2]]})
    with pytest.raises(DataError, match=r"a\.jsonl:2: observations of shape \(2,\); those of a\.jsonl:1 are \(1,\)"):
        read(path)


def npy(header: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (10000000000, 3), }\n", "is damaged: its header says"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (6,), }\n", "holds object; numbers are needed"),
    ],
)
def test_an_array_whose_header_lies_is_refused_before_it_is_made(tmp_path: Path, header: str, message: str) -> None:
    np.savez(tmp_path / "e.npz", **steps())
    with zipfile.ZipFile(tmp_path / "f.npz", "w") as archive:
        for key in ("observations", "actions", "rewards"):
            archive.writestr(f"{key}.npy", npy(header) + b"1234")
    with pytest.raises(DataError, match=f"'observations.npy' {message}"):
        read(tmp_path / "f.npz")


def test_episodes_come_from_arrays_and_from_json(tmp_path: Path) -> None:
    steps = {"observations": [[0.0, 1.0], [2.0, 3.0]], "actions": [1, 0], "rewards": [1.0, 0.5]}
    np.savez(tmp_path / "e.npz", observations=[[0.0, 1.0], [2.0, 3.0]], actions=[1, 0], rewards=[1.0, 0.5])
    write(tmp_path / "f.jsonl", steps)
    examples = read_as(Episode, tmp_path)
    assert [e.document for e in examples] == ["e.npz", "f.jsonl:1"]
    for example in examples:
        assert example.observations.shape == (2, 2)
        assert example.actions.dtype == np.int64
        assert example.returns_to_go.tolist() == [1.5, 0.5]


def bad(tmp_path: Path, name: str, data: bytes) -> Path:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(data)
    return tmp_path / name


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.txt", b"\xff\xfe\x00", "text in UTF-16"),
        ("a.txt", b"\xff\x00", "unreadable"),
        ("a.txt", b"  ", "no examples"),
        ("a.jsonl", b'{"text": "x"}\n{"text"', "a.jsonl:2: not JSON"),
        ("a.jsonl", b'{"words": "x"}', "has words; needed: text (or"),
        ("a.jsonl", b'["x"]', "list where an object"),
        ("a.jsonl", b'{"text": null}', "text is null, not a string"),
        ("a.jsonl", b"[" * 100_000, "a.jsonl:1: its JSON is nested too deep"),
        ("a.json", b"[" * 100_000, "its JSON is nested too deep"),
        ("a.json", b'[{"text": "x"}, 5]', "a.json: row 2: int where an object"),
        ("a.csv", b"text,text\n1,2\n", "two columns are called 'text'"),
        ("a.csv", b'text\n"x', "unreadable (unexpected end of data)"),
        ("a.txt.gz", b"no gzip", "unreadable"),
        ("a.jsonl", b'{"text": 5}', "text is int, not a string"),
        ("a.jsonl", b'{"messages": ["x"]}', "unusable messages"),
        ("a.jsonl", b'{"observations": [[1]], "actions": [1, 2], "rewards": [1]}', "1 observations, 2 actions"),
        ("a.parquet", b"no parquet", "unreadable"),
        ("a.npz", b"no arrays", "unreadable"),
        ("a.npz", b"PK\x05\x06" + bytes(18), "has no keys; needed"),
        ("a.tar", b"no tar", "unreadable"),
        ("a.csv", b"a,b\n1,2\n", "a.csv:2: has a, b; needed: text (or"),
        ("a.jsonl", b'{"tokens": ["a"], "tags": []}', "a.jsonl:1: unusable tokens, tags (1 tokens and 0 tags)"),
        (
            "a.jsonl",
            b'{"question": "q", "context": "a b", "answers": {"text": ["b"], "answer_start": [1]}}',
            "a.jsonl:1: unusable question, context, answers (the context does not have the answer 'b' at 1)",
        ),
        ("a.jsonl", b'{"sentence1": "a", "sentence2": "b", "label": {}}', "label is dict, not a name or a number"),
        (
            "a.jsonl",
            b'{"prompt": "a", "completion": " "}',
            "a.jsonl:1: unusable prompt, completion (the completion is em",
        ),
        ("a.csv", b"source,target\na,b\nc,\n", "a.csv:3: unusable source, target (the target is empty)"),
        ("a.jsonl", b'{"translation": {"en": "a", "de": ""}}', "unusable translation (the de is empty)"),
        (
            "a.jsonl",
            b'{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": ""}]}',
            "a.jsonl:1: unusable conversations (message 2, of the role 'gpt', is empty)",
        ),
        ("a.csv", b"text,label\n1,2\n3\n", "a.csv:3: 1 cells; the first line names 2 columns"),
        ("a.doc", b"a,b", "'.doc' files are not read; allowed"),
    ],
)
def test_a_bad_file_is_named_with_the_reason(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    path = bad(tmp_path, name, data)
    with pytest.raises(DataError) as error:
        read(path)
    assert str(path) in str(error.value)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_an_empty_folder_says_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing readable; allowed: a folder or file of"):
        read(tmp_path)


def test_a_set_is_taken_before_a_folder_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad(tmp_path, "proteins/a.txt", b"mine")
    monkeypatch.chdir(tmp_path)
    assert len(read("proteins")) == 16
    assert read("./proteins") == read(Path("proteins")) == [Text("a.txt", "mine")]


def test_an_unknown_name_says_the_nearest() -> None:
    with pytest.raises(DataError, match="did you mean 'english'"):
        read("englsh")
    with pytest.raises(DataError, match="embedded sets: english"):
        read("/nowhere/at/all")
    with pytest.raises(DataError, match="'django' has ar, de"):
        read("django/xx")


def test_another_kind_than_needed_is_refused() -> None:
    with pytest.raises(DataError, match="django: holds Pair; Text is needed here"):
        read_as(Text, "django")


def test_kinds_are_not_mixed(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", {"text": "x"}, {"source": "a", "target": "b"})
    with pytest.raises(DataError, match="holds Pair and Text"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["loose.png"], "outside a class's folder"),
        (["one/a.png"], "one class"),
        (["one/a.png", "notes.txt"], "holds images and notes.txt"),
    ],
)
def test_images_in_no_class_folders_are_refused(tmp_path: Path, names: list[str], message: str) -> None:
    for name in names:
        bad(tmp_path, name, picture("red"))
    with pytest.raises(DataError, match=message):
        read(tmp_path)


def test_what_is_no_image_is_refused(tmp_path: Path) -> None:
    for name in ("one/a.png", "two/b.png"):
        bad(tmp_path, name, b"nothing")
    with pytest.raises(DataError, match=r"a\.png: not a readable image"):
        read(tmp_path)


def test_a_tar_member_without_a_caption_is_refused(tmp_path: Path) -> None:
    path = tar(tmp_path / "a.tar", {"1.png": picture("red")})
    with pytest.raises(DataError, match="'1' has no caption"):
        read(path)


def write_packed(folder: Path, repeated: int) -> Iterator[Path]:
    """One file of each kind that is packed, its content so many times the same."""
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    line = "the same " * 100
    text = f"{line}\n" * repeated
    packed = {"a.txt.gz": text, "a.jsonl.gz": json.dumps({"text": text}), "a.csv.gz": f"text\n{text}"}
    for name, content in packed.items():
        (folder / name).write_bytes(gzip.compress(content.encode()))
        yield folder / name
    np.savez_compressed(folder / "a.npz", **steps(number=100 * repeated))
    yield folder / "a.npz"
    parquet.write_table(pyarrow.table({"text": [line] * repeated}), folder / "a.parquet")
    yield folder / "a.parquet"


def test_files_that_unpack_to_far_more_than_data_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in write_packed(tmp_path, 2000):
        assert read(file)  # under what any file may have
    monkeypatch.setattr("clados.data.formats.UNPACKED", 100_000)
    for file in write_packed(tmp_path, 2000):
        with pytest.raises(DataError, match=rf"{file.name}: unpacks to more than [\d,]+ bytes, over 100 times"):
            read(file)
    monkeypatch.setattr("clados.data.formats.RATIO", 10_000)
    assert all(read(file) for file in write_packed(tmp_path, 2000))


@pytest.mark.parametrize(
    ("column", "values"),
    [("image", [{"bytes": b"1", "path": "a.png"}]), ("img", [b"1"]), ("audio", [{"bytes": b"1", "path": None}])],
)
def test_images_in_parquet_are_refused_by_the_name_of_their_column(
    column: str, values: list[Any], tmp_path: Path
) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({column: values, "text": ["a dog"]}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=rf"a\.parquet: the column '{column}' holds images"):
        read(tmp_path / "a.parquet")


def test_texts_packed_by_zstandard_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zstd = pytest.importorskip("backports.zstd")
    lines = b"".join(b'{"id": %d, "text": "a text of its own"}\n' % number for number in range(2000))
    whole = [zstd.compress(part) for part in (lines[:30_000], lines[30_000:])]  # two frames, as pzstd writes
    assert len(read(bad(tmp_path, "a.jsonl.zst", b"".join(whole)))) == 2000
    assert len(read(bad(tmp_path, "a.csv.zst", zstd.compress(b"text\n" + b"x\n" * 50_000)))) == 50_000
    with pytest.raises(DataError, match=r"a\.jsonl\.zst: unreadable"):
        read(bad(tmp_path, "a.jsonl.zst", whole[0][:-20]))
    monkeypatch.setattr("clados.data.formats.ZSTD", ("no.such.module",))
    with pytest.raises(DataError, match=r"a\.jsonl\.zst: \.zst needs backports\.zstd, which comes with clados\[zstd\]"):
        read(tmp_path / "a.jsonl.zst")


def arrow(path: Path, texts: list[Any], *, feather: bool = False) -> Path:
    pyarrow, ipc = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.ipc")
    table = pyarrow.table({"text": pyarrow.array(texts, pyarrow.string()), "label": [1] * len(texts)})
    path.parent.mkdir(parents=True, exist_ok=True)
    with (ipc.new_file if feather else ipc.new_stream)(str(path), table.schema) as file:
        file.write_table(table)
    return path


def test_arrow_folders_of_datasets_are_read(tmp_path: Path) -> None:
    """As `save_to_disk` of Hugging Face's datasets 4.4 writes a DatasetDict; cache-*.arrow is what `map` leaves."""
    bad(tmp_path, "dataset_dict.json", b'{"splits": ["train", "validation"]}')
    for split_, texts in (("train", ["a", "b"]), ("validation", ["c"])):
        arrow(tmp_path / split_ / "data-00000-of-00001.arrow", texts)
        arrow(tmp_path / split_ / "cache-1a2b.arrow", ["other"])
        files = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_split": split_}
        bad(tmp_path, f"{split_}/state.json", json.dumps(files).encode())
        bad(tmp_path, f"{split_}/dataset_info.json", b'{"features": {}}')
    train, held_out = split(read_as(Text, tmp_path))
    assert [[each.text for each in side] for side in (train, held_out)] == [["a", "b"], ["c"]]
    assert read(arrow(tmp_path / "b.feather", ["x"], feather=True)) == [ClassifiedText("b.feather:1", "x", label="1")]
    cut = (tmp_path / "train" / "data-00000-of-00001.arrow").read_bytes()[:-100]
    with pytest.raises(DataError, match=r"cut\.arrow: unreadable"):
        read(bad(tmp_path, "cut.arrow", cut))


BAD_LINES = {
    "a.jsonl": b'{"text": "x"}\n{"text"\n{"words": "x"}\n{"text": "\xff"}\n{"text": "y"}\n',
    "a.csv": b'text,label\nx,1\nonly\n"a"b,2\n\xff,3\ny,4\n',
    "a.json": b'[{"text": "x"}, 5, {"text": null}, {}, {"text": "y"}]',
}


@pytest.mark.parametrize(
    ("name", "where"), [("a.jsonl", ":2: not JSON"), ("a.csv", ":3: 1 cells"), ("a.json", ": row 2")]
)
def test_bad_lines_are_skipped_only_when_asked_for_and_counted(tmp_path: Path, name: str, where: str) -> None:
    path, lines = bad(tmp_path, name, BAD_LINES[name]), BadLines(skip=True)
    with pytest.raises(DataError, match=re.escape(f"{path}{where}")):
        read(path)
    assert [example.text for example in read(path, lines) if isinstance(example, Text)] == ["x", "y"]
    assert (lines.number, len(lines.first)) == (3, 3)
    assert lines.first[0].startswith(f"{path}{where}")


def test_where_all_lines_are_bad_the_first_is_named_with_what_is_needed(tmp_path: Path) -> None:
    lines = BadLines(skip=True)
    read(bad(tmp_path, "b.jsonl", b'{"text": "x"}\n{"a": 1}\n'), lines)  # of another source, counted before
    path = bad(tmp_path, "a.jsonl", b'{"a": 1}\n\nnot JSON\n')
    with pytest.raises(DataError) as raised:
        read(path, lines)
    said = str(raised.value)
    assert said.startswith(f"{path}: all 2 lines are bad, so no example is left; first {path}:1: has a; needed: text")
    assert all("/".join(pair) in said for pair in PAIRS)
    assert {*re.findall(r"\w+", said)} >= {key for keys in MAKERS for key in keys} - {"labels", "score", "data"}


def test_a_damaged_file_is_no_bad_line(tmp_path: Path) -> None:
    packed = gzip.compress(BAD_LINES["a.jsonl"] * 1000)
    with pytest.raises(DataError, match="unreadable"):
        read(bad(tmp_path, "a.jsonl.gz", packed[: len(packed) // 2]), BadLines(skip=True))

"""The user's own data, good and bad."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clados.data import Captioned, DataError, Dialogue, Labelled, Pair, Text, Trajectory, read, read_as


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
    ],
)
def test_a_row_of_json_is_an_example_by_its_keys(tmp_path: Path, row: object, expected: object) -> None:
    assert read(write(tmp_path / "data.jsonl", row)) == [expected]


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


def test_episodes_come_from_arrays_and_from_json(tmp_path: Path) -> None:
    steps = {"observations": [[0.0, 1.0], [2.0, 3.0]], "actions": [1, 0], "rewards": [1.0, 0.5]}
    np.savez(tmp_path / "e.npz", observations=[[0.0, 1.0], [2.0, 3.0]], actions=[1, 0], rewards=[1.0, 0.5])
    write(tmp_path / "f.jsonl", steps)
    examples = read_as(Trajectory, tmp_path)
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
    ("name", "data", "words"),
    [
        ("a.txt", b"\xff\xfe\x00", "unreadable"),
        ("a.txt", b"  ", "no examples"),
        ("a.jsonl", b'{"text": "x"}\n{"text"', "a.jsonl:2: not JSON"),
        ("a.jsonl", b'{"words": "x"}', "has words; needed: text; prompt"),
        ("a.jsonl", b'["x"]', "list where an object"),
        ("a.jsonl", b'{"text": 5}', "text is int, not a string"),
        ("a.jsonl", b'{"messages": ["x"]}', "unusable messages"),
        ("a.jsonl", b'{"observations": [[1]], "actions": [1, 2], "rewards": [1]}', "1 observations, 2 actions"),
        ("a.parquet", b"no parquet", "unreadable"),
        ("a.npz", b"no arrays", "unreadable"),
        ("a.tar", b"no tar", "unreadable"),
        ("a.csv", b"a,b", "'.csv' files are not read; allowed"),
    ],
)
def test_a_bad_file_is_named_with_the_reason(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    path = bad(tmp_path, name, data)
    with pytest.raises(DataError) as error:
        read(path)
    assert str(path) in str(error.value)
    assert words in str(error.value)
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
    ("names", "words"),
    [
        (["loose.png"], "outside a class's folder"),
        (["one/a.png"], "one class"),
        (["one/a.png", "notes.txt"], "images beside notes.txt"),
    ],
)
def test_images_in_no_class_folders_are_refused(tmp_path: Path, names: list[str], words: str) -> None:
    for name in names:
        bad(tmp_path, name, picture("red"))
    with pytest.raises(DataError, match=words):
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

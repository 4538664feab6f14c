"""JSON of other programs' files: each key taken, ignored or named; each value of its type."""

import os
from pathlib import Path

import pytest

from clados.errors import CladosError
from clados.files import JsonObject, read_json, text_lines, write_text, write_whole


def test_every_key_is_taken_ignored_or_named() -> None:
    read = JsonObject(Path("a.json"), {"size": 3, "scale": 2, "old": 1, "absent": None, "more": {"x": "y", "z": 1}})
    assert read.take("size", int, 0) == 3
    assert read.take("scale", float, 1.0) == 2
    assert read.take("absent", int, 7) == 7
    assert read.inside("more").take("x", str | list, "") == "y"
    assert read.notes == ("a.json: not used here: more.z, old",)
    read.ignore("old")
    assert read.unread == ("more.z",)


@pytest.mark.parametrize(
    ("content", "kind", "needed"),
    [
        ({"key": "3"}, int, "an integer"),
        ({"key": True}, int, "an integer"),
        ({"key": 1}, bool, "true or false"),
        ({"key": [1]}, str | int, "a string or an integer"),
        ({"key": 2**63}, int, "up to 2**62"),
        ({"key": float("nan")}, float, "finite"),
    ],
)
def test_a_value_of_another_type_is_refused_with_file_key_and_value(content: object, kind: type, needed: str) -> None:
    with pytest.raises(CladosError, match=r"a\.json: key is ") as refused:
        JsonObject(Path("a.json"), content).take("key", kind, None)
    assert needed in str(refused.value)


def test_lines_end_as_those_of_files_do(tmp_path: Path) -> None:
    text = "a\u2028b\r\nc\u0085d\x0ce\x1cf\n\ng\rh\n"  # huggingface/datasets#3729: str.splitlines cuts at eight more
    assert text_lines(text) == ["a\u2028b", "c\u0085d\x0ce\x1cf", "", "g", "h"]
    (tmp_path / "a.txt").write_text(text, encoding="utf-8", newline="")
    with (tmp_path / "a.txt").open(encoding="utf-8") as file:
        assert [line.rstrip("\n") for line in file] == text_lines(text)


@pytest.mark.parametrize("text", ["{", "[" * 100_000, '"\\ud800', ""])
def test_what_is_no_json_is_one_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(text)
    with pytest.raises(CladosError, match=r"a\.json: not "):
        read_json(file)


@pytest.mark.parametrize("content", [[], "text", 3, None])
def test_what_is_no_object_is_refused(content: object) -> None:
    with pytest.raises(CladosError, match="an object is needed"):
        JsonObject(Path("a.json"), content)


def test_what_is_no_object_inside_one_is_refused() -> None:
    with pytest.raises(CladosError, match=r"a\.json: inner is 3; an object is needed"):
        JsonObject(Path("a.json"), {"inner": 3}).inside("inner")


def test_a_file_is_replaced_whole_with_its_mode_and_through_its_link(tmp_path: Path) -> None:
    file, link = tmp_path / "a.txt", tmp_path / "link.txt"
    file.write_text("old")
    file.chmod(0o604)
    link.symlink_to(file)
    write_text(link, "new")
    assert link.is_symlink()
    assert file.read_text() == "new"
    assert file.stat().st_mode & 0o777 == 0o604

    def fails(part: Path) -> None:
        part.write_text("half")
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        write_whole(file, fails)
    assert file.read_text() == "new"
    assert {each.name for each in tmp_path.iterdir()} == {"a.txt", "link.txt"}


def test_devices_and_pipes_are_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_text(pipe, "text")
    assert os.read(reader, 10) == b"text"
    os.close(reader)
    assert pipe.is_fifo()
    write_text(Path(os.devnull), "text")
    assert Path(os.devnull).is_char_device()


@pytest.mark.parametrize("path", ["/", ".", "/tmp"])
def test_a_folder_is_no_file_to_write(path: str) -> None:
    with pytest.raises(IsADirectoryError):
        write_text(Path(path), "text")

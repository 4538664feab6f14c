"""JSON of other programs' files: each key taken, ignored or named; each value of its type."""

from pathlib import Path

import pytest

from clados.errors import CladosError
from clados.files import JsonObject, read_json, text_lines


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

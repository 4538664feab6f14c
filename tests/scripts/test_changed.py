"""`make quick` runs the tests of what has changed."""

import pytest
from changed import ALWAYS, OTHERWISE, ROOT, asked_by, chosen


@pytest.mark.parametrize(
    ("file", "tests"),
    [
        ("src/clados/train/loop.py", ["tests/train/test_loop.py"]),
        ("src/clados/apply/chrf.py", ["tests/apply"]),
        ("src/clados/files.py", ["tests/test_files.py"]),
        ("tests/train/test_loop.py", ["tests/train/test_loop.py"]),
        ("tests/train/test_gone.py", []),
        ("tests/train/small.py", []),
        ("tests/fuzz/test_data.py", []),
        ("README.md", []),
    ],
)
def test_a_file_asks_for_its_tests(file: str, tests: list[str]) -> None:
    assert list(asked_by(file)) == tests


def test_what_is_deeper_than_the_tests_asks_for_the_nearest_folder() -> None:
    assert list(asked_by("src/clados/train/deep/deeper/x.py")) == ["tests/train"]
    assert list(asked_by("src/clados/nowhere/x.py")) == ["tests/spec/test_part.py"]


def test_what_changed_comes_first_and_the_rules_always() -> None:
    assert chosen(["src/clados/train/loop.py", "tests/train/test_loop.py"]) == ["tests/train/test_loop.py", *ALWAYS]
    assert chosen(["README.md"]) == [*OTHERWISE, *ALWAYS]


def test_what_is_always_run_is_there() -> None:
    assert all((ROOT / each).exists() for each in [*ALWAYS, *OTHERWISE])

"""`make quick` runs the tests of what has changed."""

import subprocess
import sys

import pytest
from changed import ALWAYS, EVERY_PART, OTHERWISE, ROOT, asked_by, chosen


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


def test_the_rules_come_first_and_then_what_changed() -> None:
    assert chosen(["src/clados/train/loop.py", "tests/train/test_loop.py"]) == [*ALWAYS, "tests/train/test_loop.py"]
    assert chosen(["README.md"]) == [*ALWAYS, *OTHERWISE]


def test_a_new_file_without_tests_of_its_name_asks_for_what_holds_of_every_part() -> None:
    file = "src/clados/spec/scale_norm.py"
    assert chosen([file], new=[file]) == [*ALWAYS, *EVERY_PART]


@pytest.mark.parametrize(("seconds", "code", "message"), [("0", 1, "skipped"), ("500", 0, "passed")])
def test_a_run_whose_time_is_over_before_any_test_fails_and_the_rules_run_however_late(
    seconds: str, code: int, message: str
) -> None:
    rules, others = "tests/test_names.py", "tests/scripts/test_lock.py"
    call = [sys.executable, "-m", "pytest", "-n", "0", "--seconds", seconds, rules, others]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout
    assert message in done.stdout
    assert "passed" in done.stdout


def test_what_is_always_run_is_there() -> None:
    assert all((ROOT / each).exists() for each in [*ALWAYS, *EVERY_PART, *OTHERWISE])

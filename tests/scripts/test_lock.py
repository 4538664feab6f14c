"""constraints.txt pins all that make installs, and is what the tests run with."""

import re
import tomllib
from collections.abc import Iterator
from importlib import metadata

import lock
import pytest
from packaging.requirements import Requirement

import clados

PROJECT = tomllib.loads((lock.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PINNED = {name.casefold().replace("_", "-"): version for name, version in lock.pinned().items()}


def required(lines: list[str], extras: set[str]) -> Iterator[Requirement]:
    """The requirements that hold on this machine."""
    for line in lines:
        each = Requirement(line)
        if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in extras or {""}):
            yield each


def closure() -> set[str]:
    """Every package that make installs, with what these need where they are installed."""
    wanted = [Requirement("clados[dev,docs]")]
    found: set[str] = set()
    while wanted:
        each = wanted.pop()
        name = each.name.casefold().replace("_", "-")
        if name == "clados":
            lines = [line for extra in each.extras for line in EXTRAS[extra]]
            wanted += required([*PROJECT["dependencies"], *lines], set())
            continue
        if name in found:
            continue
        found.add(name)
        try:
            wanted += required(metadata.requires(name) or [], each.extras)
        except metadata.PackageNotFoundError:
            assert name in PINNED  # of an extra that the tests do without
    return found


def test_all_that_is_needed_is_pinned() -> None:
    needed = closure()
    assert len(needed) > 40
    assert not {name for name in needed if name not in PINNED and not name.startswith(lock.OTHERS)}


@pytest.mark.parametrize("name", sorted(PINNED))
def test_the_tests_run_with_what_is_pinned(name: str) -> None:
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        pytest.skip("of an extra that the tests do without")
    if name != "setuptools":  # comes with the environment
        assert version.partition("+")[0] == PINNED[name]


def test_the_version_is_said_in_one_place_and_cited_as_it_is() -> None:
    assert "version" in PROJECT["dynamic"]
    citation = (lock.ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r"(?m)^version: (.*)$", citation)[1] == clados.__version__  # type: ignore[index]
    changes = (lock.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"(?m)^## \[(\d.*?)\]", changes)[1] == clados.__version__  # type: ignore[index]

"""Rules of the house, each kept by a test."""

import ast
import builtins
import importlib
import inspect
import pydoc
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import clados
from clados import spec as s

SOURCE = Path(clados.__file__).parent


def names(file: Path) -> Iterator[str]:
    """Every name and attribute that a file's code uses."""
    yield from names_in(ast.parse(file.read_text(encoding="utf-8")))


def names_in(tree: ast.AST) -> Iterator[str]:
    """Every name and attribute that a piece of code uses."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name


def below(kind: type[Any]) -> Iterator[type[Any]]:
    """All types below a type."""
    for each in kind.__subclasses__():
        yield each
        yield from below(each)


@pytest.mark.parametrize("folder", ["train", "tour", "proofs", "apply", "cli"])
def test_nothing_but_its_task_names_an_objective(folder: str) -> None:
    objectives = {each.__name__ for each in below(s.Objective)}
    assert len(objectives) > 25
    for file in sorted((SOURCE / folder).rglob("*.py")):
        assert not objectives & set(names(file)), file


KINDS = {"Encoder", "Decoder", "EncoderDecoder", "TwoTower", "Recurrent", "Permuted", "EntityEncoder"}


@pytest.mark.parametrize("folder", ["train", "tour", "objectives", "apply", "cli"])
def test_nothing_outside_asks_a_model_for_its_kind(folder: str) -> None:
    for file in sorted((SOURCE / folder).rglob("*.py")):
        assert not KINDS & set(names(file)), file


@pytest.mark.parametrize("folder", ["train", "tour", "objectives", "apply", "cli"])
def test_nothing_outside_guesses_what_a_model_has(folder: str) -> None:
    guesses = re.compile(r"\bmodel: Any\b(?! =)|getattr\([^,]*(model|spec), \"(heads|inputs|size|stack|vocab)\"")
    for file in sorted((SOURCE / folder).rglob("*.py")):
        assert not guesses.search(file.read_text(encoding="utf-8")), file


def test_an_objective_that_runs_is_named_in_two_files_its_declaration_and_its_task() -> None:
    from clados.objectives import runs
    from clados.objectives.tasks import TASKS

    every = {each: set(names(each)) for each in SOURCE.rglob("*.py") if "models" not in each.parts}
    running = [each for each in below(s.Objective) if runs(object.__new__(each))]
    assert len(running) >= 7
    for kind in running:
        files = [str(file.relative_to(SOURCE)) for file, used in every.items() if kind.__name__ in used]
        task = str(Path(TASKS[kind].__module__.replace(".", "/").removeprefix("clados/")).with_suffix(".py"))
        assert sorted(files) in ([task], sorted([task, "spec/__init__.py"])), files


# Where an argument is still refused as a declaration: this list only gets shorter.
SPEC_ERRORS = {
    "checkpoints/save.py",
    "proofs/applies.py",
    "proofs/cases.py",
    "proofs/proof.py",
    "proofs/references.py",
    "train/optimisers.py",
    "train/trained.py",
}


def test_a_spec_error_is_raised_for_declarations_only() -> None:
    files = {
        str(file.relative_to(SOURCE))
        for file in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Raise) and node.exc and "SpecError" in set(names_in(node.exc))
    }
    declared = {each for each in files if each.partition("/")[0] in ("spec", "nn", "models", "layouts")}
    assert declared
    assert files - declared <= SPEC_ERRORS


def public_names(file: Path) -> Iterator[str]:
    """The public names that a file defines at its top level, type variables apart."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        targets: list[ast.expr] = []
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from (each for each in [node.name] if not each.startswith("_"))
        elif isinstance(node, ast.Assign) and not {"TypeVar", "ParamSpec"} & set(names_in(node.value)):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign):
            targets = [node.target]
        yield from (each.id for each in targets if isinstance(each, ast.Name) and not each.id.startswith("_"))


# Public names of two things: this list only gets shorter.
TWICE = {
    "OneTable", "Place", "as_stored", "check", "count", "diff", "draw", "generate", "module", "opened", "ours", "prove",
    "read", "replaced", "theirs", "whole",
}  # fmt: skip


def test_a_public_name_is_one_thing() -> None:
    """A part and its module, of one name in spec and nn, are one thing; the layouts, models and oracles are data."""
    found: dict[str, set[str]] = {}
    for file in SOURCE.rglob("*.py"):
        place = str(file.relative_to(SOURCE))
        if not place.startswith(("models/", "layouts/", "proofs/oracles/", "proofs/golden/")):
            for name in public_names(file):
                found.setdefault(name, set()).add(place)
    twice = {name: sorted(files) for name, files in found.items() if len(files) > 1}
    pairs = (["nn", "spec"], ["spec", "train"])  # an optimiser and what runs it
    twins = {name for name, files in twice.items() if [each.partition("/")[0] for each in files] in pairs}
    assert len(found) > 1000
    assert len(twins) > 20
    assert twice.keys() - twins <= TWICE, {name: twice[name] for name in twice.keys() - twins - TWICE}


def test_no_submodule_is_hidden_by_a_name_of_its_package() -> None:
    hidden = set()
    for file in SOURCE.rglob("__init__.py"):
        package = ".".join(("clados", *file.parent.relative_to(SOURCE).parts))
        inside = {each.stem for each in file.parent.glob("*.py")} | {
            each.parent.name for each in file.parent.glob("*/__init__.py")
        }
        there = vars(importlib.import_module(package))
        hidden |= {f"{package}.{name}" for name in inside & there.keys() if not isinstance(there[name], ModuleType)}
        if package == "clados":
            hidden |= {f"clados.{name}" for name in inside & clados.OFFERED.keys()}
    assert not hidden


def raised(text: str) -> Iterator[str]:
    """The names that the ``Raises:`` of a docstring gives."""
    _, _, section = text.partition("Raises:\n")
    for line in section.split("\n\n")[0].splitlines():
        if named := re.match(r" {4}([\w.]+(?:, [\w.]+)*):", line):
            yield from named[1].split(", ")


def test_what_a_docstring_says_is_raised_is_an_exception_that_exists() -> None:
    trees = {file: ast.parse(file.read_text(encoding="utf-8")) for file in SOURCE.rglob("*.py")}
    classes = {node.name for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    classes |= {name for name, each in vars(builtins).items() if isinstance(each, type) and issubclass(each, Exception)}
    said = [
        (name, file)
        for file, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module)
        for name in raised(inspect.cleandoc(ast.get_docstring(node) or ""))
    ]
    assert len(said) > 200
    assert [each for each in said if each[0] not in classes and not ("." in each[0] and pydoc.locate(each[0]))] == []

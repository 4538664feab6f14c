"""Rules of the house, each kept by a test."""

import ast
import builtins
import functools
import importlib
import inspect
import pydoc
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, TypeGuard

import pytest

import clados
from clados import spec as s
from clados.nn import WholeModel

SOURCE = Path(clados.__file__).parent


@functools.cache
def parsed(file: Path) -> ast.Module:
    """The code of a file."""
    return ast.parse(file.read_text(encoding="utf-8"))


@functools.cache
def names(file: Path) -> frozenset[str]:
    """Every name and attribute that a file's code uses."""
    return frozenset(names_in(parsed(file)))


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
        assert not objectives & names(file), file


KINDS = {each.__name__ for each in [*below(s.Model), *below(WholeModel)] if each.__module__.startswith("clados.")}


def texts_in(tree: ast.AST) -> Iterator[str]:
    """Every text in a piece of code, its docstrings apart."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
            yield from texts_in(node)


@pytest.mark.parametrize("folder", ["train", "tour", "objectives", "apply", "cli"])
def test_nothing_outside_asks_a_model_for_its_kind(folder: str) -> None:
    for file in sorted((SOURCE / folder).rglob("*.py")):
        assert not KINDS & names(file), file
        assert not KINDS & {word for text in texts_in(parsed(file)) for word in re.findall(r"\w+", text)}, file


@pytest.mark.parametrize("folder", ["train", "tour", "objectives", "apply", "cli"])
def test_nothing_outside_guesses_what_a_model_has(folder: str) -> None:
    guesses = re.compile(r"\bmodel: Any\b(?! =)|getattr\([^,]*(model|spec), \"(heads|inputs|size|stack|vocab)\"")
    for file in sorted((SOURCE / folder).rglob("*.py")):
        assert not guesses.search(file.read_text(encoding="utf-8")), file


def test_an_objective_that_runs_is_named_in_two_files_its_declaration_and_its_task() -> None:
    from clados.objectives import runs
    from clados.objectives.tasks import TASKS

    every = {each: names(each) for each in SOURCE.rglob("*.py") if "models" not in each.parts}
    ours = [each for each in below(s.Objective) if each.__module__.startswith("clados.")]
    running = [each for each in ours if runs(object.__new__(each))]
    assert len(running) >= 7
    for kind in running:
        files = [str(file.relative_to(SOURCE)) for file, used in every.items() if kind.__name__ in used]
        task = str(Path(TASKS[kind].__module__.replace(".", "/").removeprefix("clados/")).with_suffix(".py"))
        declared = str(Path(kind.__module__.replace(".", "/").removeprefix("clados/")).with_suffix(".py"))
        # another declaration may build on it, in its own file
        assert sorted({*files} - {declared}) in ([task], sorted([task, "spec/__init__.py"])), files


def test_nothing_imports_the_root_which_imports_everything() -> None:
    """Its names come from where they are; what is in ``clados`` itself is what ``import clados`` offers."""
    inside = {each.stem for each in SOURCE.glob("*.py")} | {each.parent.name for each in SOURCE.glob("*/__init__.py")}
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.Import):
                assert not [each.name for each in node.names if each.name.partition(".")[0] == "clados"], file
            elif isinstance(node, ast.ImportFrom) and (node.level or node.module == "clados"):
                assert not node.level, file
                assert {each.name for each in node.names} <= inside, file


def test_a_spec_error_is_raised_for_declarations_only() -> None:
    files = {
        str(file.relative_to(SOURCE))
        for file in SOURCE.rglob("*.py")
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Raise) and node.exc and "SpecError" in set(names_in(node.exc))
    }
    declared = {each for each in files if each.partition("/")[0] in ("spec", "nn", "models", "layouts")}
    assert declared
    assert files == declared


def public_names(file: Path) -> Iterator[str]:
    """The public names that a file defines at its top level, type variables apart."""
    for node in parsed(file).body:
        targets: list[ast.expr] = []
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from (each for each in [node.name] if not each.startswith("_"))
        elif isinstance(node, ast.Assign) and not {"TypeVar", "ParamSpec"} & set(names_in(node.value)):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign):
            targets = [node.target]
        yield from (each.id for each in targets if isinstance(each, ast.Name) and not each.id.startswith("_"))


def offered(name: str, files: list[str]) -> bool:
    """Whether ``clados`` offers it, and what it offers calls the other (generate: on a text, and on ids)."""
    front = str(clados.OFFERED.get(name, "")).replace(".", "/").removeprefix("clados/") + ".py"
    calls = parsed(SOURCE / front).body if front in files else []
    behind = {f"{each.module}".replace(".", "/") + ".py" for each in calls if imports(each, name)}
    return behind == {f"clados/{each}" for each in files if each != front}


def imports(node: ast.stmt, name: str) -> TypeGuard[ast.ImportFrom]:
    """Whether a line imports a name from a module."""
    return isinstance(node, ast.ImportFrom) and name in [each.name for each in node.names]


def test_a_public_name_is_one_thing() -> None:
    """A part and its module, of one name in spec and nn, are one thing, and so are a verb and what it calls.

    The layouts, models and oracles are data.
    """
    found: dict[str, set[str]] = {}
    for file in SOURCE.rglob("*.py"):
        place = str(file.relative_to(SOURCE))
        if not place.startswith(("models/", "layouts/", "proofs/oracles/")):
            for name in public_names(file):
                found.setdefault(name, set()).add(place)
    twice = {name: sorted(files) for name, files in found.items() if len(files) > 1}
    pairs = (["nn", "spec"], ["spec", "train"])  # an optimiser and what runs it
    twins = {name for name, files in twice.items() if [each.partition("/")[0] for each in files] in pairs}
    twins |= {name for name, files in twice.items() if offered(name, files)}
    assert len(found) > 1000
    assert len(twins) > 20
    assert {name: files for name, files in twice.items() if name not in twins} == {}


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
    trees = {file: parsed(file) for file in SOURCE.rglob("*.py")}
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


def raises(function: ast.FunctionDef) -> Iterator[str]:
    """The errors that a function's own code raises by name; not what functions inside it do."""
    inner = {id(each) for inside in ast.walk(function) if isinstance(inside, ast.FunctionDef) and inside is not function
             for each in ast.walk(inside)}  # fmt: skip
    for node in ast.walk(function):
        if isinstance(node, ast.Raise) and id(node) not in inner and isinstance(node.exc, ast.Call):
            yield from (name for name in names_in(node.exc.func) if name.endswith("Error"))


def test_a_public_function_says_what_it_raises() -> None:
    """The docstrings of commands are help texts, which a user reads."""
    silent = [
        (file.relative_to(SOURCE).as_posix(), node.name)
        for file in SOURCE.rglob("*.py")
        for node in parsed(file).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not node.name.endswith("_command")
        if any(raises(node)) and "raises" not in (ast.get_docstring(node) or "").lower()
    ]
    assert silent == []


NAMES = {"Tokenizer": "tokenizer", "VocabIds": "vocab_ids"}  # by type


def test_a_tokenizer_and_the_ids_of_a_vocabulary_have_one_name_each() -> None:
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
                said = ast.unparse(node.annotation).strip("'").removesuffix(" | None")
                name = node.arg if isinstance(node, ast.arg) else ast.unparse(node.target)
                assert NAMES.get(said, name) in name, (file, name)

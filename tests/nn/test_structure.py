"""spec and nn are mirrors, without circles of imports, and no module stands behind a function of its name."""

import ast
import graphlib
import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest

import clados
from clados import nn, spec
from clados.nn.core.module import MODULES

SOURCE = Path(clados.__file__).parent


def modules(package: str) -> dict[str, Path]:
    """Every module of a package by its name."""
    files = (SOURCE / package).rglob("*.py")
    return {
        ".".join(each.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__"): each
        for each in files
    }


def imported(tree: ast.AST, known: set[str]) -> set[str]:
    """Modules that a module imports, in its functions too; not those for type checkers."""
    if isinstance(tree, ast.If) and "TYPE_CHECKING" in ast.unparse(tree.test):
        return set()
    if isinstance(tree, ast.ImportFrom) and tree.module:
        return {tree.module, *(f"{tree.module}.{each.name}" for each in tree.names)} & known
    if isinstance(tree, ast.Import):
        return {each.name for each in tree.names} & known
    return {name for each in ast.iter_child_nodes(tree) for name in imported(each, known)}


PACKAGES = [each.parent.name for each in sorted(SOURCE.glob("*/__init__.py"))]


@pytest.mark.parametrize("package", PACKAGES)
def test_there_is_no_circle_of_imports(package: str) -> None:
    files = modules(package)
    known = files.keys() - {f"clados.{package}"}  # which gathers what is offered
    graph = {name: imported(ast.parse(files[name].read_text()), known) - {name} for name in known}
    assert [*graphlib.TopologicalSorter(graph).static_order()]


def test_what_builds_a_part_stands_in_the_file_of_the_name_of_its_own() -> None:
    apart = {
        f"{parts[-1].__name__} of {parts[-1].__module__} is built in {build.__module__}"
        for parts, build in MODULES.items()
        if build.__module__ != parts[-1].__module__.replace(spec.__name__, nn.__name__)
    }
    assert MODULES
    assert not apart


@pytest.mark.parametrize("package", ["spec", "nn", "proofs"])
def test_no_module_is_hidden_by_what_bears_its_name(package: str) -> None:
    whole = importlib.import_module(f"clados.{package}")
    names = [whole.__name__, *(each.name for each in pkgutil.walk_packages(whole.__path__, f"{whole.__name__}."))]
    for name in names[1:]:
        above, _, own = name.rpartition(".")
        assert isinstance(getattr(importlib.import_module(above), own, importlib.import_module(name)), ModuleType), name

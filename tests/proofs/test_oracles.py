"""Oracles are found by their files, and their equations know nothing of ours."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import clados
from clados.catalog.load import catalog
from clados.models.declared import declared
from clados.proofs import oracles
from clados.proofs.cases import structures

SOURCE = Path(clados.__file__).parent
FILES = sorted(Path(oracles.__file__).parent.glob("[!_]*.py"))
PACKAGE = oracles.__name__


def imported(tree: ast.AST) -> Iterator[str]:
    """The modules that a piece of code imports, or imports from."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{each.name}" for each in node.names)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_equations_use_numpy_and_nothing_of_ours(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    allowed = {*sys.stdlib_module_names, "numpy"}
    equations = [node for node in tree.body if getattr(node, "name", "") not in ("fits", "numbers")]
    names = {name for node in equations for name in imported(node)}
    assert names
    assert {name for name in names if name.partition(".")[0] not in allowed and not name.startswith(PACKAGE)} == set()


def test_nothing_else_names_an_oracle() -> None:
    modules = {f"{PACKAGE}.{file.stem}" for file in FILES if file.stem != "plain"}
    assert len(modules) > 18
    for file in (*SOURCE.rglob("*.py"), *SOURCE.glob("../../scripts/*.py")):
        if file not in FILES:
            text = file.read_text(encoding="utf-8")
            assert not modules & {*imported(ast.parse(text))}, file
            assert not [name for name in modules if name in text or f"oracles/{name.rpartition('.')[2]}" in text], file


def test_each_card_has_the_oracles_of_its_structures() -> None:
    every = oracles.found()
    assert {each.card for each in every} <= catalog().keys()
    for each in every:
        assert any(each.fits(model) for model in structures(declared(each.card)).values()), each
    gated = {name: oracles.oracles("switch", model) for name, model in structures(declared("switch")).items()}
    assert {name: [each.source.count("table 9") for each in some] for name, some in gated.items()} == {
        "c": [0],
        "base-8": [0],
        "xxl": [1],
    }


def test_a_new_oracle_is_one_file_in_a_users_folder_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = [each.card for each in oracles.found()]
    (tmp_path / "oracles").mkdir()
    (tmp_path / "oracles" / "mine_2.py").write_text(
        "from clados.proofs.oracles.plain import *\n\nSOURCE = 'a paper'\n\n\n"
        "def run(numbers, weights, read):\n    return {'logits': softmax(read['x'])}\n"
    )
    monkeypatch.setenv("CLADOS_PATH", str(tmp_path))
    monkeypatch.delitem(sys.modules, f"{PACKAGE}.mine_2", raising=False)
    new = [each for each in oracles.found() if each.card not in before]
    assert [(each.card, each.source, each.sizes) for each in new] == [("mine-2", "a paper", ())]
    monkeypatch.delenv("CLADOS_PATH")
    assert [each.card for each in oracles.found()] == before

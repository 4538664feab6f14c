"""The numbers of a run on a small machine, beside the published ones."""

from pathlib import Path

import pytest

from clados.cli.frame import run_command_line
from clados.models.declared import declared
from clados.train.learns import learns
from clados.train.planned import planned
from clados.train.scaled import rate_model
from tests.train.small import choices, write_texts

CHILD = """
from clados.models.gpt.gpt_2 import declaration as parent, gpt_2
from clados.spec import *

child = gpt_2.but(size=Size(layers=2, d_model={width}, heads=2))
declaration = Declaration(model=child, sizes={{"only": child.size}}, recipe={recipe})
"""
OWN = "Recipe((parent.recipe.stages[0].but(optimiser=AdamW(lr=1e-3)),))"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A user's folder with a child of GPT-2."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLADOS_PATH", str(tmp_path))
    assert run_command_line(["new", "child", "--like", "gpt-2"]) == 0
    capsys.readouterr()
    return tmp_path


@pytest.mark.parametrize(
    ("width", "recipe", "meant"),
    [(32, "parent.recipe", 768), (2048, "parent.recipe", 2048), (32, OWN, 32)],
    ids=["taken over", "wider than its parent", "its own"],
)
def test_a_rate_that_is_taken_over_is_meant_for_the_width_of_the_ancestor(
    width: int, recipe: str, meant: int, folder: Path
) -> None:
    (folder / "child.py").write_text(CHILD.format(width=width, recipe=recipe))
    declaration = declared("child")
    found = rate_model("child", declaration.recipe.stages[0], declaration.model)
    assert found.size.d_model == meant


def test_a_small_child_with_its_parents_recipe_learns(folder: Path) -> None:
    """By the rate of its parent's width, 2.5e-4 at 768, it ends above guessing by frequency (4.2 nats against 3.3)."""
    (folder / "child.py").write_text(CHILD.format(width=64, recipe="parent.recipe"))
    asked = choices(write_texts(folder / "texts", documents=40), "child", params=None, steps=100)
    assert planned(asked).run.lr == 3e-3
    assert learns(asked, targets=300).margin > 0.5


def test_a_published_size_keeps_its_published_rate() -> None:
    for name in ("gpt-2", "roberta", "redpajama-incite"):
        declaration = declared(name)
        assert rate_model(name, declaration.recipe.stages[0], declaration.model) == declaration.model

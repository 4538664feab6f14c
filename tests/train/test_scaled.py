"""The numbers of a run on a small machine, beside the published ones."""

import math
from pathlib import Path

import pytest

from clados import spec as s
from clados.cli.frame import run_command_line
from clados.data.examples import Text
from clados.models.declared import declared, package_models
from clados.objectives import runs, task
from clados.spec.core.scale import mixes
from clados.train.choices import Choices
from clados.train.fitting import headed
from clados.train.learns import learns
from clados.train.planned import planned
from clados.train.scaled import NUMBERS, numbered, rate_model, recipe_size
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


def rate(stage: s.Stage) -> float:
    return stage.optimiser.lr  # type: ignore[attr-defined, no-any-return]


def kinds(model: s.Model) -> list[type]:
    """Of the model and its towers; CLIP's ResNets are others than its Transformers."""
    return [type(each) for each in (model, *model.towers)]


def alike(one: s.Stage, stage: s.Stage) -> bool:
    """Whether they learn the same from the same, after models of the same card."""
    starts = [each.start.partition(":")[0] if isinstance(each, s.Tuning) else "" for each in (one, stage)]
    return type(one.objective) is type(stage.objective) and one.exponent == stage.exponent and starts[0] == starts[1]


@pytest.mark.parametrize("name", [each for each in package_models() if declared(each).recipes])
@pytest.mark.parametrize("params", [10**6, 10**9])
def test_a_budgets_rate_is_that_of_the_nearest_size_which_is_trained_alike(name: str, params: int) -> None:
    """Of all declarations whose sizes have recipes of their own, each stage that can be trained."""
    declaration = declared(name)
    for stage in declaration.recipe.stages:
        if not runs(stage.objective):
            continue
        size = recipe_size(declaration, stage, str(params), [Text("", "a text")])
        taken = numbered(stage, declaration, size)
        assert taken.but(**{field: getattr(stage, field) for field in NUMBERS}) == stage
        others = {
            other: [each for each in declaration.recipe_at(other).stages if each.name == stage.name]
            for other, model in declaration.models().items()
            if kinds(model) == kinds(declaration.model)
        }
        distance = {
            other: abs(math.log(s.count_parameters(declaration.at(other)).total / params))
            for other, stages in others.items()
            if stages
            and alike(stages[0], stage)
            and not task(stage.objective).refusal(headed(declaration.at(other), stage))
        }
        near = min(distance, key=lambda other: distance[other])
        assert rate(taken) == rate(others[near][0]), (stage.name, near)


@pytest.mark.parametrize(
    ("name", "size", "published", "here"),
    # Taylor et al. 2022, table 5; Brown et al. 2020, table 2.1; Zhang et al. 2022, table 1; Rae et al. 2021, table 1
    [
        ("galactica", "mini", 6e-4, 3e-3),
        ("gpt-3", "small", 6e-4, 3e-3),
        ("opt", "125m", 6e-4, 3e-3),
        ("gopher", "44m", 6e-4, 4 * 6e-4),  # of 512 numbers, at 128
    ],
)
def test_a_small_run_takes_the_rate_of_the_size_that_it_is_scaled_from(
    name: str, size: str, published: float, here: float, tmp_path: Path
) -> None:
    plan = planned(choices(write_texts(tmp_path), name))
    assert plan.numbers_of == f"{name}:{size}"
    assert plan.published_lr == published
    assert plan.run.lr == here


def test_a_small_clip_reads_images_by_a_transformer_as_the_declared_one_does() -> None:
    image = planned(Choices(model="clip", params="400K", steps=1)).model.image  # type: ignore[attr-defined]
    assert isinstance(image, s.Tower)


def test_a_small_glam_has_experts_whatever_its_nearest_size_is() -> None:
    assert mixes(planned(Choices(model="glam", params="1M", vocab=512, steps=1)).model)


def test_a_size_that_is_named_keeps_its_own_proportions_at_a_budget(tmp_path: Path) -> None:
    """Clark et al. 2020, table 6: small's embedding is half as wide as the model (128 of 256), base's as wide (768)."""
    texts = write_texts(tmp_path)
    small, base = (planned(choices(texts, f"electra:{size}", params="1M")) for size in ("small", "base"))
    assert small.model.size.d_embedding == small.model.size.d_model // 2
    assert base.model.size.d_embedding is None
    assert base.numbers_of == "electra:base"
    assert all(abs(s.count_parameters(plan.model).total - 1e6) < 5e4 for plan in (small, base))

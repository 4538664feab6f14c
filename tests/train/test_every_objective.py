"""Every objective trains a small model for seconds, by the stage of a recipe that names it."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch

from clados import spec as s
from clados.models.declared import declared, package_models
from clados.objectives import Loss, runs, task
from clados.objectives.rollouts import RolloutTask
from clados.spec.learning.objectives.base import OF_PARTS
from clados.train import scaled
from clados.train.chain import why_not
from clados.train.choices import Choices
from clados.train.plan import initial_model
from clados.train.pretrain import ready_plan
from tests.train.small import NOUNS, write_pairs, write_texts

SMALL: dict[str, Any] = {"params": "250K", "vocab": 320, "length": 32, "batch": 4, "steps": 10, "lr": 3e-3}
# What an objective cannot do without; the others learn from short sentences, by a recipe's model and stage.
JUDGED: dict[str, Any] = {"params": "260K", "data": "pairs", "length": 96, "reward": "tests.train.small:shortness"}
OTHERWISE: dict[type[s.Objective], dict[str, Any]] = {
    s.ActorCritic: JUDGED,
    s.BestOf: JUDGED,
    s.BinnedTrajectories: {"data": "cartpole", "length": 4},
    s.CodedImages: {"data": "emoji-16", "length": None},
    s.CodedText: {"data": "wordnet"},
    s.Comparisons: {"data": "checked-answers", "length": 64},
    s.ContextDistilled: {"params": "260K", "data": "pairs", "length": 192, "lr": 3e-4},
    s.Contrastive: {"data": "emoji", "batch": 32},
    s.CorruptedSpans: {"model": "t5"},
    s.DPO: {"model": "gpt-2", "objective": "dpo", "data": "checked-answers", "length": 64},
    s.DialogueTurns: {"model": "gpt-2", "objective": "dialogpt", "data": "dialogue/en"},
    s.EntityDenoising: {"data": "wordnet", "length": 64},
    s.GRPO: {**JUDGED, "model": "gpt-2", "objective": "grpo:samples=4"},
    s.Folding: {"data": "structures"},
    s.PointRegression: {"data": None, "params": "20K", "length": None},
    s.HintedDenoised: {"model": "bart", "objective": "htlm"},
    s.ImageClasses: {"model": "vit", "data": "digits", "length": None},
    s.ImagesInText: {"data": "emoji"},
    s.NoiseBesideVector: {"data": "emoji-8", "params": "300K", "batch": 16},
    s.PPO: {**JUDGED, "length": 192},  # whose model first learns a context away
    s.PaintedCodes: {"data": "emoji-16", "params": "300K"},
    s.PairedTexts: {"model": "bert", "objective": "e5", "data": "passages", "batch": 16},
    s.PredictedNoise: {"data": "emoji-8", "params": "300K", "batch": 16},
    s.QuantisedDistillation: {"data": "django/de"},
    s.ReconstructedImages: {"data": "emoji-16", "params": "400K", "batch": 16, "length": None},
    s.ReturnConditioned: {"data": None, "params": None},
    s.Revised: {"params": "260K", "data": "pairs", "length": 192},
    s.SoftComparisons: {"data": "checked-answers", "length": 64},
    s.Supervised: {"data": "pairs", "length": 192},
    s.TextAndActions: {"data": None, "params": "700K"},
    s.Translation: {"data": "django/de"},
    s.Violations: {"data": "checked-rules", "length": 96},
}


def learners() -> dict[type[s.Objective], tuple[str, str]]:
    """For each objective that runs a model and its stage that learns by it; a first stage where there is one."""
    found: dict[type[s.Objective], tuple[str, str]] = {}
    for first in (True, False):
        for name in sorted(package_models()):
            recipe = declared(name).recipe
            for stage in recipe.stages[:1] if first else recipe.stages:
                if not (isinstance(stage, s.Tuning) and first) and not why_not(recipe, stage):
                    found.setdefault(type(stage.objective), (name, stage.name))
    return found


LEARNERS = learners()
BESIDE = (s.DPO, s.GRPO)  # no recipe of the catalogue names them: they stand in the place of another


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("data")
    write_texts(folder / "texts", documents=20)
    write_pairs(folder / "pairs.jsonl", 60)
    rows = [{"anchor": f"{one} {two}", "positive": f"{two}s and {one}s"} for one in NOUNS for two in NOUNS]
    (folder / "passages.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return {each: str(next(folder.glob(f"{each}*"))) for each in ("texts", "pairs", "passages")}


def test_every_objective_that_runs_is_trained_here() -> None:
    named = {type(each.objective) for name in package_models() for each in declared(name).recipe.stages}
    assert {each for each in named if runs(object.__new__(each))} == {*LEARNERS}


@pytest.mark.parametrize("objective", sorted([*LEARNERS, *BESIDE], key=str))
def test_it_trains_for_seconds(
    objective: type[s.Objective], data: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scaled, "USUAL_STEPS", 2)  # of what it starts from
    model, stage = LEARNERS.get(objective, ("gpt-2", ""))
    asked = {"model": model, "stage": stage, "data": "texts", **SMALL, **OTHERWISE.get(objective, {})}
    asked |= {"data": data.get(asked["data"], asked["data"])} | ({"stage": None} if "objective" in asked else {})
    plan = ready_plan(Choices(**asked))
    assert type(plan.stage.objective) is objective
    trainer, parts = plan.trainer(initial_model(plan)), set[str]()

    def noted(self: Loss, weights: Mapping[str, int], over: Callable[..., torch.Tensor] = Loss.over) -> torch.Tensor:
        parts.update(self.parts)
        return over(self, weights)

    monkeypatch.setattr(Loss, "over", noted)
    losses = trainer.fit().losses
    assert len(losses) == SMALL["steps"]
    assert all(map(math.isfinite, losses))
    unit = plan.stage.objective.loss_unit
    assert len(parts - {"routing"}) == 1 or unit == OF_PARTS or " plus " in unit  # routers are the model's
    if not isinstance(task(plan.stage.objective), RolloutTask):  # their loss is of answers that are drawn anew
        assert min(losses[-3:]) < losses[0]

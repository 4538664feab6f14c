"""A student gives what its teacher gives (Sanh et al. 2019)."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import log_softmax, softmax

import clados
from clados import spec as s
from clados.data.packing import Packed, generator
from clados.errors import CladosError
from clados.models.declared import declared
from clados.nn import WholeModel, build
from clados.objectives import Batch, Setting, VocabIds, task
from clados.objectives.teaching import evenly_spaced, start_at_layers
from clados.proofs.cases import structures, without_dropout
from clados.train.choices import Choices
from clados.train.plan import initial_model
from clados.train.planned import planned
from clados.train.pretrain import pretrain
from clados.train.run_folder import resumed
from tests.train.small import choices, write_texts


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_texts(tmp_path_factory.mktemp("texts"))


@pytest.fixture(scope="module")
def teacher(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of some steps."""
    out = tmp_path_factory.mktemp("teacher") / "bert"
    pretrain(choices(data, "bert", params="150K", vocab=100, steps=40, length=16, batch=16, lr=3e-3, dropout=0.0), out)
    return out


def pupil(data: Path, teacher: Path, **more: Any) -> Choices:
    usual: dict[str, Any] = {"steps": 8, "length": 16, "batch": 16, "dropout": 0.0}
    return Choices(model="distilbert", data=str(data), teacher=str(teacher), **(usual | more))


def taught() -> tuple[WholeModel, Batch, WholeModel]:
    """A small student beside its teacher, with a batch of texts of several lengths."""
    model = without_dropout(next(iter(structures(declared("distilbert")).values())))
    size = model.size
    teaches = build(without_dropout(next(iter(structures(declared("bert")).values()))).but(size=size), seed=4)
    made, one = build(model, seed=1), task(s.Distilled(teacher="bert"))
    setting = Setting(model, 0, VocabIds.declared(model.vocab), teaches)
    made.add_module("owned", one.owned(made, setting, 0))
    rows = [
        Packed(generator(n, 1).permutation(setting.required_vocab_ids.ordinary)[:n], np.zeros(n, np.int64))
        for n in (30, 11, 20)
    ]
    return made, one.prepare(rows, [generator(7, i) for i in range(3)], setting), teaches


@torch.no_grad()
def test_the_three_losses_are_those_of_the_authors_script() -> None:
    """huggingface/transformers 1607444, examples/research_projects/distillation/distiller.py, ``step``."""
    model, batch, teaches = taught()
    keep, at, labels = batch.inputs["attention_mask"], batch.targets["at"], batch.targets["labels"]
    with torch.no_grad():
        ours, theirs = model(**batch.inputs), teaches(**batch.inputs)
    a, b = ours.logits[keep], theirs.logits[keep]
    soft = nn.KLDivLoss(reduction="batchmean")(log_softmax(a / 2, -1), softmax(b / 2, -1)) * 2**2
    hard = nn.CrossEntropyLoss()(ours.logits.flatten(0, 1)[at], labels)
    x, y = ours.last_hidden_state[keep], theirs.last_hidden_state[keep]
    cosine = nn.CosineEmbeddingLoss()(x, y, torch.ones(len(x)))
    found = task(s.Distilled(teacher="bert")).loss(model, batch)
    assert {name: float(part.sum / part.weight) for name, part in found.parts.items()} == pytest.approx(
        {"hard": 2 * float(hard), "soft": 5 * float(soft), "directions": float(cosine)}, rel=1e-4
    )
    assert {name: part.weight for name, part in found.parts.items()}.items() <= batch.weights.items()
    assert float(found.mean) == pytest.approx(float(5 * soft + 2 * hard + cosine), rel=1e-4)


def test_the_teacher_learns_nothing_and_is_in_no_checkpoint() -> None:
    model, batch, teaches = taught()
    before = {name: each.clone() for name, each in teaches.state_dict().items()}
    model.train()
    task(s.Distilled(teacher="bert")).loss(model, batch).mean.backward()
    assert not teaches.training
    assert all(each.grad is None for each in teaches.parameters())
    assert all(torch.equal(each, before[name]) for name, each in teaches.state_dict().items())
    assert not [name for name in model.state_dict() if name.startswith("owned")]
    assert all(each.grad is not None and each.grad.any() for name, each in model.named_parameters() if "attn" in name)


def test_a_student_is_every_second_layer_of_its_teacher() -> None:
    assert evenly_spaced(6, 12) == (0, 2, 4, 7, 9, 11)  # scripts/extract_distilbert.py
    assert evenly_spaced(1, 2) == (1,)
    assert evenly_spaced(3, 3) == (0, 1, 2)
    bert = s.tiny(declared("bert").model)
    teacher, student = (
        build(bert.but(size=s.but(layers=4)), seed=1),
        build(s.tiny(declared("distilbert").model).but(size=s.but(layers=2)), seed=2),
    )
    start_at_layers(student, teacher, {"stack": evenly_spaced(2, 4)})
    theirs = teacher.state_dict()
    for name, each in student.state_dict().items():
        there = re.sub(r"blocks\.1\.", "blocks.3.", name)
        assert torch.equal(each, theirs[there]), name


def test_it_learns_from_a_directory_and_goes_on_bit_for_bit(data: Path, teacher: Path, tmp_path: Path) -> None:
    plan = planned(pupil(data, teacher))
    assert planned(pupil(data, teacher, length=None)).setting.length == 16  # of 64, which the teacher has no places for
    bert = clados.from_pretrained(teacher)
    assert plan.model.size.layers == max(1, bert.spec.size.layers // 2)
    assert plan.model.size.d_model == bert.spec.size.d_model
    assert plan.tokenizer is not None
    assert bert.tokenizer is not None
    assert plan.tokenizer.key == bert.tokenizer.key
    whole = pretrain(pupil(data, teacher), tmp_path / "whole", plan=plan)
    assert whole.held_out[-1]["loss"] < whole.held_out[0]["loss"]
    asked: list[int] = []
    stopped = pretrain(pupil(data, teacher), tmp_path / "rest", stop=lambda: asked.append(0) or len(asked) == 5)  # type: ignore[func-returns-value]
    assert not stopped.finished
    rest = pretrain(pupil(data, teacher), tmp_path / "rest", resume=True)
    files = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "rest")]
    assert files[0] == files[1]
    assert rest.finished
    other = tmp_path / "other"
    pretrain(choices(data, "bert", params="150K", vocab=100, steps=1, length=16, batch=16), other)
    with pytest.raises(CladosError, match=r"its teacher checksum is \w+\.\.\., this run's is "):
        pretrain(pupil(data, other, steps=9), tmp_path / "whole", resume=True)
    assert clados.fill(tmp_path / "whole", "The [MASK] sees the house.")[0].blanks


def test_a_student_that_starts_from_its_teacher_is_better_than_one_drawn_anew(data: Path, teacher: Path) -> None:
    plan = planned(pupil(data, teacher))
    started, drawn = plan.trainer(initial_model(plan)), plan.trainer(build(plan.model, seed=0))
    found = []
    for each in (started, drawn):
        with each.evaluating():
            found.append(each.unit.evaluate(each.devices))
    assert found[0]["soft"] < found[1]["soft"]
    assert found[0]["lm"] < found[1]["lm"]


def test_what_cannot_teach_is_refused_in_one_line(data: Path, teacher: Path, tmp_path: Path) -> None:
    with pytest.raises(CladosError, match="MaskedTokens learns without one"):
        planned(Choices(model="bert", data=str(data), teacher=str(teacher)))
    with pytest.raises(CladosError, match="params and vocab are of a new model; a student has those of"):
        pupil(data, teacher, params="1M")
    pretrain(choices(data, "gpt-2", steps=1), tmp_path / "gpt-2")
    with pytest.raises(CladosError, match="a Decoder cannot teach an Encoder"):
        planned(pupil(data, tmp_path / "gpt-2"))
    pretrain(choices(data, "roberta", steps=1), tmp_path / "roberta")
    with pytest.raises(CladosError, match="the teacher's vocabulary is of the kind bytes, the student's wordpiece"):
        planned(pupil(data, tmp_path / "roberta"))
    pretrain(choices(data, "electra", params=None, steps=1), tmp_path / "electra")
    with pytest.raises(CladosError, match="electra cannot teach: Distilled needs a head 'lm', which this"):
        planned(pupil(data, tmp_path / "electra"))
    with pytest.raises(CladosError, match="has positions for"):
        planned(pupil(data, teacher, length=400))


def test_without_a_directory_a_small_teacher_is_trained_once_and_kept(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clados.train.scaled.USUAL_STEPS", 2)
    monkeypatch.setattr("clados.train.planned.cache_folder", lambda: tmp_path / "cache")
    wanted = Choices(model="distilbert", data=str(data), params="100K", vocab=100, length=16, steps=1, batch=4)
    plan = planned(wanted)
    assert [each.card for each in plan.sequence] == ["bert", "distilbert"]
    assert plan.teaching
    assert (plan.teaching.run.steps, plan.batch().inputs["input_ids"].shape) == (2, (4, 16))
    assert planned(replace(wanted, steps=None, minutes=0.01)).run.steps >= 1
    stopped = pretrain(wanted, tmp_path / "one", plan=plan, stop=lambda: True)
    assert not stopped.finished  # while the teacher learned
    assert pretrain(resumed(tmp_path / "one", wanted, ["params", "vocab"]), tmp_path / "one", resume=True).finished
    made = planned(wanted)
    assert made.teaching is None
    assert made.model == plan.model
    pretrained = resumed(tmp_path / "one", wanted, ["params", "vocab", "length", "steps"])
    assert pretrained.teacher == made.choices.teacher
    with pytest.raises(CladosError, match="its run has params 100K, not 120K; its run has vocab 100, not 101"):
        resumed(tmp_path / "one", replace(wanted, params="120K", vocab=101), ["params", "vocab"])
    (kept,) = (tmp_path / "cache" / "small").iterdir()
    assert kept.name.startswith("bert-")
    monkeypatch.setattr("clados.train.scaled.USUAL_STEPS", 0)  # it is not trained again
    pretrain(wanted, tmp_path / "two")
    files = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("one", "two")]
    assert files[0] == files[1]

"""The loop: equal to one large batch, deterministic, resumable, honest about failure."""

import json
import math
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

import clados
from clados import spec as s
from clados.checkpoints.atomic import LOCK
from clados.data import read as read_data, split
from clados.errors import CladosError
from clados.files import locked
from clados.reports.log import Entry, read_log
from clados.train import saved
from clados.train.choices import Choices
from clados.train.log import Log, Show
from clados.train.plan import initial_model
from clados.train.planned import planned
from clados.train.pretrain import pretrain
from clados.train.run_folder import LOCK as RUN_LOCK, resumed
from clados.train.unit import smaller
from tests.train.small import choices, write_texts

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_texts(tmp_path_factory.mktemp("texts"))


def gradients(data: Path, card: str, micro: int) -> dict[str, torch.Tensor]:
    plan = planned(choices(data, card, micro=micro, batch=8))
    trainer = plan.trainer(initial_model(plan))
    kept: dict[str, torch.Tensor] = {}
    stepped = trainer.optimiser.step
    trainer.stage = trainer.stage.but(clip=None)

    def step() -> None:
        kept.update({name: p.grad.clone() for name, p in trainer.model.named_parameters() if p.grad is not None})
        stepped()

    trainer.optimiser.step = step  # type: ignore[method-assign, assignment]
    trainer.step(0)  # in evaluation mode, so without dropout
    return kept


def test_the_model_at_a_checkpoint_is_written_and_changes_nothing(data: Path, tmp_path: Path) -> None:
    plan = planned(choices(data, "electra", steps=22))
    alone = plan.trainer(initial_model(plan)).fit()
    result = pretrain(plan.choices, tmp_path)
    assert result.losses == alone.losses
    made = [clados.from_pretrained(each) for each in sorted(tmp_path.glob("checkpoints/*/model"))]
    assert [each.report.verdict[:5] for each in made] == ["whole"]
    assert not (tmp_path / "checkpoints/step-00000022/model").exists()


@pytest.mark.parametrize("card", ["gpt-2", "bert", "t5"])
def test_several_small_batches_equal_one_large(data: Path, card: str) -> None:
    whole, split = gradients(data, card, 8), gradients(data, card, 3)
    assert whole.keys() == split.keys()
    for name, grad in whole.items():
        torch.testing.assert_close(split[name], grad, rtol=1e-4, atol=1e-6 * float(grad.abs().max() + 1e-3), msg=name)


def test_the_same_seed_gives_the_same_run_and_another_another(data: Path) -> None:
    def run(seed: int) -> list[float]:
        plan = planned(choices(data, steps=4, seed=seed))
        return plan.trainer(initial_model(plan)).fit().losses

    assert run(0) == run(0) != run(1)


def test_evaluating_more_often_changes_nothing(data: Path) -> None:
    plan = planned(choices(data, steps=6))
    often, seldom = plan.trainer(initial_model(plan)), plan.trainer(initial_model(plan))
    often.run = replace(plan.run, every=1)
    assert often.fit().losses == seldom.fit().losses


def strip(entries: list[Entry]) -> list[Entry]:
    return [{k: v for k, v in entry.items() if "second" not in k} for entry in entries]


@pytest.mark.slow
@pytest.mark.parametrize("when", ["step", "save"])
def test_a_killed_run_goes_on_bit_for_bit(data: Path, tmp_path: Path, when: str) -> None:
    wanted = choices(data, "bert", steps=24)
    pretrain(wanted, tmp_path / "whole")
    killed = subprocess.run(
        [sys.executable, "-m", "tests.train.killed", str(data), str(tmp_path / "killed"), when],
        cwd=ROOT,
        check=False,
        timeout=300,
    )
    assert killed.returncode == -9
    checkpoints = saved.checkpoints(tmp_path / "killed" / "checkpoints")
    assert [each.name for each in checkpoints] == ["step-00000010"]
    assert not (tmp_path / "killed" / "model.safetensors").exists()
    result = pretrain(wanted, tmp_path / "killed", resume=True)
    assert result.finished
    logs = [strip(read_log(tmp_path / name / "log.jsonl")) for name in ("whole", "killed")]
    assert logs[0] == logs[1]
    assert [entry["step"] for entry in logs[0] if "loss" in entry] == list(range(1, 25))
    last = "checkpoints/step-00000024"
    for file in ("model.safetensors", f"{last}/model.safetensors", f"{last}/optimiser.safetensors"):
        assert (tmp_path / "whole" / file).read_bytes() == (tmp_path / "killed" / file).read_bytes(), file


def test_a_full_disk_leaves_the_last_good_checkpoint(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Path] = []

    def full(tensors: dict[str, torch.Tensor], file: Path) -> None:
        calls.append(file)
        if len(calls) == 4:
            file.write_bytes(b"half")
            raise OSError(28, "No space left on device")
        save_file(tensors, file)

    monkeypatch.setattr(saved, "save_file", full)
    with pytest.raises(CladosError, match="step-00000020: the checkpoint cannot be written"):
        pretrain(choices(data), tmp_path / "run")
    assert [each.name for each in (tmp_path / "run" / "checkpoints").iterdir()] == ["step-00000010"]
    monkeypatch.undo()
    assert pretrain(choices(data), tmp_path / "run", resume=True).finished


def test_a_loss_that_is_no_number_ends_the_run_with_advice(data: Path) -> None:
    plan = planned(choices(data, steps=10))
    trainer = plan.trainer(initial_model(plan))
    trainer.step(0)
    with torch.no_grad():
        next(trainer.model.parameters()).fill_(float("nan"))
    with pytest.raises(CladosError, match="the loss is nan at step 1: try a lower --lr"):
        trainer.fit()


def test_what_takes_less_memory_is_advised_where_the_model_has_it(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts, images = planned(choices(data, "bert")), planned(Choices(model="vit", params="60K"))
    for plan, named in ((texts, "--micro, --batch, --length or --params"), (images, "--micro, --batch or --params")):
        trainer = plan.trainer(initial_model(plan))
        monkeypatch.setattr(trainer, "step", Mock(side_effect=MemoryError))
        with pytest.raises(CladosError, match=f"^step 1 needs more memory than there is: try a smaller {named}$"):
            trainer.fit()
    assert smaller(images.model, ("--length", "--params")) == "try a smaller --params"


def test_a_stopped_run_is_saved_and_goes_on(data: Path, tmp_path: Path) -> None:
    class Counts(Show):
        steps = 0

        def step(self, entry: object) -> None:
            self.steps += 1

    show = Counts()
    result = pretrain(choices(data), tmp_path / "run", show=show, stop=lambda: show.steps == 7)
    assert not result.finished
    assert result.checkpoint == tmp_path / "run" / "checkpoints" / "step-00000007"
    assert not (tmp_path / "run" / "config.json").exists()
    rest = pretrain(choices(data), tmp_path / "run", resume=True)
    assert [entry["step"] for entry in rest.entries if "loss" in entry] == list(range(1, 25))


def test_checkpoints_of_other_runs_are_refused(data: Path, tmp_path: Path) -> None:
    pretrain(choices(data, steps=2), tmp_path / "run")
    with pytest.raises(CladosError, match=r"this is of another model: its model is gpt-2, this run's is bert$"):
        pretrain(choices(data, "bert", steps=2), tmp_path / "run", resume=True)
    with pytest.raises(CladosError, match="its steps is 2, this run's is 1"):
        pretrain(choices(data, steps=1), tmp_path / "run", resume=True)
    changed = write_texts(tmp_path / "changed")
    for file in changed.iterdir():  # the same sentences, in another order
        file.write_text(". ".join(sorted(file.read_text().rstrip(".").split(". "))) + ".")
    resolved = (tmp_path / "run" / "run.json").read_bytes()
    with pytest.raises(CladosError, match=r"its data checksum is \w{8}, this run's is \w{8}"):
        pretrain(choices(changed, steps=2), tmp_path / "run", resume=True)
    assert (tmp_path / "run" / "run.json").read_bytes() == resolved


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"dropout": 0.5}, r"its declaration\.inputs\.dropout is 0\.1, this run's is 0\.5; .*block\.dropout is 0\.1"),
        ({"lr": 0.5}, r"its lr is 0\.\d+, this run's is 0\.5$"),
        ({"seed": 7, "batch": 3}, r"its batch is 4, this run's is 3; its seed is 0, this run's is 7"),
        ({"shuffled": True}, "its shuffled is False, this run's is True"),
        ({"micro": 2}, "its micro is None, this run's is 2"),
        (
            {"vocab": 300},
            r"\.vocab\.size is 320, this run's is 300; .*its tokenizer checksum is",
        ),
    ],
)
@pytest.mark.parametrize("steps", [0, 1], ids=["before its first checkpoint", "after it"])
def test_every_difference_from_the_run_that_goes_on_is_named(
    data: Path, tmp_path: Path, changed: dict[str, Any], said: str, steps: int
) -> None:
    stops = Stops(1)
    with pytest.raises(KeyboardInterrupt) if not steps else nullcontext():
        pretrain(choices(data), tmp_path / "run", show=stops if not steps else None, stop=lambda: True)
    with pytest.raises(CladosError, match=f"this is of another (model|run): .*{said}"):
        pretrain(choices(data, **changed), tmp_path / "run", resume=True)


class Stops(Show):
    """Stops the process at a step, before anything is saved."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def step(self, entry: Mapping[str, Any]) -> None:
        if entry["step"] == self.at:
            raise KeyboardInterrupt


def test_an_edited_declaration_or_objective_is_another_run(data: Path, tmp_path: Path) -> None:
    plan = planned(choices(data, steps=2))
    pretrain(plan.choices, tmp_path / "run", plan=plan)
    other = replace(plan, model=plan.model.but(stack=s.but(block=s.but(mlp=s.but(act="relu")))))
    with pytest.raises(CladosError, match=r"its declaration\.stack\.block\.mlp\.act is gelu_tanh, this run's is relu$"):
        pretrain(plan.choices, tmp_path / "run", plan=other, resume=True)
    other = replace(plan, stage=plan.stage.but(clip=0.5))
    with pytest.raises(CladosError, match=r"this is of another run: its stage\.clip is None, this run's is 0\.5$"):
        pretrain(plan.choices, tmp_path / "run", plan=other, resume=True)


def test_a_run_of_another_version_goes_on_and_says_so(data: Path, tmp_path: Path) -> None:
    show = Stops(0)
    pretrain(choices(data), tmp_path / "run", stop=lambda: True)
    state = tmp_path / "run" / "checkpoints" / "step-00000001" / "state.json"
    state.write_text(state.read_text().replace(f'"clados": "{clados.__version__}"', '"clados": "0.0.1"'))
    pretrain(choices(data), tmp_path / "run", resume=True, show=show, stop=lambda: True)
    assert show.notes == [f"the run was begun by Clados 0.0.1; this is {clados.__version__}"]


def test_a_run_that_ended_before_its_first_checkpoint_is_resumed_or_started_again(data: Path, tmp_path: Path) -> None:
    whole = pretrain(choices(data, steps=4), tmp_path / "whole")
    for resume in (True, False):
        with pytest.raises(KeyboardInterrupt):
            pretrain(choices(data, steps=4), tmp_path / str(resume), show=Stops(3))
        (tmp_path / str(resume) / ".run.json.0123456789abcdef.part").touch()  # as a kill leaves it
        assert pretrain(choices(data, steps=4), tmp_path / str(resume), resume=resume).losses == whole.losses
        assert {each.name for each in (tmp_path / str(resume)).iterdir()} == {
            each.name for each in (tmp_path / "whole").iterdir()
        }


def test_a_finished_run_is_extended_and_goes_on_bit_for_bit(data: Path, tmp_path: Path) -> None:
    """From the step at which it is extended, the rate is that of the longer run."""
    longer, show = choices(data, steps=20), Stops(0)
    for name in ("at once", "in two"):
        pretrain(choices(data, steps=12), tmp_path / name)
    whole = pretrain(longer, tmp_path / "at once", resume=True, show=show)
    assert show.notes == [
        "the run is extended from 12 to 20 steps; its learning rate is now that of 20 steps, Cosine(warmup=1)"
    ]
    assert whole.finished
    assert len(whole.losses) == 20
    rates = [entry["lr"] for entry in whole.entries if "lr" in entry]
    assert rates[12] > rates[11]
    with pytest.raises(KeyboardInterrupt):
        pretrain(longer, tmp_path / "in two", resume=True, show=Stops(15))
    asked = resumed(tmp_path / "in two", Choices(model="gpt-2"), [])
    assert asked.steps == 20
    assert not pretrain(asked, tmp_path / "in two", resume=True, stop=lambda: True).finished
    assert pretrain(asked, tmp_path / "in two", resume=True).losses == whole.losses
    for file in ("model.safetensors", "checkpoints/step-00000020/optimiser.safetensors"):
        assert (tmp_path / "at once" / file).read_bytes() == (tmp_path / "in two" / file).read_bytes()


def test_a_folder_that_holds_checkpoints_is_not_trained_into(data: Path, tmp_path: Path) -> None:
    plan = planned(choices(data, steps=2))
    plan.trainer(initial_model(plan), tmp_path).fit()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(CladosError, match="checkpoints: holds a run's checkpoints; resume it, or name another folder"):
        plan.trainer(initial_model(plan), tmp_path).fit()
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("place", [RUN_LOCK, f"checkpoints/{LOCK}"])
def test_a_second_run_in_a_folder_is_refused(data: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "checkpoints").mkdir()
    with locked(tmp_path / place), pytest.raises(CladosError, match="another process is writing here"):
        pretrain(choices(data, steps=2), tmp_path)


@pytest.mark.parametrize("file", ["model.safetensors", "optimiser.safetensors", "state.json"])
@pytest.mark.parametrize("damage", ["bit", "cut", "gone"])
def test_damage_is_noticed_and_the_checkpoint_before_goes_on(
    data: Path, tmp_path: Path, run: Path, file: str, damage: str
) -> None:
    copy = shutil.copytree(run, tmp_path / "run")
    last = copy / "checkpoints" / "step-00000024"
    content = bytearray((last / file).read_bytes())
    content[content.index(b'"step": 24') + 8 if file == "state.json" else -3] ^= 1
    (last / file).write_bytes({"bit": bytes(content), "cut": bytes(content[:-40]), "gone": b""}[damage])
    if damage == "gone":
        (last / file).unlink()
    with pytest.raises(
        CladosError, match=f"step-00000024/{file}: .*step-00000020 is whole: to go on from there"
    ) as error:
        pretrain(choices(data), copy, resume=True)
    remove = re.search(r"remove (\S+) and resume", str(error.value))
    assert remove
    shutil.rmtree(remove[1])
    assert pretrain(choices(data), copy, resume=True).finished
    assert (last / "model.safetensors").read_bytes() == (
        run / last.relative_to(copy) / "model.safetensors"
    ).read_bytes()


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    pretrain(choices(data), folder)
    return folder


@pytest.mark.parametrize("line", ["[1]", "3", "{", '{"step": "x"}', '{"step": 1, "held_out": [1]}', "\udc80"])
def test_a_damaged_log_is_one_error(data: Path, tmp_path: Path, run: Path, line: str) -> None:
    copy = shutil.copytree(run, tmp_path / "run")
    log = copy / "log.jsonl"
    log.write_text(line + "\n" + log.read_text(), errors="surrogateescape")
    with pytest.raises(CladosError, match=r"log\.jsonl:1: damaged"):
        pretrain(choices(data), copy, resume=True)


def test_a_log_drops_what_comes_after_the_checkpoint_and_half_lines(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text("".join(json.dumps({"step": n}) + "\n" for n in range(1, 6)) + '{"step": 6, "lo')
    log = Log(file, upto=3)
    log({"step": 4, "again": True})
    log.close()
    assert read_log(file) == [{"step": 1}, {"step": 2}, {"step": 3}, {"step": 4, "again": True}]


def test_pairs_cannot_be_compared_in_parts(data: Path) -> None:
    plan = planned(choices(data, steps=1, micro=2))
    plan = replace(plan, stage=plan.stage.but(objective=s.Contrastive()))
    with pytest.raises(CladosError, match="micro is 2: Contrastive compares a whole batch, so it must be 4"):
        plan.trainer(initial_model(plan))


def test_steps_follow_from_minutes_but_are_never_too_few(data: Path) -> None:
    assert planned(choices(data, steps=None, minutes=1e-4, least=7)).run.steps == 7
    assert planned(choices(data, steps=None, minutes=0.05, least=7)).run.steps > 7


def rows(path: Path, *texts: str) -> Path:
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    return path


RARE = [chr(0x4E00 + i) for i in range(900)]  # each once, so that no vocabulary of 150 has them


def test_a_step_with_nothing_to_mask_is_passed_through(tmp_path: Path) -> None:
    known = ["".join(RARE[(i * j) % 7] for j in range(20)) + "。" for i in range(1, 20)]
    unknown = ["".join(RARE[20 + 10 * i : 30 + 10 * i]) + "。" for i in range(60)]
    plan = planned(
        choices(rows(tmp_path / "a.jsonl", *known, *unknown), "bert", vocab=80, batch=1, steps=40, length=16)
    )
    result = plan.trainer(initial_model(plan)).fit()
    assert result.finished
    assert all(math.isfinite(each) for each in result.losses)


def test_held_out_examples_with_nothing_to_predict_are_one_line(data: Path) -> None:
    plan = planned(choices(data, "bert"))
    vocab_ids = plan.setting.vocab_ids
    assert vocab_ids is not None
    every = {f"role {i}": i for i in range(vocab_ids.size)}
    plan = replace(plan, setting=replace(plan.setting, vocab_ids=replace(vocab_ids, ids=dict(vocab_ids.ids) | every)))
    trainer = plan.trainer(initial_model(plan))
    with pytest.raises(CladosError, match=r"none of the \d+ held-out examples has anything to predict \(lm\)"):
        trainer.fit()


def episodes(path: Path, states: Any, actions: Any) -> Path:
    each = [
        {"observations": s.tolist(), "actions": a.tolist(), "rewards": [-1.0] * len(a)} for s, a in zip(states, actions)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in each))
    return path


def test_actions_beyond_the_reach_of_a_tanh_are_learned(tmp_path: Path) -> None:
    """Pendulum's torque: the sign of the first number, times two; unscaled, no error below 1 can be reached."""
    states = np.random.default_rng(0).normal(size=(40, 12, 3)).round(3)
    data = episodes(tmp_path / "a.jsonl", states, np.where(states[..., :1] > 0, 2.0, -2.0))
    plan = planned(choices(data, "decision-transformer", params="50K", steps=60, length=4, batch=32, lr=3e-3))
    assert (plan.facts.scales.low, plan.facts.scales.high) == ((-2.0,), (2.0,))
    torch.manual_seed(0)
    assert plan.trainer(initial_model(plan)).fit().held_out[-1]["loss"] < 0.5
    assert json.loads(json.dumps(plan.json()))["scales"]["high"] == [2.0]


def test_states_and_actions_that_only_the_held_out_side_has_are_counted(tmp_path: Path) -> None:
    states, actions = np.zeros((30, 4), int), np.zeros((30, 4), int)
    data = episodes(tmp_path / "a.jsonl", states, actions)
    held = {each.document for each in split(read_data(data))[1]}
    rare = next(i for i in range(30) if f"a.jsonl:{i + 1}" in held)
    states[rare, 0], actions[rare, 1] = 9, 3
    plan = planned(choices(episodes(data, states, actions), "decision-transformer", length=4, steps=1))
    assert (plan.facts.scales.kinds, plan.facts.scales.choices) == (10, 4)
    assert plan.trainer(initial_model(plan)).fit().finished


@pytest.mark.parametrize("rare", ["bee", "zebra"])
def test_a_class_that_only_the_held_out_side_has_is_a_class(tmp_path: Path, rare: str) -> None:
    for name in ("train/ant", "train/cow", f"val/{rare}", "val/ant"):
        (tmp_path / name).mkdir(parents=True)
        for i in range(4):
            Image.fromarray(np.full((16, 16, 3), 20 * i, np.uint8)).save(tmp_path / name / f"{i}.png")
    plan = planned(choices(tmp_path, "vit", params="91154", steps=1))
    assert plan.facts.classes == tuple(sorted(("ant", "cow", rare)))
    assert plan.trainer(initial_model(plan)).fit().finished


def test_a_saved_model_is_trained_further(data: Path, tmp_path: Path, run: Path) -> None:
    before = read_log(run / "log.jsonl")[-1]["held_out"]["loss"]
    asked = Choices(model="gpt-2", data=str(data), start=str(run), batch=4, steps=12)
    whole = pretrain(asked, tmp_path / "whole")
    assert whole.held_out[0]["loss"] == before
    assert whole.held_out[-1]["loss"] < before
    for file in ("tokenizer.json", "config.json"):
        assert (tmp_path / "whole" / file).read_bytes() == (run / file).read_bytes()
    with pytest.raises(KeyboardInterrupt):
        pretrain(asked, tmp_path / "run", show=Stops(11))
    assert pretrain(asked, tmp_path / "run", resume=True).losses == whole.losses
    other = replace(asked, start=str(tmp_path / "whole"))
    with pytest.raises(CladosError, match="its start checksum is"):
        pretrain(other, tmp_path / "run", resume=True)


@pytest.mark.parametrize(
    ("model", "more", "said"),
    [
        ("bert", {}, "its model is of the kind Decoder; this objective trains the kind Encoder"),
        ("gpt-2", {"length": 99}, "length is 99; .* has positions for 24"),
        ("gpt-2", {"params": "1M"}, "params and vocab are of a new model"),
        ("gpt-2", {"vocab": 300}, "params and vocab are of a new model"),
        ("gpt-2", {"start": "nowhere"}, "nowhere: there is no such directory"),
    ],
)
def test_a_model_that_cannot_be_trained_further_is_refused(
    data: Path, run: Path, model: str, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(CladosError, match=said):
        planned(Choices(**{"model": model, "data": str(data), "start": str(run), "steps": 1, **more}))


@pytest.mark.parametrize(
    "run",
    [
        [],
        {"model": ["gpt-2"]},
        {"choices": 3},
        {"choices": {"steps": "x"}},
        {"choices": {"dtype": "float32\n"}},
        {"choices": {"batch": 10**30}},
        {"choices": {"unheard": 1}},
        {"examples": []},
    ],
)
def test_a_damaged_run_file_is_one_line_before_the_first_checkpoint(data: Path, tmp_path: Path, run: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        pretrain(choices(data), tmp_path / "run", show=Stops(1))
    file = tmp_path / "run" / "run.json"
    was = json.loads(file.read_text())
    if isinstance(run, dict):
        more = run.get("choices", {})
        run = was | run | {"choices": was["choices"] | more if isinstance(more, dict) else more}
    file.write_text(json.dumps(run))
    with pytest.raises(CladosError, match=r"run\.json: |dtype is") as error:
        pretrain(resumed(file.parent, Choices(model="gpt-2"), []), file.parent, resume=True)
    assert len(str(error.value).splitlines()) == 1
    assert json.loads(file.read_text()) == run


def test_dropout_depends_on_step_update_and_batch(data: Path) -> None:
    plan = planned(choices(data))
    trainer, drawn = plan.trainer(initial_model(plan)), []
    for places in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0)):
        trainer._seed(*places)
        drawn.append(tuple(torch.rand(4).tolist()))
    assert drawn[0] == drawn[-1]
    assert len(set(drawn)) == 4


def test_the_last_two_checkpoints_are_kept(data: Path, tmp_path: Path) -> None:
    plan = planned(choices(data, steps=5))
    plan = replace(plan, run=replace(plan.run, save_every=1))
    plan.trainer(initial_model(plan), tmp_path / "run").fit()
    kept = [each.name for each in saved.checkpoints(tmp_path / "run" / "checkpoints")]
    assert kept == ["step-00000004", "step-00000005"]

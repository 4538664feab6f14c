"""Walks through a recipe: the plan, what it refuses, and a walk that is stopped and goes on."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file

from clados import spec as s
from clados.checkpoints import from_pretrained
from clados.checkpoints.mapping.detect import slots
from clados.cli.frame import run_command_line
from clados.errors import CladosError, CladosWarning, InputError
from clados.files import JsonObject
from clados.names import cache_folder
from clados.objectives import task
from clados.objectives.judges import judge_of, judge_scores
from clados.reports.run import REPORT, RunRecord, run_numbers, run_record
from clados.reports.samples import AnsweredPrompt
from clados.small import model_folder
from clados.train.align import _begun, align, choices_of, first_trained, legs
from clados.train.align_told import told_differs
from clados.train.choices import Choices
from clados.train.judging import critic_of
from clados.train.planned import planned
from clados.train.pretrain import pretrain
from clados.train.reported import run_units
from clados.train.walk import Walk, parted_data
from tests.train.small import write_pairs

REWARDS = "def short(prompts, answers):\n    return [-0.1 * len(each.split()) for each in answers]\n"


@pytest.fixture(autouse=True)
def _rewards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "walked_rewards.py").write_text(REWARDS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))


def test_a_plan_says_what_starts_from_what_and_what_differs_from_the_paper() -> None:
    first, second, third = legs(Walk(model="instructgpt", reward="walked_rewards:short"))
    assert (first.stage.name, first.start, first.without) == ("demonstrations", "small/gpt-2", "")
    assert "starts from small/gpt-2 in the place of gpt-3:175b" in first.differs
    assert second.stage.name == "comparisons"
    assert (third.start, third.without) == ("demonstrations", "")
    assert "is judged by walked_rewards:short in the place of 'comparisons'" in third.differs
    assert {"batch 64, published 512", "minibatches 2, published 8"} < {*third.differs}
    head = "a head on the model foresees rewards, as no model judges that could begin a critic"
    assert head in third.differs
    assert head not in legs(Walk(model="instructgpt"))[-1].differs
    assert head not in legs(Walk(model="stackllama", reward="walked_rewards:short"))[-1].differs


def test_a_stage_is_judged_by_those_that_its_recipe_names_and_comes_after_them() -> None:
    assert legs(Walk(model="instructgpt"))[-1].judges == ("comparisons",)
    reward, rated, last = legs(Walk(model="gpt-3.5"))  # people rated answers
    assert (reward.stage.name, rated.judges, last.judges) == ("comparisons", ("comparisons",), ("comparisons",))
    assert "is judged by 'comparisons' in the place of people" in rated.differs


def test_without_a_judge_what_learns_from_judgements_is_refused() -> None:
    said = "stage 'reinforcement' is judged by 'comparisons', which is not walked: name who judges here (--reward)"
    with pytest.raises(InputError) as refused:
        legs(Walk(model="instructgpt", stages=("demonstrations", "reinforcement")))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("model", "start"),
    [("stablevicuna", "small/llama"), ("chatgpt", "small/gpt-2"), ("flan-t5", "small/t5"), ("seeker", "small/bart")],
)
def test_a_small_model_stands_for_its_descendants_of_the_same_kind(model: str, start: str) -> None:
    assert legs(Walk(model=model))[0].start == start


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"model": "gpt-2"}, "gpt-2 has no stage that starts from a trained model: clados pretrain gpt-2 trains it"),
        ({"model": "instructgpt", "stages": ("demonstration",)}, "no stage 'demonstration'; did you mean 'demonstrat"),
        (
            {"model": "instructgpt", "stages": ("reinforcement",), "reward": "walked_rewards:short"},
            r"'demonstrations', which is not walked: walk it too \(--stages\), or name the folder of an earlier walk",
        ),
        ({"model": "instructgpt", "reward": "walked_rewards:shrt"}, "no function 'shrt'; did you mean 'short'"),
        ({"model": "instructgpt", "reward": "walked_rewards:short,"}, "reward is ''"),
        ({"model": "instructgpt", "start": "nowhere"}, "start is 'nowhere'; it must be the folder of an earlier walk"),
        ({"model": "instructgpt", "start": ""}, "start is ''; it must be the folder of an earlier walk"),
        ({"model": "instructgpt", "data": ""}, "data is empty; allowed: the name of an embedded set"),
        ({"model": "instructgpt", "stages": ("reinforcement",), "start": "."}, "is not walked, and not in ."),
        ({"model": "instructgpt", "method": "rlhf"}, "method is 'rlhf'; allowed: ppo, grpo, dpo"),
        ({"model": "instructgpt", "seed": 2**63}, "seed is 9223372036854775808; it must be from 0 to"),
        ({"model": "instructgpt", "params": "much"}, "params: 'much' is not a number"),
        ({"model": "instructgpt", "params": "1e99"}, "params is 1e99; it must be above 0 and at most 100T"),
        ({"model": "instructgpt", "params": "0"}, "params is 0; it must be above 0 and at most 100T"),
        ({"model": "chatllama", "params": "9"}, "params is 9: the nearest size that keeps the paper's proportions"),
        ({"model": "instructgpt", "steps": 10**12}, "steps is 1000000000000; it must be above 0 and at most"),
        ({"model": "instructgpt", "start": "."}, "start is '.', and no stage of instructgpt that is walked needs one"),
        (
            {"model": "instructgpt", "data": "english"},
            "data is 'english', and no stage of instructgpt that is walked learns from such",
        ),
        (
            {"model": "instructgpt", "own_data": {"reward": "instructions"}},
            "no stage 'reward'; it has demonstrations, comparisons, reinforcement",
        ),
        (
            {"model": "instructgpt", "own_data": {"comparisons": "instructions"}},
            "data of stage 'comparisons': the data hold Pair examples",
        ),
        (
            {"model": "instructgpt", "stages": ("demonstrations",), "own_data": {"comparisons": "true-answers"}},
            "data is of stage 'comparisons', and instructgpt is walked without it",
        ),
        (
            {"model": "alpaca", "method": "dpo"},
            "method is 'dpo', and no stage of alpaca that is walked learns from a j",
        ),
        ({"model": "alpaca", "reward": "walked_rewards:short"}, "and no stage of alpaca that is walked has a judge"),
        ({"model": "instructgpt", "method": "dpo", "reward": "walked_rewards:short"}, "is walked has a judge"),
    ],
)
def test_what_cannot_be_walked_is_one_line(asked: dict[str, object], said: str) -> None:
    with pytest.raises(CladosError, match=said):
        legs(Walk(**asked))  # type: ignore[arg-type]


@pytest.mark.parametrize("stages", ["", " ", "comparisons,", ","])
def test_stages_without_a_name_are_refused(stages: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["align", "instructgpt", "--dry-run", "--stages", stages]) == 2
    said = f"stages is '{stages}'; it must be names, parted by commas"
    assert capsys.readouterr() == ("", f"clados: {' '.join(said.split())}\n")


def test_a_template_is_told_in_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["align", "sparrow", "--dry-run", "--stages", "dialogues"]) == 0
    first, _, template, *_ = capsys.readouterr().out.splitlines()
    assert (first, template) == (
        "dialogues: Supervised()",
        r"  reads and writes: User: {prompt}\n\nSparrow: {answer}\n\n",
    )


def test_stages_that_people_judged_are_those_that_a_method_takes_the_place_of() -> None:
    judged = [leg.stage.name for leg in legs(Walk(model="gpt-3.5")) if leg.judges]
    assert judged
    swapped = [leg for leg in legs(Walk(model="gpt-3.5", method="dpo")) if isinstance(leg.learned, s.DPO)]
    assert [leg.stage.name for leg in swapped] == judged


def test_dpo_stands_in_the_place_of_reward_model_and_ppo() -> None:
    first, judge, last = legs(Walk(model="instructgpt", method="dpo"))
    assert not first.without
    assert judge.without == "judges answers, and dpo learns from their ranking itself"
    assert (last.learned, last.start, last.judges, last.without) == (s.DPO(), "demonstrations", (), "")
    assert last.differs[0] == "learns by DPO() in the place of PPO"
    assert last.differs[-1] == "learns from the embedded set true-answers"


def test_a_stage_that_does_not_read_the_data_has_its_own(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"instruction": "Say one.", "output": "one"}\n' * 20, encoding="utf-8")
    first, second, _ = legs(Walk(model="instructgpt", data=str(rows)))
    assert first.differs[-1] == f"learns from {rows}"
    assert second.differs[-1] == "learns from the embedded set true-answers"


def test_a_stage_that_goes_on_learns_from_more_than_the_one_before(tmp_path: Path) -> None:
    pretraining, tuning, *_ = legs(Walk(model="openassistant-llama"))
    assert pretraining.differs[-1] == "learns from the embedded set instructions"
    assert tuning.differs[-1] == "learns from the embedded set conversations"
    rows = str(write_pairs(tmp_path / "pairs.jsonl", 20))
    tuning = legs(Walk(model="openassistant-llama", data=rows))[1]
    assert tuning.differs[-1] == f"learns from {rows}"


def test_lines_without_an_answer_are_left_out_where_that_is_asked(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        '{"instruction": "One.", "output": "one"}\n{"instruction": "Two.", "output": ""}\n', encoding="utf-8"
    )
    with pytest.raises(CladosError, match=r"rows.jsonl:2: unusable instruction, output \(the output is empty\)"):
        legs(Walk(model="alpaca", data=str(rows)))
    walk = Walk(model="alpaca", data=str(rows), skip_bad=True)
    assert choices_of(walk, legs(walk)[0], tmp_path).skip_bad


def test_a_stage_has_data_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"instruction": "Say one.", "output": "one"}\n' * 20, encoding="utf-8")
    every, own = parted_data([f"reinforcement={rows}", "comparisons=checked-answers", "conversations"])
    plan = legs(Walk(model="instructgpt", data=every, own_data=own))
    assert [each.data for each in plan] == ["conversations", "checked-answers", str(rows)]
    assert run_command_line(["align", "instructgpt", "--dry-run", "--data", f"demonstrations={rows}"]) == 0
    read = [each for each in capsys.readouterr().out.splitlines() if each.startswith("  learns from ")]
    assert read == [
        f"  learns from {rows}",
        "  learns from the embedded set true-answers",
        "  learns from the embedded set instructions",
    ]


def test_a_length_is_that_of_every_stage_and_of_its_start() -> None:
    short, long = (legs(Walk(model="stablelm:tuned-7b", length=length))[0] for length in (64, 512))
    assert (short.start, long.start) == ("small/gpt-2", "pretraining")  # the small one has learned 128 positions
    found = choices_of(Walk(model="stablelm:tuned-7b", length=512), long, Path())
    assert (found.length, found.params) == (512, "5M")  # its start is trained first, small too


@pytest.mark.parametrize(
    ("model", "last", "length"),
    [("stablelm:tuned-7b", "pretraining", 437), ("colossalchat", "supervised", 304), ("alpaca", "small/llama", None)],
)
def test_a_template_s_own_words_fit_into_a_sequence(model: str, last: str, length: int | None) -> None:
    """Of colossalchat half of a sequence is the answer's; 96 tokens have no room for a prompt of 70."""
    leg = legs(Walk(model=model))[-1]
    said = [each for each in leg.differs if each.startswith("length") and "template" in each]
    assert leg.start == last
    assert [each.split()[1] for each in said] == ([] if length is None else [f"{length},"])


def test_a_path_that_is_there_is_one_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "reward=a.jsonl").touch()
    assert parted_data(["reward=a.jsonl", "x=y=z"]) == ("reward=a.jsonl", {"x": "y=z"})
    assert parted_data(["./b=c.jsonl"]) == ("./b=c.jsonl", {})
    for given, said in (
        (["a", "b"], "data is 'a' and 'b'; of every stage it is one, STAGE=PATH of a single one"),
        (["x=a", "x=b"], "data of stage 'x' is 'a' and 'b'; it is one"),
    ):
        with pytest.raises(InputError, match=said):
            parted_data(given)


@pytest.mark.parametrize("model", ["instructgpt", "gophercite", "sparrow"])  # of GPT-2's structure, and of another
def test_a_stage_has_its_head_whatever_it_starts_from(model: str, tmp_path: Path) -> None:
    _, second, *_ = legs(Walk(model=model))
    (ours,) = {*task(second.learned).heads}
    plan = planned(choices_of(Walk(model=model), second, tmp_path))
    assert ours in slots(plan.model)
    assert all(plan.batch().weights.values())  # GopherCite's judge also learns which answers are good by themselves


def test_what_judges_or_is_judged_has_a_batch_that_a_small_model_learns_from(tmp_path: Path) -> None:
    """ChatLLaMA's are of one answer; its supervised stage has the paper's."""
    asked = Walk(model="chatllama")
    plan = legs(asked)
    assert [choices_of(asked, leg, tmp_path).batch for leg in plan] == [1, 16, 64]
    assert "batch 16, published 1" in plan[1].differs


def test_a_rate_that_is_a_share_of_the_weights_is_another_in_a_walk_too(tmp_path: Path) -> None:
    """Sparrow's stages learn by Adafactor; InstructGPT's by Adam, and adapters twenty times as fast."""
    rates = {
        model: choices_of(Walk(model=model), legs(Walk(model=model))[-1], tmp_path).lr
        for model in ("sparrow", "instructgpt", "deepspeedchat")
    }
    assert rates == {"sparrow": 8e-3, "instructgpt": 2e-4, "deepspeedchat": pytest.approx(4e-3)}


def test_what_a_stage_began_from_is_found_where_it_was_trained_first(tmp_path: Path) -> None:
    """DALL-E's own first stage is below its run, the card that a budget asks for is kept for all, a small one ships."""
    (own,), (named,), (ships,) = (
        legs(asked) for asked in (Walk(model="dall-e"), Walk(model="alpaca", params="1M"), Walk(model="alpaca"))
    )
    assert _begun(Walk(model="dall-e"), own, tmp_path) == tmp_path / own.stage.name / "stages" / "coding"
    assert _begun(Walk(model="alpaca", params="1M"), named, tmp_path).parent == cache_folder() / "small"
    assert str(_begun(Walk(model="alpaca"), ships, tmp_path)) == "small/llama"


def test_what_a_stage_began_from_is_found_after_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a card's model is there, a plan has it as its start, and nothing comes before."""
    asked, kept = Walk(model="alpaca", params="300K"), tmp_path / "kept"
    monkeypatch.setattr("clados.train.planned.kept_folder", lambda choices: kept)
    pretrain(Choices(model="llama", params="300K", steps=1, length=64), kept)
    assert _begun(asked, legs(asked)[0], tmp_path) == kept


def test_a_plan_tells_what_is_trained_first_until_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """DALL-E's own first stage, the card that a budget asks for, DQ-BART's teacher; not what comes along."""
    kept = tmp_path / "kept"
    monkeypatch.setattr("clados.train.planned.kept_folder", lambda choices: kept)
    monkeypatch.setattr("clados.train.pretrain.kept_folder", lambda choices: kept)
    new = {"dall-e": {"coding"}, "dq-bart": {"bart:base"}, "alpaca": set[str]()}
    for asked, first in [
        *((Walk(model=name), first) for name, first in new.items()),
        (Walk(model="alpaca", params="1M"), {"llama"}),
    ]:
        assert first_trained(asked, legs(asked), tmp_path) == first
    assert run_command_line(["align", "alpaca", "--params", "1M", "--dry-run"]) == 0
    assert (
        "  starts from llama, which is trained small first: none comes along or is kept; the" in capsys.readouterr().out
    )
    kept.mkdir()
    (kept / "config.json").touch()
    assert first_trained(Walk(model="alpaca", params="1M"), legs(Walk(model="alpaca", params="1M")), tmp_path) == set()


def test_a_plan_tells_as_many_positions_as_the_start_has() -> None:
    """Small GPT-2 has 128 positions, also for what starts from such a stage; small LLaMA has any number."""
    plan = legs(Walk(model="instructgpt"))
    first, _, last = (told_differs(each, plan, None) for each in plan)
    assert "length 128, published 2,048, as its start has positions for no more" in first
    assert not [each for each in first if each.startswith("length 192")]
    assert len(first) == len(plan[0].differs)
    assert not [each for each in last if each.startswith("length")]  # 96, which it has room for
    assert told_differs(plan[0], plan, 64) == plan[0].differs
    llama = legs(Walk(model="alpaca"))
    assert told_differs(llama[0], llama, None) == llama[0].differs


def test_without_a_walk_there_is_none_to_resume(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no walk to resume"):
        align(Walk(model="instructgpt"), tmp_path / "none", resume=True)


def test_a_walk_that_is_stopped_goes_on_and_tells_of_all(tmp_path: Path) -> None:
    data = str(write_pairs(tmp_path / "pairs.jsonl", 40))
    asked = Walk(
        model="chatllama",
        stages=("actor", "feedback"),
        data=data,
        reward="walked_rewards:short",
        method="grpo",
        steps=2,
    )
    out, calls = tmp_path / "walk", iter([False, True])
    assert not align(asked, out, stop=lambda: next(calls, True))
    assert align(asked, out, resume=True)
    with pytest.raises(InputError, match=r"actor: was trained with steps 2, not 3: resume with the same options"):
        align(replace(asked, steps=3), out, resume=True)
    for other, said in (
        ({"method": "ppo"}, "feedback: was trained with method grpo, not ppo: resume with the same options"),
        ({"params": "150K"}, "actor: was trained without params, not with 150K: resume with the same options"),
        ({"length": 48}, "actor: was trained without length, not with 48: resume with the same options"),
    ):
        with pytest.raises(InputError, match=said):
            align(replace(asked, **other), out, resume=True)
    page = (out / REPORT).read_text()
    assert re.findall(r"<span>(held-out \w+)</span><b>-?[\d.]+</b><small>-?[\d.]+ before</small>", page) == [
        "held-out loss",
        "held-out reward",
    ]
    assert page.count("<h3>after</h3>") == 8  # answers to four prompts of each stage
    assert "learns by GRPO(samples=8) in the place of PPO" in page
    assert "http" not in page.replace("http://www.w3.org", "")
    for name in ("actor", "feedback"):
        assert from_pretrained(out / name).spec
    assert JsonObject.read(out / "feedback" / "run.json").inside("choices").take("reward", str, "") == asked.reward


@pytest.mark.parametrize(
    ("learned", "unit"),
    [
        (s.ContextDistilled("a wish", "Be kind."), "between the model without the context and its start with it"),
        (s.Revised(1, 1, texts=("Say what is unkind.",)), "of answers that the start has rewritten by its principles"),
    ],
)
def test_what_learns_from_its_own_start_is_measured_beside_it(learned: s.Objective, unit: str) -> None:
    """Its first held-out loss is that of the weights that it starts from; that nobody judges it is no reward."""
    reward = {"reward": 0.0, "kl": 0.0} if isinstance(learned, s.Revised) else {}
    entries = [{"step": step, "held_out": {"loss": loss, **reward}} for step, loss in ((0, 0.9), (2, 0.5), (4, 0.25))]
    run = RunRecord(Path(), {"units": run_units(task(learned))}, entries)
    assert run.unit == f"nats a token {unit}"
    assert run.curve.series == {"held out": [(0, 0.9), (2, 0.5), (4, 0.25)]}
    assert ("held-out loss", "0.25", "0.9 before") in run_numbers(run)
    assert "Reward" not in [each.name for each in run.others]


def test_a_stage_is_judged_by_the_model_of_an_earlier_walk(tmp_path: Path) -> None:
    ranked = tmp_path / "ranked.jsonl"
    rows = [{"prompt": f"Say {word}.", "chosen": word, "rejected": "no"} for word in ("one", "two", "six", "ten")]
    ranked.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    pairs = str(write_pairs(tmp_path / "pairs.jsonl", 20))
    with Path(pairs).open("a", encoding="utf-8") as lines:  # too long, so that they are not learned from
        lines.writelines(json.dumps({"instruction": "Who? " * 99, "output": f"{each}"}) + "\n" for each in range(20))
    earlier, out = tmp_path / "earlier", tmp_path / "later"
    assert align(Walk(model="chatllama", stages=("reward",), data=str(ranked), steps=1), earlier)
    asked = Walk(model="chatllama", stages=("actor", "feedback"), start=str(earlier), data=pairs, steps=1)
    assert legs(asked)[-1].judges == (str(earlier / "reward"),)
    assert align(asked, out)
    (checkpoint,) = (out / "feedback" / "checkpoints").glob("step-*")
    assert "owned.critic.heads.reward.out.weight" in load_file(checkpoint / "model.safetensors")  # begun as that judge
    answered = [each for each in run_record(out / "actor").samples if isinstance(each, AnsweredPrompt)]
    assert answered
    assert max(len(each.prompt) for each in answered) < 99  # none of the long ones
    moved = earlier.rename(tmp_path / "moved") / ".." / "moved"  # by another spelling
    asked, out = replace(asked, start=str(moved)), out.rename(tmp_path / "latest")
    (out / "feedback" / "config.json").unlink()  # as if it had been stopped at its end
    assert align(asked, out, resume=True)
    shutil.rmtree(out / "feedback" / "checkpoints")  # before its first checkpoint
    (out / "feedback" / "config.json").unlink()
    assert align(asked, out, resume=True)
    with pytest.raises(InputError, match="feedback: was trained with reward reward, not walked_rewards:short: resume"):
        align(replace(asked, reward="walked_rewards:short", start=None), out, resume=True)
    assert from_pretrained(out / "feedback").spec
    with pytest.raises(
        InputError, match=r"params is 1M, and start is '.*': a model of an earlier walk has its own size"
    ):
        legs(replace(asked, stages=("feedback",), start=str(out), reward="walked_rewards:short", params="1M"))
    begun, folder = s.PPO(kl=0.1, critic="judge"), str(moved / "reward")
    assert critic_of(begun, folder, from_pretrained(folder).tokenizer)
    other = from_pretrained(model_folder("small/t5")).tokenizer
    with pytest.warns(CladosWarning, match="no judge with a reward reads the model's own vocabulary"):
        assert critic_of(begun, folder, other) is None
    assert critic_of(begun.but(critic="head"), folder, other) is None
    judge = judge_of(str(moved / "reward"))
    assert len(judge_scores(judge, "reward", ["a", "a"], ["", "b"])) == 2  # of an answer without words too
    with pytest.raises(InputError, match="llama learned PPO, which does not say how good answers are"):
        judge_of(str(out / "feedback"))

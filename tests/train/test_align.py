"""Walks through a recipe: the plan, what it refuses, and a walk that is stopped and goes on."""

from pathlib import Path

import pytest

from clados.checkpoints import from_pretrained
from clados.errors import InputError
from clados.files import JsonObject
from clados.train.align import REPORT, Walk, align, legs
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
    assert "batch 16, published 512" in third.differs


def test_without_a_judge_what_learns_from_judgements_is_left_out_or_refused() -> None:
    last = legs(Walk(model="instructgpt"))[-1]
    assert last.without == "is judged by 'comparisons': name who judges here (--reward module:function)"
    with pytest.raises(InputError, match="instructgpt: stage 'reinforcement' is judged by 'comparisons': name who"):
        legs(Walk(model="instructgpt", stages=("demonstrations", "reinforcement")))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"model": "gpt-2"}, "gpt-2 has no stage that starts from a trained model: clados pretrain gpt-2 trains it"),
        ({"model": "instructgpt", "stages": ("demonstration",)}, "no stage 'demonstration'; did you mean 'demonstrat"),
        ({"model": "instructgpt", "stages": ("reinforcement",), "reward": "walked_rewards:short"}, "is not walked"),
        ({"model": "instructgpt", "reward": "walked_rewards:shrt"}, "no function 'shrt'; did you mean 'short'"),
        ({"model": "instructgpt", "reward": "walked_rewards:short,"}, "reward is ''"),
        ({"model": "instructgpt", "method": "dpo"}, "method is 'dpo'; allowed: ppo, grpo"),
    ],
)
def test_what_cannot_be_walked_is_one_line(asked: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        legs(Walk(**asked))  # type: ignore[arg-type]


def test_a_stage_that_does_not_read_the_data_has_its_own(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"instruction": "Say one.", "output": "one"}\n' * 20, encoding="utf-8")
    first, second, _ = legs(Walk(model="instructgpt", data=str(rows)))
    assert first.differs[-1] == f"learns from {rows}"
    assert second.differs[-1] == "learns from the embedded set true-answers"


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
    page = (out / REPORT).read_text()
    assert page.count("<svg") == 5  # the loss of the first, and four figures of the second
    assert "learns by GRPO(samples=8) in the place of PPO" in page
    assert "http" not in page.replace("http://www.w3.org", "")
    for name in ("actor", "feedback"):
        assert from_pretrained(out / name).spec
    assert JsonObject.read(out / "feedback" / "run.json").inside("choices").take("reward", str, "") == asked.reward

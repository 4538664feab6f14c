"""Learning from judged answers: a task with a known best answer, runs that go on bit for bit, judges that fail."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import clados
from clados import spec as s
from clados.data.packing import Packed
from clados.errors import InputError
from clados.objectives import Listed, Setting, VocabIds, ppo
from clados.objectives.base import Judge
from clados.objectives.judges import judge_of, judge_scores
from clados.objectives.reinforcement import clipped_policy
from clados.objectives.rollouts import Prompt
from clados.train.log import Show
from clados.train.loop import Result, Trainer
from clados.train.reinforced import ReinforcedUnit
from clados.train.unit import Run

LETTERS = "abcd"  # ids 2 and on; 0 pads, 1 ends
LENGTH = 6  # half of it for the answer
BEST = {asked: LETTERS[(i + 3) % 4] for i, asked in enumerate(LETTERS)}


def decode(ids: Sequence[int]) -> str:
    return "".join(LETTERS[each - 2] for each in ids if each >= 2)


def bandit(prompts: Sequence[str], answers: Sequence[str]) -> list[float]:
    """1 where the answer begins with the one letter that is right after this prompt, whatever comes then."""
    return [float(answer[:1] == BEST[prompt]) for prompt, answer in zip(prompts, answers)]


def small_model(seed: int) -> Any:
    part = clados.declaration("gpt-2").model.but(size=s.Size(layers=1, d_model=32, heads=2))
    vocab = part.vocab.but(size=6, bos=None, eos=1)
    return clados.build(
        part.but(inputs=s.but(vocab=vocab, position=s.Learned(8)), stack=s.but(block=s.but(dropout=0.0))), seed=seed
    )


def small_critic(seed: int) -> Any:
    """A reward model that reads what the small model writes; beside its reward it has a head that nothing asks."""
    return clados.build(small_model(0).spec.but(heads=(s.Untied(), s.Scalar())), seed=seed)


def unit_of(objective: s.Objective, run: Run, judge: Judge = bandit, stage: Any = None, **more: Any) -> ReinforcedUnit:
    model = small_model(run.seed)
    tuning = s.Tuning(
        name="play",
        start="gpt-2",
        objective=objective,
        data="letters",
        optimiser=s.AdamW(lr=1e-3),
        schedule=s.LinearDecay(),
        clip=1.0,
        **(stage or {}),
    )
    ids = VocabIds(6, {"pad": 0, "eos": 1}, decode=decode)
    prompts = Listed([Prompt(letter, np.array([i + 2] * (1 + i % 3))) for i, letter in enumerate(LETTERS)])
    setting = Setting(model.spec, LENGTH, ids)
    return ReinforcedUnit(model, tuning, setting, prompts, run, {"bandit": judge}, prompts, **more)


def trained(
    objective: s.Objective, run: Run, folder: Path | None = None, *, resume: bool = False, **more: Any
) -> tuple[Result, Any]:
    trainer = Trainer(unit_of(objective, run, **more), run, folder, Show())
    return trainer.fit(resume=resume), trainer


PPO = s.PPO(kl=0.02, passes=4, minibatches=2)


def test_the_best_weights_within_a_distance_of_the_start_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of five evaluations the third is best; with no distance allowed, the start."""
    run = Run(steps=8, batch=16, lr=3e-2, every=2, save_every=2, best=True)
    peak = {0: 3.0, 2: 2.0, 4: 1.0, 6: 2.0, 8: 3.0}  # the loss by step: step 4 is best
    steps = iter(peak)
    monkeypatch.setattr(ReinforcedUnit, "judged", lambda unit, found: peak[next(steps)])
    result, trainer = trained(PPO, run, tmp_path)
    assert trainer.best.step == 4
    assert [entry["best"] for entry in result.entries if "held_out" in entry] == [0, 2, 4, 4, 4]
    assert result.before_and_after == (result.held_out[0], result.held_out[2])
    kept = trainer.trained().state_dict()
    (best,) = (tmp_path / "checkpoints").glob("best-*")
    assert best.name == "best-00000004"
    at_four = load_file(best / "model.safetensors")
    assert all(torch.equal(value, at_four[name]) for name, value in kept.items())
    monkeypatch.undo()
    monkeypatch.setattr("clados.train.reinforced.FARTHEST", 0.0)
    _, trainer = trained(PPO, Run(steps=4, batch=16, lr=1e-2, every=2, best=True))
    begun = trainer.unit.start.state_dict()
    assert all(torch.equal(value, begun[name]) for name, value in trainer.trained().state_dict().items())


def test_a_run_whose_best_weights_are_kept_goes_on_for_longer(tmp_path: Path) -> None:
    run = Run(steps=4, batch=16, lr=1e-2, every=2, best=True)
    trained(PPO, run, tmp_path)
    result, _ = trained(PPO, replace(run, steps=12, every=4), tmp_path, resume=True)
    assert [entry["step"] for entry in result.entries if "held_out" in entry] == [0, 2, 4, 8, 12]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_weights_that_have_not_moved_find_their_answers_as_likely_as_before(
    dtype: Literal["float32", "bfloat16"], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []

    def watched(log_p: Any, old: Any, advantages: Any, clip: float) -> Any:
        seen.append(float((log_p.detach() - old).abs().max()))
        return clipped_policy(log_p, old, advantages, clip)

    monkeypatch.setattr(ppo, "clipped_policy", watched)
    trained(s.PPO(kl=0.02), Run(steps=1, batch=16, lr=1e-3, held_out=4, dtype=dtype))
    assert max(seen) < 1e-5


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_ppo_solves_a_task_with_a_known_best_answer_in_1920_answers(seed: int) -> None:
    """By chance fewer than one answer in five is right; six seeds of six get there."""
    result, _ = trained(PPO, Run(steps=30, batch=64, lr=5e-3, seed=seed, held_out=4))
    before, after = result.held_out[0], result.held_out[-1]
    assert before["reward"] < 0.5
    assert before["kl"] == 0
    assert after["reward"] == 1.0
    assert np.mean([entry["reward"] for entry in result.entries[-6:] if "reward" in entry]) > 0.9
    assert 0 < after["kl"] < 6


@pytest.mark.parametrize(
    ("objective", "batch", "steps"),
    [(s.GRPO(samples=8, kl=0.02, passes=2), 8, 30), (s.ActorCritic(kl=0.02), 64, 70), (s.BestOf(samples=8), 16, 40)],
)
def test_so_do_the_others(objective: s.Objective, batch: int, steps: int) -> None:
    result, _ = trained(objective, Run(steps=steps, batch=batch, lr=8e-3))
    rewards = [entry["reward"] for entry in result.entries if "reward" in entry]
    assert np.mean(rewards[:2]) < 0.3
    assert np.mean(rewards[-5:]) > 0.8


def test_a_coefficient_of_the_distance_holds_it() -> None:
    run = Run(steps=20, batch=64, lr=5e-3, held_out=4)
    near, _ = trained(PPO.but(kl=1.0), run)
    far, _ = trained(PPO.but(kl=0.0), run)
    assert near.held_out[-1]["kl"] < 0.3 * far.held_out[-1]["kl"]


def test_an_adaptive_coefficient_follows_the_distance() -> None:
    result, trainer = trained(PPO.but(kl=0.5, target=0.1, horizon=500), Run(steps=12, batch=64, lr=5e-3))
    said = [entry["kl_coefficient"] for entry in result.entries if "kl_coefficient" in entry]
    assert said[1] < said[0]  # there is no distance at first
    assert trainer.unit.kl != said[-1]


# ---------------------------------------------------------------- what a step is a function of

CASES = {
    "ppo": (PPO.but(target=1.0, horizon=300, pretraining=0.5), {}),
    "critic": (PPO.but(critic="judge"), {}),
    "low rank": (PPO, {"trains": s.LowRank(rank=2, alpha=4.0, on=("q", "v"))}),
    "grpo": (s.GRPO(samples=4, passes=2), {}),
    "actor-critic": (s.ActorCritic(kl=0.1, mixed=True), {}),
    "best-of": (s.BestOf(samples=4), {}),
}


@pytest.mark.parametrize("name", CASES)
def test_a_run_that_is_stopped_comes_to_the_same_bits(name: str, tmp_path: Path) -> None:
    objective, more = CASES[name]
    run = Run(steps=6, batch=8, lr=5e-3, save_every=2, held_out=4)
    text = Listed([Packed(np.arange(2, 6)[[i % 4, 1, 2, 3]], np.zeros(4, np.int64)) for i in range(8)])
    given: dict[str, Any] = {"text": text if getattr(objective, "pretraining", 0) else None, "stage": more}
    given["critic"] = small_critic(1) if getattr(objective, "critic", "") == "judge" else None
    whole, trainer = trained(objective, run, **given)
    stopped = Trainer(unit_of(objective, run, **given), run, tmp_path, Show())
    asked = iter([False, False, True])
    stopped.stop = lambda: next(asked)
    assert not stopped.fit().finished
    again, other = trained(objective, run, tmp_path, resume=True, **given)
    for key, value in trainer.model.state_dict().items():
        torch.testing.assert_close(other.model.state_dict()[key], value, rtol=0, atol=0)
    assert again.held_out[-1] == whole.held_out[-1]
    assert trainer.unit.kl == other.unit.kl


def test_answers_are_a_function_of_weights_and_seed_and_end_where_they_end() -> None:
    unit = unit_of(PPO, Run(steps=1, batch=8))
    Trainer(unit, unit.run)
    prompts = unit._prompts(0)
    one, same, other = unit.rollout(prompts, 1), unit.rollout(prompts, 1), unit.rollout(prompts, 2)
    assert one.ids.equal(same.ids)
    assert not one.ids.equal(other.ids)
    for row, prompt in enumerate(prompts):
        begin, number = int(one.begins[row]), int(one.written[row].sum())
        assert one.ids[row, :begin].tolist() == prompt.ids.tolist()
        answer = one.ids[row, begin : begin + number].tolist()
        assert 1 not in answer[:-1]
        assert number == LENGTH // 2 or answer[-1] == 1
        assert not one.ids[row, begin + number :].any()
        alone = unit.model(one.ids[row : row + 1, : begin + number]).logits.detach().log_softmax(-1)[0]
        expected = [float(alone[begin - 1 + i, token]) for i, token in enumerate(answer)]
        torch.testing.assert_close(one.log_p[row, :number], torch.tensor(expected), rtol=1e-4, atol=1e-5)
    assert not one.kl.any()


def test_parts_of_a_minibatch_make_what_it_makes_whole() -> None:
    """But for the biases of keys, which change nothing: AdamW makes steps of a gradient of rounding."""
    found = []
    for micro in (3, 16):
        _, trainer = trained(PPO, Run(steps=2, batch=16, lr=5e-3, micro=micro))
        found.append(trainer.model.state_dict())
    for name, value in found[0].items():
        parts = value.chunk(3)[::2] if name.endswith("qkv.bias") else [value]
        others = found[1][name].chunk(3)[::2] if name.endswith("qkv.bias") else [found[1][name]]
        torch.testing.assert_close(others, parts, rtol=1e-3, atol=1e-4)


def test_what_comes_of_it_is_of_its_declaration_and_no_more() -> None:
    _, trainer = trained(PPO, Run(steps=1, batch=4))
    assert set(trainer.trained().state_dict()) == set(small_model(0).state_dict())


def test_a_critic_foresees_what_its_judge_finds_of_each_text_so_far() -> None:
    judge = small_critic(3).eval()
    with torch.no_grad():
        judge.heads["reward"].out.weight.normal_()
    unit = unit_of(PPO.but(critic="judge"), Run(steps=1, batch=8), critic=judge)
    Trainer(unit, unit.run)
    found = unit.rollout(unit._prompts(0), 1)
    for row in range(len(found)):
        for i in range(int(found.written[row].sum())):
            seen = found.ids[row : row + 1, : int(found.begins[row]) + i]
            torch.testing.assert_close(found.values[row, i], judge(seen).rewards[0].detach(), rtol=1e-4, atol=1e-5)
    assert found.values.std() > 0.1


def test_a_critic_learns_beside_the_model_and_leaves_its_judge_and_what_comes_of_it_as_they_were() -> None:
    judge = small_critic(3)
    begun = {name: value.clone() for name, value in judge.state_dict().items()}
    _, trainer = trained(PPO.but(critic="judge"), Run(steps=2, batch=16, lr=5e-3), critic=judge)
    critic = trainer.model.owned.critic.state_dict()
    moved = {name for name, value in critic.items() if not torch.equal(value, begun[name])}
    assert {"heads.reward.out.weight", "heads.reward.out.bias"} < moved
    assert any("attn" in name or "attention" in name for name in moved)
    torch.testing.assert_close(judge.state_dict(), begun, rtol=0, atol=0)
    assert set(trainer.trained().state_dict()) == set(small_model(0).state_dict())


# ---------------------------------------------------------------- judges


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (lambda prompts, answers: [0.0] * (len(answers) - 1), r"gave 7 scores for 8 answers; it must give one each"),
        (lambda prompts, answers: [float("nan")] * len(answers), "gave nan for the answer '.*'; it must be a finite"),
        (lambda prompts, answers: ["good"] * len(answers), "gave 'good' for the answer"),
        (lambda prompts, answers: None, "gave None; it must give a number for each answer"),
        (lambda prompts, answers: 1 / 0, "failed with ZeroDivisionError: division by zero"),
    ],
)
def test_a_judge_that_fails_is_one_line_and_the_run_is_saved_first(score: Judge, said: str, tmp_path: Path) -> None:
    calls = iter(range(100))

    def judge(prompts: Sequence[str], answers: Sequence[str]) -> Any:
        return score(prompts, answers) if next(calls) == 3 else bandit(prompts, answers)

    run = Run(steps=6, batch=8, lr=5e-3, held_out=4)
    with pytest.raises(InputError, match=f"^step 3: reward bandit {said}.*; the checkpoint of step 2 stays$"):
        trained(PPO, run, tmp_path, judge=judge)
    again, other = trained(PPO, run, tmp_path, resume=True)
    _, trainer = trained(PPO, run)
    assert again.finished
    torch.testing.assert_close(other.model.state_dict(), trainer.model.state_dict(), rtol=0, atol=0)


@pytest.mark.parametrize("score", [torch.zeros(2), np.zeros((2, 1)), 10**400, float("inf"), True, None, "1"])
def test_a_score_that_is_no_finite_number_is_one_line(score: Any) -> None:
    with pytest.raises(InputError, match=r"^reward own gave .* for the answer 'yes'; it must be a finite number$"):
        judge_scores(lambda prompts, answers: [score] * len(answers), "own", ["is it?"], ["yes"])


def test_scores_of_numpy_and_torch_are_numbers() -> None:
    assert judge_scores(lambda *_: torch.tensor([[0.5], [1.0]]), "own", ["", ""], ["a", "b"]) == [0.5, 1.0]
    assert judge_scores(lambda *_: np.array([[0.5], [1.0]]), "own", ["", ""], ["a", "b"]) == [0.5, 1.0]


def test_a_judge_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "def length(prompts, answers):\n    return [len(a) for a in answers]\n\ndef one(answers):\n    return []\n"
    (tmp_path / "own_rewards.py").write_text(text)
    (tmp_path / "leaving_rewards.py").write_text("import sys\nsys.exit(3)\n")
    monkeypatch.chdir(tmp_path)
    assert list(judge_of("own_rewards:length")(["a"], ["abc"])) == [3]
    with pytest.raises(InputError, match="own_rewards has no function 'lenght'; did you mean 'length'"):
        judge_of("own_rewards:lenght")
    with pytest.raises(InputError, match="there is no module 'no_such_module' that can be imported"):
        judge_of("no_such_module:length")
    with pytest.raises(InputError, match="it must be module:function, a function of prompts and answers"):
        judge_of("length")
    with pytest.raises(InputError, match=r"called with prompts and answers, and own_rewards:one\(answers\): too many"):
        judge_of("own_rewards:one")
    with pytest.raises(InputError, match="importing leaving_rewards failed with SystemExit: 3"):
        judge_of("leaving_rewards:one")


def test_who_learns_from_judgements_needs_a_judge_and_a_whole_model() -> None:
    with pytest.raises(InputError, match="PPO learns from judgements, and no judge is given"):
        replace(unit_of(PPO, Run(steps=1)), judges={})
    with pytest.raises(
        InputError, match="sharded is True; a model that writes while it learns is whole on each device"
    ):
        unit_of(PPO, Run(steps=1, sharded=True))

"""The figures of learning from rewards, beside TRL's of the same rollouts (scripts/golden_trl.py)."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor

from clados.objectives import reinforcement as r

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "trl.json").read_text())
PPO, GRPO = GOLDEN["ppo"], GOLDEN["grpo"]
NEAR = 1e-6


def of(name: str, found: dict[str, Any] = PPO) -> Tensor:
    return torch.tensor(found[name], dtype=torch.float64)


WRITTEN = of("mask").bool()


def near(ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours.double(), theirs, rtol=NEAR, atol=NEAR)


def test_the_versions() -> None:
    assert PPO["version"] == "0.11.4"
    assert GRPO["version"] == "1.16.0"


def test_rewards_are_trls() -> None:
    rewards = r.kl_rewards(of("scores"), of("old"), of("start"), WRITTEN, PPO["kl"])
    near(rewards, of("rewards"))
    near(((of("old") - of("start")) * WRITTEN).sum(1), of("kls"))


@pytest.mark.parametrize("whiten", ["", "whitened_"])
def test_advantages_and_losses_are_trls(whiten: str) -> None:
    written = torch.ones_like(WRITTEN) if whiten else WRITTEN
    rewards = r.kl_rewards(of("scores"), of("old"), of("start"), written, PPO["kl"])
    if whiten:
        rewards = r.whitened(rewards, written, centred=False)
    advantages, returns = r.generalised_advantages(rewards, of("values"), written, PPO["discount"], PPO["smoothing"])
    advantages = r.whitened(advantages, written)
    near(advantages * written, of(f"{whiten}advantages"))
    near(returns * written, of(f"{whiten}returns"))
    policy = r.clipped_policy(of("new"), of("old"), advantages, PPO["clip"])
    near(r.written_mean(policy, written), of(f"{whiten}policy"))
    clipped = r.clipped_share(of("new"), of("old"), advantages, PPO["clip"])
    near(r.written_mean(clipped, written), of(f"{whiten}clipped"))
    values = r.clipped_values(of("new_values"), of("values"), returns, PPO["value_clip"])
    near(r.written_mean(values, written), of(f"{whiten}value"))


def test_entropy_is_trls() -> None:
    near(r.written_mean(r.entropy(of("logits")), WRITTEN), of("entropy"))


def test_the_adaptive_coefficient_is_trls() -> None:
    kl = PPO["kl"]
    for found, value in PPO["adapted"]:
        kl = r.adapted_kl(kl, found, 6.0, 10_000, 256)
        assert kl == pytest.approx(value, rel=NEAR)


@pytest.mark.parametrize("update", [0, 1])
def test_grpo_is_trls(update: int) -> None:
    found = GRPO["updates"][update]
    written, new, old, start = (of(name, found) for name in ("mask", "new", "old", "start"))
    advantages = r.group_advantages(of("rewards", GRPO), GRPO["samples"])
    torch.testing.assert_close(advantages, of("group", GRPO), rtol=1e-6, atol=1e-6)
    loss = r.clipped_policy(new, old, of("advantages", found)[:, None], GRPO["clip"])
    loss = loss + GRPO["kl"] * r.estimated_kl(new, start)
    near(((loss * written).sum(1) / written.sum(1)).mean(), of("loss", found))


def test_grpos_second_update_is_away_from_the_first() -> None:
    ratio = (of("new", GRPO["updates"][1]) - of("old", GRPO["updates"][1])).exp()
    assert (ratio - 1).abs().max() > 0.2  # so that clipping matters


# ---------------------------------------------------------------- what they obey


@given(st.integers(0, 2**31), st.integers(1, 4), st.integers(1, 7))
@settings(max_examples=30, deadline=None)
def test_with_all_smoothing_a_return_is_the_sum_of_what_comes(seed: int, rows: int, length: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    rewards, values = (torch.randn(rows, length, generator=draw, dtype=torch.float64) for _ in range(2))
    written = torch.arange(length) < torch.randint(1, length + 1, (rows, 1), generator=draw)
    advantages, returns = r.generalised_advantages(rewards, values, written, 1.0, 1.0)
    coming = (rewards * written).flip(1).cumsum(1).flip(1)
    torch.testing.assert_close(returns * written, coming * written)
    torch.testing.assert_close(advantages * written, (coming - values) * written)
    one, _ = r.generalised_advantages(rewards, values, written, 0.9, 0.0)
    after = torch.nn.functional.pad((values * written)[:, 1:], (0, 1))
    torch.testing.assert_close(one * written, (rewards + 0.9 * after - values) * written)


def test_the_same_weights_have_no_distance_and_a_ratio_of_one() -> None:
    log_p, advantages = of("old"), of("advantages")
    assert not r.estimated_kl(log_p, log_p).any()
    assert not r.clipped_share(log_p, log_p, advantages, 0.2).any()
    near(r.clipped_policy(log_p, log_p, advantages, 0.2), -advantages)
    assert not r.whole_kl(of("logits"), of("logits")).any()


def test_the_estimate_of_kl_is_that_over_the_vocabulary_in_the_mean() -> None:
    ours, theirs = (torch.randn(7, generator=torch.Generator().manual_seed(i), dtype=torch.float64) for i in (1, 2))
    log_p, log_start = ours.log_softmax(-1), theirs.log_softmax(-1)
    expected = (log_p.exp() * r.estimated_kl(log_p, log_start)).sum()
    assert r.whole_kl(ours, theirs).item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_group_whose_answers_are_alike_teaches_nothing() -> None:
    found = r.group_advantages(torch.tensor([1.0, 1.0, 1.0, 0.0, 1.0, 0.0]), 3)
    assert found[:3].tolist() == [0, 0, 0]
    assert found[4] > 0 > found[5]
    assert r.group_advantages(torch.tensor([3.0, 5.0]), 1).tolist() == [0, 0]


def test_processes_whiten_what_they_have_as_one_that_has_all() -> None:
    x, written = torch.randn(4, 5), torch.rand(4, 5) < 0.7
    whole = r.whitened(x, written)
    middle = (x * written).sum() / written.sum()
    every = iter([[written.sum(), (x * written).sum()], [((x - middle).square() * written).sum()]])
    half = r.whitened(x[:2], written[:2], summed=lambda numbers: next(every))
    torch.testing.assert_close(half, whole[:2])


def test_one_token_alone_is_whitened_to_nothing() -> None:
    assert r.whitened(torch.tensor([[3.0]]), torch.tensor([[True]])).item() == 0

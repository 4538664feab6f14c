"""Dropout drops its share and keeps the mean; attention with dropout is attention whose probabilities are dropped."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from clados.nn.dropout import attend, drop

NEARLY_NONE = 1e-9  # a rate so small that nothing is dropped, on the path that draws
CAUSAL = None, True, None, False  # mask, causal, scale, grouped


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_a_rate_of_the_numbers_is_dropped_and_the_rest_grows(rate: float) -> None:
    torch.manual_seed(0)
    x = torch.ones(1003, 301, requires_grad=True)
    y = drop(x, rate, training=True)
    assert abs(float((y == 0).float().mean()) - rate) < 0.004
    torch.testing.assert_close(y[y != 0], torch.full_like(y[y != 0], 1 / (1 - rate)))
    assert torch.autograd.grad(y.sum(), x)[0].equal(y.detach())


def test_neighbours_are_dropped_independently() -> None:
    torch.manual_seed(0)
    kept = (drop(torch.ones(400_000), 0.3, training=True) != 0).double() - 0.7
    for gap in range(1, 9):
        assert abs(float((kept[gap:] * kept[:-gap]).mean())) < 0.002


def test_evaluation_and_a_rate_of_zero_change_nothing() -> None:
    x = torch.randn(9)
    assert drop(x, 0.5, training=False) is x
    assert drop(x, 0.0, training=True) is x


def test_a_seed_repeats_what_is_dropped() -> None:
    torch.manual_seed(3)
    first = drop(torch.ones(500), 0.5, training=True)
    torch.manual_seed(3)
    assert drop(torch.ones(500), 0.5, training=True).equal(first)


@pytest.mark.parametrize("kind", ["all", "causal", "allowed", "bias"])
@pytest.mark.parametrize("keys", [4, 2], ids=["heads alone", "heads in groups"])
@pytest.mark.parametrize("scale", [None, 1.0])
def test_attention_with_hardly_any_dropout_is_attention(kind: str, keys: int, scale: float | None) -> None:
    torch.manual_seed(0)
    q, k, v = (torch.randn(2, heads, 7, 8, requires_grad=True) for heads in (4, keys, keys))
    masks = {"allowed": torch.rand(2, 1, 7, 7) > 0.4, "bias": torch.randn(1, 4, 7, 7)}
    if kind == "allowed":
        masks[kind] |= torch.eye(7).bool()
    given = masks.get(kind), kind == "causal", scale, keys < 4
    found = attend(q, k, v, *given, NEARLY_NONE, training=True)
    expected = F.scaled_dot_product_attention(q, k, v, given[0], 0.0, given[1], scale=scale, enable_gqa=given[3])
    torch.testing.assert_close(found, expected)
    for ours, theirs in zip(
        torch.autograd.grad(found.square().sum(), (q, k, v)),
        torch.autograd.grad(expected.square().sum(), (q, k, v)),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_dropped_probabilities_keep_the_mean() -> None:
    torch.manual_seed(0)
    q, k, v = (torch.randn(1, 1, 5, 8) for _ in range(3))
    given: Any = (*(each.expand(4000, -1, -1, -1) for each in (q, k, v)), None, False, None, False, 0.2, True)
    mean = attend(*given).mean(0)
    torch.testing.assert_close(mean[None], F.scaled_dot_product_attention(q, k, v), rtol=0, atol=0.06)


def test_attention_learns_through_what_it_keeps() -> None:
    """Against the same bits dropped by the definition, in double numbers."""
    torch.manual_seed(0)
    leaves = [torch.randn(2, 3, 5, 4, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    q, k, v = leaves
    torch.manual_seed(1)
    found = attend(q, k, v, *CAUSAL, 0.4, training=True)
    torch.manual_seed(1)
    stays = drop(torch.ones(2, 3, 5, 5, dtype=torch.float64), 0.4, training=True)
    scores = (q @ k.mT / 2).masked_fill(torch.ones(5, 5).triu(1).bool(), float("-inf"))
    expected = (scores.softmax(-1) * stays) @ v
    torch.testing.assert_close(found, expected)
    weights = torch.randn_like(found)
    ours, theirs = (torch.autograd.grad((each * weights).sum(), leaves) for each in (found, expected))
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other)


def test_attention_with_dropout_in_mixed_precision() -> None:
    torch.manual_seed(0)
    q, k, v = (torch.randn(2, 3, 5, 4, requires_grad=True) for _ in range(3))
    with torch.autocast("cpu", torch.bfloat16):
        found = attend(q, k, v, *CAUSAL, 0.4, training=True)
    assert all(each.isfinite().all() for each in torch.autograd.grad(found.float().sum(), (q, k, v)))

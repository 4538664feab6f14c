"""The chunked likelihood equals cross-entropy over all scores, in value and gradients."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from clados.nn.likelihood import CHUNK, nll


def given(positions: int, dtype: torch.dtype = torch.float64) -> tuple[list[Tensor], Tensor]:
    generator = torch.Generator().manual_seed(positions)
    shapes = (positions, 12), (50, 12), (50,)
    tensors = [torch.randn(shape, generator=generator).to(dtype).requires_grad_() for shape in shapes]
    return tensors, torch.randint(50, (positions,), generator=generator)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("positions", [1, CHUNK, 2 * CHUNK + 7])
@pytest.mark.parametrize("biased", [True, False])
def test_value_and_gradients_equal_cross_entropy(positions: int, smoothing: float, biased: bool) -> None:
    tensors, labels = given(positions)
    x, weight = tensors[:2]
    bias = tensors[2] if biased else None
    leaves = [each for each in (x, weight, bias) if each is not None]
    expected = F.cross_entropy(F.linear(x, weight, bias), labels, reduction="sum", label_smoothing=smoothing)
    found = nll(x, weight, bias, labels, smoothing)
    torch.testing.assert_close(found, expected)
    for ours, theirs in zip(
        torch.autograd.grad(found * 3, leaves), torch.autograd.grad(expected * 3, leaves), strict=True
    ):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_sum_under_the_softmax_is_drawn_towards_one(smoothing: float) -> None:
    (x, weight, bias), labels = given(CHUNK + 7)
    scores = F.linear(x, weight, bias)
    expected = F.cross_entropy(scores, labels, reduction="sum", label_smoothing=smoothing)
    expected = expected + 0.3 * scores.logsumexp(-1).square().sum()
    found = nll(x, weight, bias, labels, smoothing, z=0.3)
    torch.testing.assert_close(found, expected)
    leaves = x, weight, bias
    for ours, theirs in zip(torch.autograd.grad(found, leaves), torch.autograd.grad(expected, leaves), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_without_gradients_the_value_is_the_same() -> None:
    (x, weight, bias), labels = given(300)
    with torch.no_grad():
        found = nll(x, weight, bias, labels)
    assert not found.requires_grad
    torch.testing.assert_close(found, nll(x, weight, bias, labels).detach())


def test_no_position_has_no_loss() -> None:
    (x, weight, bias), labels = given(3)
    assert nll(x[:0], weight, bias, labels[:0]).item() == 0


def test_bfloat16_is_near_float32_and_its_gradients_have_its_type() -> None:
    (x, weight, bias), labels = given(300, torch.bfloat16)
    found = nll(x, weight, bias, labels)
    w = [each.detach().float() for each in (x, weight, bias)]
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, nll(w[0], w[1], w[2], labels), rtol=1e-2, atol=0)
    assert [each.dtype for each in torch.autograd.grad(found, [x, weight, bias])] == [torch.bfloat16] * 3


def test_autocast_keeps_the_gradients_in_the_type_of_the_weights() -> None:
    (x, weight, bias), labels = given(300, torch.float32)
    expected = nll(x, weight, bias, labels)
    with torch.autocast("cpu", torch.bfloat16):
        found = nll(x, weight, bias, labels)
    torch.testing.assert_close(found, expected, rtol=1e-2, atol=0)
    assert all(each.dtype == torch.float32 for each in torch.autograd.grad(found, [x, weight, bias]))


def test_a_second_backward_is_refused() -> None:
    """What is kept for it is multiplied in its own place."""
    x, weight = (torch.randn(5, 4, requires_grad=True) for _ in range(2))
    loss = nll(x, weight, None, torch.arange(5)) / 5
    loss.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="inplace"):
        loss.backward()

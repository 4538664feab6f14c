"""Products in bfloat16 are as near to float32's as bfloat16 can be, forward and backward."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from clados.nn.products import InFloat32, product


def given(rows: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = (2, rows, 24), (40, 24), (40,)
    return [torch.randn(shape, generator=generator).bfloat16().requires_grad_() for shape in shapes]


@pytest.mark.parametrize("rows", [1, 50], ids=["few rows", "many rows"])
def test_a_product_of_bfloat16_is_that_of_float32_rounded_once(rows: int) -> None:
    x, weight, bias = given(rows)
    exact = F.linear(x.float(), weight.float(), bias.float())
    torch.testing.assert_close(product(x, weight, bias), exact.bfloat16(), rtol=2**-7, atol=2**-6)


def test_gradients_are_those_of_float32_rounded_once() -> None:
    x, weight, bias = given(50)
    found = torch.autograd.grad(InFloat32.apply(x, weight, bias).float().square().sum(), [x, weight, bias])
    wide = [each.detach().float().requires_grad_() for each in (x, weight, bias)]
    out = F.linear(*wide)
    exact = torch.autograd.grad((out * InFloat32.apply(x, weight, bias).detach().float() * 2).sum(), wide)
    for ours, theirs in zip(found, exact, strict=True):
        assert ours.dtype == torch.bfloat16
        torch.testing.assert_close(ours.float(), theirs, rtol=2**-6, atol=2**-1)


def test_a_product_without_bias_or_gradient_of_the_weight() -> None:
    x, weight, _ = given(50)
    weight = weight.detach()
    out = InFloat32.apply(x, weight, None)
    assert torch.autograd.grad(out.sum(), [x])[0].shape == x.shape


def test_float32_is_left_as_it_is() -> None:
    x, weight, bias = (each.detach().float() for each in given(50))
    assert product(x, weight, bias).equal(F.linear(x, weight, bias))

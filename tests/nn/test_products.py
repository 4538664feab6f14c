"""Products in bfloat16 are as near to float32's as can be, forward and backward; few rows are those of many."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from clados.nn import products
from clados.nn.core.module import Product
from clados.nn.products import InFloat32, linear_transposed, product


def in_float32(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    out: Tensor = InFloat32.apply(x, weight, bias)  # type: ignore[no-untyped-call]
    return out


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
    found = torch.autograd.grad(in_float32(x, weight, bias).float().square().sum(), [x, weight, bias])
    wide = [each.detach().float().requires_grad_() for each in (x, weight, bias)]
    out = F.linear(*wide)
    exact = torch.autograd.grad((out * in_float32(x, weight, bias).detach().float() * 2).sum(), wide)
    for ours, theirs in zip(found, exact, strict=True):
        assert ours.dtype == torch.bfloat16
        torch.testing.assert_close(ours.float(), theirs, rtol=2**-6, atol=2**-1)


def test_a_product_without_bias_or_gradient_of_the_weight() -> None:
    x, weight, _ = given(50)
    weight = weight.detach()
    out = in_float32(x, weight, None)
    assert torch.autograd.grad(out.sum(), [x])[0].shape == x.shape


def test_float32_is_left_as_it_is() -> None:
    x, weight, bias = (each.detach().float() for each in given(50))
    assert product(x, weight, bias).equal(F.linear(x, weight, bias))


@pytest.mark.parametrize("shape", [(3, 24), (4, 24), (2, 2, 24), (1, 3, 24), (4, 1, 24)])
@pytest.mark.parametrize("biased", [True, False])
def test_from_the_side_of_the_weights_it_is_the_same_product(shape: tuple[int, ...], biased: bool) -> None:
    shapes = shape, (40, 24), (40,)
    x, weight, bias = (torch.randn(each, dtype=torch.float64, requires_grad=True) for each in shapes)
    found, wanted = (each(x, weight, bias if biased else None) for each in (linear_transposed, F.linear))
    assert found.is_contiguous()
    torch.testing.assert_close(found, wanted)
    read = [x, weight, *([bias] if biased else [])]
    ours, theirs = (torch.autograd.grad(each.square().sum(), read) for each in (found, wanted))
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("rows", range(1, 7))
def test_products_of_any_number_of_rows_are_alike(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "AVX2", True)
    x, weight = torch.randn(rows, 24), torch.randn(40, 24)
    torch.testing.assert_close(product(x, weight, None), F.linear(x, weight))
    torch.testing.assert_close(product(x, weight.T.contiguous().T, None), F.linear(x, weight))


@pytest.fixture
def transposed_rows(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows of each product that is computed from the side of the weights, on whatever processor."""
    seen: list[int] = []

    def recorded(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        seen.append(x.numel() // x.size(-1))
        return linear_transposed(x, weight, bias)

    monkeypatch.setattr(products, "AVX2", True)
    monkeypatch.setattr(products, "linear_transposed", recorded)
    return seen


def test_three_and_four_rows_of_float32_are_computed_from_the_side_of_the_weights(transposed_rows: list[int]) -> None:
    weight = torch.randn(40, 24)
    for rows in range(1, 7):
        product(torch.randn(rows, 24), weight, None)
    assert transposed_rows == [3, 4]
    product(torch.randn(3, 24), weight.T.contiguous().T, None)
    product(torch.randn(3, 24, dtype=torch.float64), weight.double(), None)
    assert transposed_rows == [3, 4]


@pytest.mark.parametrize("rows", [2, 3, 8])
def test_a_product_is_exported_for_any_number_of_rows(rows: int, transposed_rows: list[int]) -> None:
    dynamic = {"x": {0: torch.export.Dim("rows", min=2, max=64)}}
    made = torch.export.export(Product(24, 40), (torch.randn(rows, 24),), dynamic_shapes=dynamic).module()
    assert made(torch.randn(5, 24)).shape == (5, 40)
    assert transposed_rows == []

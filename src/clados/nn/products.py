"""Products with weights, in the way that is fastest where they are computed."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.compiler import is_compiling

AVX2 = torch.backends.cpu.get_cpu_capability() == "AVX2"
# CPUs with AVX2 alone have no bfloat16 instructions: torch multiplies there number by number, which only keeps up with
# the memory for a few rows; float32 copies multiply tens of times faster for many.
SLOW = {torch.bfloat16} if AVX2 else set[torch.dtype]()
FEW = 4


def product(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """x W^T + b: [..., n_in] -> [..., n_out]."""
    if x.dtype in SLOW and x.is_cpu and x.numel() > FEW * x.size(-1):
        return InFloat32.apply(x, weight, bias)  # type: ignore[no-any-return, no-untyped-call]
    if (
        x.dtype is torch.float32
        and x.is_cpu
        and weight.is_contiguous()
        and not is_compiling()
        and transposed_is_faster(x.numel() // x.size(-1))
    ):
        return linear_transposed(x, weight, bias)
    return F.linear(x, weight, bias)


def transposed_is_faster(rows: int) -> bool:
    """Whether so many rows are multiplied faster by weights that lie by rows, from their side."""
    return AVX2 and 2 < rows <= FEW


def linear_transposed(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """The same as (W x^T + b)^T: three or four rows, [..., n_in] -> [..., n_out], up to twice as fast."""
    rows = x.reshape(-1, x.size(-1))
    four = F.pad(rows, (0, 0, 0, FEW - len(rows))).T
    y = weight @ four if bias is None else torch.addmm(bias[:, None], weight, four)
    return y.T.contiguous()[: len(rows)].view(*x.shape[:-1], -1)


class InFloat32(torch.autograd.Function):
    """The product and its gradients in float32, between tensors of another type; nothing wide is kept."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.biased = bias is not None
        return F.linear(x.float(), weight.float(), None if bias is None else bias.float()).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        wide, (needs_x, needs_weight, needs_bias) = grad.float(), ctx.needs_input_grad
        rows = wide.flatten(0, -2)
        return (
            (wide @ weight.float()).to(x.dtype) if needs_x else None,
            (rows.T @ x.float().flatten(0, -2)).to(weight.dtype) if needs_weight else None,
            rows.sum(0).to(weight.dtype) if needs_bias and ctx.biased else None,
        )


def product_type(x: Tensor) -> torch.dtype:
    """The type in which products of states like ``x`` with weights are computed: autocast's, unless that is slow."""
    kind, where = x.dtype, x.device.type
    if torch.is_autocast_enabled(where):
        kind = torch.get_autocast_dtype(where)
    return torch.float32 if kind is torch.float16 or (kind in SLOW and x.is_cpu) else kind

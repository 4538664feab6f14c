"""What routers add to the loss in training."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from clados import nn, spec as s
from clados.models.declared import declared
from clados.objectives import Batch, task, training_loss
from clados.proofs.cases import structures


def batch() -> Batch:
    ids = torch.randint(4, 100, (2, 12), generator=torch.Generator().manual_seed(0))
    return Batch({"input_ids": ids}, {"labels": ids.roll(-1, 1).flatten()}, {"lm": 24}, 24)


def test_routers_add_a_part_of_their_own_that_moves_them() -> None:
    model = nn.build(structures(declared("glam"))["64b/64e"])
    found = training_loss(task(s.NextToken()), model, batch())
    assert list(found.parts) == ["lm", "routing"]
    assert found.parts["lm"].sum == task(s.NextToken()).loss(model, batch()).sum
    experts: Any
    [experts] = [each for each in model.modules() if hasattr(each, "router")]
    value, weight = found.parts["routing"]
    assert weight == 24
    assert experts.balance / 2 < float(value.detach()) / 24 < 5 * experts.balance
    value.backward()
    assert float(experts.router.weight.grad.abs().sum()) > 0


def spans() -> Batch:
    ids = torch.randint(4, 100, (2, 12), generator=torch.Generator().manual_seed(0))
    inputs = {"input_ids": ids, "decoder_input_ids": ids.flip(1)}
    return Batch(inputs, {"labels": ids.flatten()}, {"lm": 24}, 24)


@pytest.mark.parametrize(("card", "of"), [("glam", batch), ("switch", spans)])
@torch.no_grad()
def test_the_published_weight_is_on_each_layer_s_balance(card: str, of: Callable[[], Batch]) -> None:
    """0.01 N sum f P, over all layers with experts (Fedus et al. 2021, eq. 4; Du et al. 2021, §5.2)."""
    sizes = structures(declared(card))
    model = nn.build(next(each for each in sizes.values() if any(isinstance(p, s.Experts) for p in s.parts(each))))
    scores: list[np.ndarray] = []
    routers = [module for name, module in model.eval().named_modules() if name.endswith(".router")]
    for router in routers:
        router.register_forward_hook(lambda module, given, found: scores.append(found.flatten(0, -2).double().numpy()))
    objective = s.CorruptedSpans() if card == "switch" else s.NextToken()
    value, weight = training_loss(task(objective), model, of()).parts["routing"]
    assert len(scores) == len(routers) > 0
    wanted = 0.0
    for rows in scores:
        number, shares = rows.shape[1], np.zeros(rows.shape[1])
        chances = np.exp(rows) / np.exp(rows).sum(1, keepdims=True)
        for row in rows:
            shares[row.argmax()] += 1 / len(rows)
        wanted += 0.01 * number * float(shares @ chances.mean(0))
    assert float(value) / weight == pytest.approx(wanted, rel=1e-5)


def test_a_model_without_experts_learns_as_before() -> None:
    model = nn.build(structures(declared("glam"))["0.1b"])
    assert list(training_loss(task(s.NextToken()), model, batch()).parts) == ["lm"]

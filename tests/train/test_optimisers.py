"""Optimisers and schedules of recipes, and how they are brought to small runs."""

import math
from typing import Any, Literal

import pytest
import torch
from torch import nn

from clados import spec as s
from clados.models.declared import declared
from clados.nn import build
from clados.train.optimisers import Adafactor, fitted_schedule, lr_factor, optimiser, peak_lr, published_lr
from clados.train.scaled import rate_model

SMALL = s.Size(layers=1, d_model=32, heads=2)


def shares(schedule: s.Schedule, steps: int) -> list[float]:
    return [lr_factor(schedule, step, steps) for step in range(steps)]


def test_schedules_rise_to_the_peak_and_end_as_said() -> None:
    line = shares(s.LinearDecay(warmup=4), 20)
    assert line[:4] == [0.25, 0.5, 0.75, 1.0]
    assert line[4:] == pytest.approx([(20 - step) / 16 for step in range(4, 20)])
    assert shares(s.LinearDecay(over=20), 10) == pytest.approx([(20 - step) / 20 for step in range(10)])
    wave = shares(s.Cosine(warmup=2, floor=0.1), 12)
    assert max(wave) == wave[1] == wave[2] == 1.0
    assert wave[-1] == pytest.approx(0.1 + 0.9 * (1 + math.cos(math.pi * 0.9)) / 2)
    assert shares(s.Cosine(over=5), 10)[5:] == [0.0] * 5
    assert shares(s.Constant(warmup=2), 4) == [0.5, 1.0, 1.0, 1.0]
    assert shares(s.InverseSquareRoot(4), 16)[3::4] == pytest.approx([1.0, math.sqrt(1 / 2), math.sqrt(1 / 3), 0.5])
    assert shares(s.InverseSquareRoot(4, rising=False), 5)[:4] == [1.0] * 4


def test_warmup_keeps_its_share_within_bounds() -> None:
    def kept(stage: s.Stage, steps: int = 1000) -> Any:
        return fitted_schedule(stage, steps)

    stage = declared("bert").recipe.stages[0]
    assert fitted_schedule(stage, 1_000_000) == stage.schedule
    assert kept(stage).warmup == 50  # the paper's hundredth would be ten steps
    assert kept(stage.but(schedule=s.LinearDecay(warmup=100_000))).warmup == 100
    assert kept(stage.but(schedule=s.Constant(warmup=10**6))).warmup == 250
    assert fitted_schedule(stage.but(schedule=s.Constant()), 1000) == s.Constant()
    assert kept(stage.but(schedule=s.Cosine(over=2_000_000)), 100).over == 200
    assert kept(stage.but(schedule=s.LinearDecay(over=2_000_000)), 100).over == 200


def test_the_rate_grows_with_the_ratio_of_widths_up_to_a_limit() -> None:
    bert = declared("bert")
    stage = bert.recipe.stages[0]
    assert peak_lr(stage, bert.model, bert.model) == 1e-4
    assert peak_lr(stage, bert.model, bert.model.but(size=s.Size(2, 256, 4))) == pytest.approx(3e-4)
    assert peak_lr(stage, bert.model, bert.model.but(size=SMALL)) == pytest.approx(16e-4)
    assert peak_lr(stage.but(optimiser=s.AdamW(1e-3)), bert.model, bert.model.but(size=SMALL)) == 3e-3


@pytest.mark.parametrize("part", [s.Adafactor(lr=1e-2), s.ScaledAdam(lr=1e-2), s.LAMB(lr=1e-2)])
def test_a_rate_that_is_a_share_of_the_weights_grows_with_the_root(part: s.Optimiser) -> None:
    bert = declared("bert").model  # 768 wide
    stage = declared("bert").recipe.stages[0].but(optimiser=part)
    rates = {width: peak_lr(stage, bert, bert.but(size=s.Size(2, width, 4))) for width in (1536, 768, 192, 48, 16)}
    assert rates == pytest.approx({1536: 1e-2, 768: 1e-2, 192: 2e-2, 48: 4e-2, 16: 4e-2})


def test_a_rate_that_is_none_grows_with_the_ratio() -> None:
    bert = declared("bert").model
    stage = declared("bert").recipe.stages[0].but(optimiser=s.Adafactor(lr=1e-4, relative=False))
    assert peak_lr(stage, bert, bert.but(size=s.Size(2, 192, 4))) == pytest.approx(4e-4)


@pytest.mark.parametrize("name", ["t5", "t5-v1.1", "palm", "switch", "albert", "lamda"])
def test_a_published_size_is_trained_at_its_published_rate(name: str) -> None:
    one = declared(name)
    for size in one.sizes:
        stage = one.recipe_at(size).stages[0]
        assert peak_lr(stage, rate_model(name, stage, one.model), one.at(size)) == published_lr(stage, one.at(size))


def test_the_transformers_rate_is_that_of_its_paper_at_any_width() -> None:
    transformer = declared("transformer")
    for size, width in (("base", 512), ("big", 1024)):
        stage, model = transformer.recipe_at(size).stages[0], transformer.at(size)
        for step in (1, 100, 4000, 4001, 90_000):
            rate = peak_lr(stage, model, model) * lr_factor(stage.schedule, step - 1, 100_000)
            assert rate == pytest.approx(width**-0.5 * min(step**-0.5, step * 4000**-1.5))
    stage, model = transformer.recipe.stages[0], transformer.model
    narrow = model.but(size=s.Size(layers=1, d_model=256, heads=2))
    assert peak_lr(stage, model, narrow) == pytest.approx(2 * peak_lr(stage, model, model))
    assert fitted_schedule(stage, 1000) == s.Noam(warmup=50)


@pytest.mark.parametrize(
    ("which", "decayed"),
    [
        ("matrices", {"inputs.tokens.weight", "stack.blocks.0.mlp.up.weight"}),
        ("products", {"stack.blocks.0.mlp.up.weight"}),
    ],
)
def test_gains_and_biases_are_never_decayed_and_tables_as_declared(
    which: Literal["matrices", "products"], decayed: set[str]
) -> None:
    model = build(declared("bert").model.but(size=SMALL))
    names = {id(tensor): name for name, tensor in model.named_parameters()}
    made = optimiser(s.AdamW(1e-3, decay=0.1, decays=which), model, 1e-3)
    groups = {group["weight_decay"]: {names[id(p)] for p in group["params"]} for group in made.param_groups}
    assert decayed <= groups[0.1]
    assert not any(name.endswith("bias") or "norm" in name for name in groups[0.1])
    assert ("inputs.position.table.weight" in groups[0.1]) == (which == "matrices")
    assert groups[0.0] | groups[0.1] == set(names.values())


def test_everything_is_decayed_where_the_paper_did_so() -> None:
    model = build(declared("bert").model.but(size=SMALL))
    made = optimiser(s.AdamW(1e-3, decay=0.1, decays="all"), model, 1e-3)
    assert [(group["weight_decay"], len(group["params"])) for group in made.param_groups] == [
        (0.1, len(list(model.parameters())))
    ]


def test_adafactor_agrees_with_torchs() -> None:
    torch.manual_seed(0)
    tensors = [nn.Parameter(torch.randn(6, 5)), nn.Parameter(torch.randn(7))]
    twins = [nn.Parameter(tensor.detach().clone()) for tensor in tensors]
    ours = Adafactor(tensors, 0.01, [(6,), (7,)])
    theirs = torch.optim.Adafactor(twins, lr=0.01, eps=(None, 1e-3), weight_decay=0.0)
    for _ in range(5):
        for one, other in zip(tensors, twins):
            one.grad = torch.randn_like(one)
            other.grad = one.grad.clone()
        ours.step()
        theirs.step()
    for one, other in zip(tensors, twins):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_adafactors_rate_may_be_no_share_of_the_weights() -> None:
    tensors = {scale: nn.Parameter(torch.full((3, 2), scale)) for scale in (0.0, 1.0)}
    for relative, moved in ((True, {0.0: 1e-5, 1.0: 1e-2}), (False, {0.0: 1e-2, 1.0: 1e-2})):
        for scale, tensor in tensors.items():
            with torch.no_grad():
                tensor.fill_(scale)
            tensor.grad = torch.ones_like(tensor)
            Adafactor([tensor], 1e-2, [(3,)], relative=relative).step()
            torch.testing.assert_close(tensor.detach(), torch.full((3, 2), scale - moved[scale]))


def test_adafactor_treats_fused_products_as_it_would_apart() -> None:
    torch.manual_seed(0)
    parts = [nn.Parameter(torch.randn(4, 5)), nn.Parameter(torch.randn(4, 5) * 30)]
    fused = nn.Parameter(torch.cat([part.detach() for part in parts]))
    together, apart = Adafactor([fused], 0.01, [(4, 4)]), Adafactor(parts, 0.01, [(4,), (4,)])
    for _ in range(3):
        fused.grad = torch.randn_like(fused)
        for part, grad in zip(parts, fused.grad.split(4)):
            part.grad = grad.clone()
        together.step()
        apart.step()
    torch.testing.assert_close(fused.detach(), torch.cat([part.detach() for part in parts]), rtol=0, atol=0)

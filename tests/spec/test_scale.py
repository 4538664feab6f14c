"""Scaling: any model to a budget of parameters, in the paper's proportions; and tiny, where it runs."""

import contextlib
import math
import re
from typing import Any

import pytest
import torch
from hypothesis import given, settings, strategies as st

from clados import spec as s
from clados.models.declared import declared, package_models
from clados.names import parse_number
from clados.nn import build
from clados.proofs.cases import small_vocabulary
from clados.spec.core.scale import FURTHER_LAYERS, HEAD, NEAR, STEP, nearest_size, scaled
from tests.spec.examples import models, read, structures

BUDGETS = st.floats(6.0, 9.0).map(lambda power: round(10**power))


def sizes(model: s.Model) -> list[s.Size]:
    """The sizes of a model's stacks."""
    size = model.size
    if isinstance(size, s.Stages):
        return [*size.stages]
    return (
        [size]
        if isinstance(size, s.Size)
        else [each for each in s.part_fields(size).values() if isinstance(each, s.Size)]
    )


def narrowest(small: s.Model, paper: s.Model) -> float:
    """How much narrower the first of the levels are, the least of all their networks."""
    ours, theirs = ([each for each in s.parts(model.size) if isinstance(each, s.Levels)] for model in (small, paper))
    return min((a.channels[0] / b.channels[0] for a, b in zip(ours, theirs, strict=True)), default=1.0)


def _nearest(name: str, params: int | str) -> s.Model:
    models = declared(name).models()
    return models[nearest_size(models, params)]


def met(paper: s.Model, params: int) -> tuple[s.Model | None, str]:
    """The scaled model, or why there is none."""
    try:
        return scaled(paper, params), ""
    except s.SpecError as error:
        return None, str(error)


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("gc-vit", "in tables; ask for that"),
        ("alphafold", r"has [\d,]+; ask for that"),
        ("bert", "change the vocabulary"),
    ],
)
def test_a_budget_that_is_not_met_names_what_the_model_has(name: str, end: str) -> None:
    _, why = met(declared(name).model, 900)
    assert re.search(f"{end}$", why)


@pytest.mark.parametrize("name", package_models())
@settings(max_examples=5, deadline=None, derandomize=True)
@given(params=BUDGETS)
def test_a_budget_is_met_within_five_percent_in_proportion_or_it_says_why(name: str, params: int) -> None:
    paper = _nearest(name, params)
    small, why = met(paper, params)
    if small is None:
        assert "the nearest size that keeps the paper's proportions has" in why
        return
    assert abs(s.count_parameters(small).total - params) <= NEAR * params
    differences = list(s.part_differences(small, paper))
    differing = {path.partition(".")[0] for path, _, _ in differences if not path.endswith(".groups")}
    assert differing <= {"size", "plain"}  # nothing but the size is another, and layers of a kind with it
    for path, groups, full_groups in differences:
        if path.endswith(".groups"):  # of norms of images that are narrower: fewer, of about as many channels
            assert isinstance(s.reach(small, path.removesuffix(".groups")), s.GroupNorm)
            assert 1 <= full_groups * narrowest(small, paper) / groups < 2
    for size, full in zip(sizes(small), sizes(paper), strict=True):
        ratio = size.d_model / full.d_model
        assert size.dims.head_dim >= HEAD
        assert size.dims.heads * size.dims.head_dim >= HEAD
        assert abs(size.dims.d_ff - size.d_model * full.dims.d_ff / full.d_model) <= 8 * STEP
        most = FURTHER_LAYERS if any(isinstance(each, s.Levels) for each in s.parts(paper.size)) else 3
        more = size.layers - full.layers * ratio
        assert -3 - 0.1 * full.layers * ratio <= more <= most + 0.1 * full.layers * ratio


@pytest.mark.parametrize("name", ["bert", "gpt-2", "t5", "llama", "transformer", "vit"])
@pytest.mark.parametrize("params", ["1M", "5M", "20M"])
def test_with_a_small_vocabulary_small_budgets_are_met(name: str, params: str) -> None:
    model: Any = _nearest(name, params)
    if not isinstance(model.inputs, s.Patches):
        model = model.but(inputs=s.but(vocab=s.Vocabulary(kind="bytes", size=1024)))
    assert abs(s.count_parameters(scaled(model, params)).total - parse_number(params)) <= NEAR * parse_number(params)


def test_what_cannot_be_met_names_the_nearest_and_the_tables() -> None:
    with pytest.raises(s.SpecError, match=r"the nearest size .* has [\d,]+, [\d,]+ of them in tables"):
        scaled(declared("gpt-2").model, "1M")


UNREAD = re.compile(r"^fused\.1\.(mlp\.entity_down|entity_norm)\.")  # of ERNIE: no head reads its last entities


@pytest.mark.parametrize("name", structures())
def test_any_model_builds_tiny_and_runs_forward_and_backward_finite(name: str) -> None:
    model = small_vocabulary(s.tiny(models()[name]))
    torch.manual_seed(0)
    module = build(model).train()
    out = module(**read(model))
    assert all(value.isfinite().all() for value in out.values())
    sum(value.square().mean() for value in out.values() if value.requires_grad).backward()
    learned = {path: each.grad for path, each in module.named_parameters() if not UNREAD.search(path)}
    assert not [path for path, each in learned.items() if each is None or not each.isfinite().all()]


@pytest.mark.parametrize("name", models())
def test_tiny_is_tiny_in_all_but_its_tables(name: str) -> None:
    images = models()[name].paints or isinstance(models()[name], s.Codes | s.ImageEnlarger)
    most = 5_000_000 if images else 1_000_000  # convolutions are as wide as the groups of their norms, or by codes
    assert s.count_parameters(s.tiny(models()[name])).non_embedding < most
    back = s.tiny(models()[name]).resized(models()[name].size)
    assert {path for path, _, _ in s.part_differences(back, models()[name])} <= {
        "plain"
    }  # a share of so few layers is a rough one


def test_the_nearest_published_size_is_so_by_ratio() -> None:
    gpt = declared("gpt-2")
    assert gpt.at(nearest_size(gpt.models(), "1B")) == min(
        gpt.models().values(), key=lambda each: abs(math.log(s.count_parameters(each).total / 1e9))
    )


@pytest.mark.parametrize("name", ["switch", "glam"])
def test_small_mixtures_keep_eight_experts_in_a_layer_at_least(name: str) -> None:
    model = next(each for each in declared(name).models().values() if each.size.experts)
    experts = []
    for params in ("400K", "600K", "700K", "900K", "1M", "1.5M", "3M"):
        with contextlib.suppress(s.SpecError):  # between two sizes that keep the proportions
            small = scaled(small_vocabulary(model), params)
            experts.append(small.size.experts)
            assert any("router" in row.path for row in s.rows(small))
    assert len(experts) > 2
    assert min(experts) == 8

"""Regression of points: what is padded counts nothing, two errors, guesses without a model."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from clados import nn as cn, spec as s
from clados.data.errors import DataError
from clados.data.examples import PointSample
from clados.data.particles import particles
from clados.models.declared import declared
from clados.objectives import SourceConfig, task
from clados.objectives.base import Setting
from clados.objectives.point_regression import linear_motion, side_by_side, squared_error
from clados.proofs.cases import small

MODEL = small(declared("se3-transformer").model)
ROWS = [*particles(4), *particles(2, number=3)]
RANDOM = [np.random.default_rng(0)] * len(ROWS)
ONE = task(s.PointRegression())


@pytest.mark.parametrize("error", ["squared", "absolute"])
def test_the_loss_of_padded_points_is_that_of_each_alone(error: Any) -> None:
    one, module = task(s.PointRegression(error=error)), cn.build(MODEL, seed=2).double()
    rows = [replace(row) for row in ROWS]

    def loss(some: list[PointSample]) -> Any:
        batch = one.prepare(some, RANDOM[: len(some)], Setting(MODEL))
        double = {name: each.double() if each.is_floating_point() else each for name, each in batch.inputs.items()}
        return one.loss(module, replace(batch, inputs=double))

    together, alone = loss(rows), [loss([row]) for row in rows]
    assert together.weight == sum(each.weight for each in alone) == 4 * 30 + 2 * 18
    assert float(together.sum.detach()) == pytest.approx(sum(float(each.sum.detach()) for each in alone), rel=1e-6)
    measured = [float(each.measures["error"].sum) for each in (together, *alone)]
    assert measured[0] == pytest.approx(sum(measured[1:]), rel=1e-6)
    assert (measured[0] == pytest.approx(float(together.sum.detach()))) == (error == "squared")


def test_guesses_without_a_model() -> None:
    source = ONE.source(ROWS, SourceConfig(0))
    found = ONE.baseline(source, source, SourceConfig(0), 4)
    everything = np.concatenate([row.targets.ravel() for row in ROWS])
    assert found["still"] == pytest.approx(float((everything**2).mean()), rel=1e-6)
    assert found["linear"] == squared_error(ROWS, linear_motion) < found["still"]
    assert found["loss"] == found["linear"]


def test_as_a_control_targets_are_those_of_others_with_as_many_points() -> None:
    source = ONE.source(ROWS, SourceConfig(0, shuffled=True))
    found = [source.at(i) for i in range(len(source))]
    assert [row.targets.shape for row in found] == [row.targets.shape for row in ROWS]
    assert any(not np.array_equal(a.targets, b.targets) for a, b in zip(found, ROWS, strict=True))
    assert all(np.array_equal(a.positions, b.positions) for a, b in zip(found, ROWS, strict=True))


def test_a_batch_is_padded_and_says_where_points_are() -> None:
    read, keep = side_by_side(ROWS)
    assert keep.sum(1).tolist() == [5] * 4 + [3] * 2
    assert torch.equal(read["attention_mask"], keep)
    assert read["edge_features"].shape == (6, 5, 5, 1)
    assert "attention_mask" not in side_by_side(ROWS[:4])[0]


def test_data_that_do_not_fit_are_refused() -> None:
    without = [replace(row, edges=None) for row in ROWS]
    with pytest.raises(DataError, match="the model reads 1 edges, and the data have none"):
        ONE.prepare(without, RANDOM, Setting(MODEL))
    assert "learns from points; this Encoder reads Tokens" in ONE.refusal(declared("bert").model)

"""Numbers as bins: shares, widths, choices of their own, and back."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from clados.data.bins import fitted, in_bins, middles, numbers, returns
from clados.data.errors import DataError
from clados.data.examples import Episode
from clados.data.scaling import scales


def episode(states: list[float], actions: list[int]) -> Episode:
    shape = np.asarray(states, np.float32)[:, None]
    return Episode("one", shape, np.asarray(actions), np.ones(len(actions), np.float32))


def test_a_return_has_its_own_reward_in_it() -> None:
    assert returns(np.array([1, 2, 4], np.float32), 0.5).tolist() == [3, 4, 4]


def test_numbers_of_a_step_stand_in_order() -> None:
    assert numbers(episode([5, 6], [0, 1]), 1.0).tolist() == [[5, 0, 1, 2], [6, 1, 1, 1]]


def test_quantiles_hold_equal_shares_and_uniform_bins_are_equally_wide() -> None:
    values = (np.arange(100) ** 2).astype(float).tolist()
    rows = [episode(values, [0, 1] * 50)]
    shares, widths = (
        fitted(rows, scales(rows), bins=10, kind=kind, discount=1.0)[0] for kind in ("quantile", "uniform")
    )
    assert np.bincount(in_bins(np.array(values)[:, None], (shares,)).ravel()).tolist() == [10] * 10
    assert np.diff(widths) == pytest.approx(np.full(10, 99**2 / 10))


def test_a_choice_is_a_bin_of_its_own_and_comes_back_as_it_was() -> None:
    rows = [episode([0, 1, 2], [2, 0, 2])]
    edges = fitted(rows, scales(rows), bins=4, kind="quantile", discount=1.0)
    table = numbers(rows[0], 1.0)
    ids = in_bins(table, edges)
    assert ids[:, 1].tolist() == [2, 0, 2]
    assert np.stack([middles(row)[ids[:, i]] for i, row in enumerate(edges)], 1) == pytest.approx(table)
    with pytest.raises(DataError, match="the data have 3 choices; the model has 2 bins"):
        fitted(rows, scales(rows), bins=2, kind="quantile", discount=1.0)


@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=2, max_size=60), st.floats(-2e3, 2e3))
def test_every_number_has_a_bin_and_the_nearest_edges(values: list[float], other: float) -> None:
    rows = [episode(values, [0] * len(values))]
    for kind in ("quantile", "uniform"):
        edges = fitted(rows, scales(rows), bins=5, kind=kind, discount=1.0)[0]
        assert 2 <= len(edges) <= 6
        found = int(in_bins(np.array([[other]]), (edges,))[0, 0])
        assert edges[found] <= other or found == 0
        assert other < edges[found + 1] or found == len(edges) - 2

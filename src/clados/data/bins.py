"""The numbers of trajectories as bins, and back (Janner et al. 2021, §3.1)."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from clados.data.errors import DataError
from clados.data.examples import Episode
from clados.data.scaling import Scales

Edges = tuple[tuple[float, ...], ...]  # of each number of a step, in order


def returns(rewards: NDArray[np.float32], discount: float) -> NDArray[np.float32]:
    """The return to go of each step, its own reward among it: R_t = r_t + discount R_t+1."""
    found = np.zeros(len(rewards) + 1)
    for i in reversed(range(len(rewards))):
        found[i] = rewards[i] + discount * found[i + 1]
    return found[:-1].astype(np.float32)


def numbers(episode: Episode, discount: float) -> NDArray[np.float32]:
    """State, action, reward and return to go of each step, [steps, numbers]; a choice is its number."""
    steps = len(episode)
    each = episode.observations, episode.actions, episode.rewards, returns(episode.rewards, discount)
    return np.concatenate([np.asarray(part, np.float32).reshape(steps, -1) for part in each], 1)


def fitted(
    rows: Sequence[Episode], scales: Scales, *, bins: int, kind: Literal["quantile", "uniform"], discount: float
) -> Edges:
    """The edges of the bins of each number of a step: of equal shares of the episodes' steps, or of equal width.

    A choice is a bin of its own, and so is a value of a number that has no more of them than there are bins. Of shares
    that end at one value there is one bin.

    Raises:
        DataError: for more choices than bins.
    """
    if max(scales.choices, scales.kinds) > bins:
        raise DataError(f"the data have {max(scales.choices, scales.kinds)} choices; the model has {bins} bins")
    table = np.concatenate([numbers(each, discount) for each in rows])
    edges = [_edges(column, bins, kind) for column in table.T]
    if scales.kinds:
        edges[0] = _choices(scales.kinds)
    if scales.choices:
        edges[-3] = _choices(scales.choices)
    return tuple(edges)


def _choices(count: int) -> tuple[float, ...]:
    return tuple((np.arange(count + 1) - 0.5).tolist())


def _edges(column: NDArray[np.float32], bins: int, kind: str) -> tuple[float, ...]:
    values = np.unique(column.astype(np.float64))
    if len(values) == 1:
        return float(values[0] - 0.5), float(values[0] + 0.5)
    if len(values) <= bins:
        middles = (values[1:] + values[:-1]) / 2
        ends = 2 * values[[0, -1]] - middles[[0, -1]]
        return (float(ends[0]), *middles.tolist(), float(ends[1]))
    if kind == "uniform":
        return tuple(np.linspace(values[0], values[-1], bins + 1).tolist())
    return tuple(np.unique(np.quantile(column.astype(np.float64), np.linspace(0, 1, bins + 1))).tolist())


def in_bins(values: NDArray[Any], edges: Edges) -> NDArray[np.int64]:
    """Numbers [..., numbers] as bins, from 0 on; what lies outside is in the first or last."""
    columns = [np.searchsorted(row[1:-1], values[..., i], side="right") for i, row in enumerate(edges)]
    return np.stack(columns, -1).astype(np.int64)


def middles(edges: Sequence[float]) -> NDArray[np.float64]:
    """The middle of each bin of a number."""
    found: NDArray[np.float64] = (np.array(edges[1:]) + np.array(edges[:-1])) / 2
    return found

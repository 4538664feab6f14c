"""Time steps of episodes as tokens: observation, separator, action, in turn (Reed et al. 2022, §2.1, §2.3)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados import spec as s
from clados.data.examples import DataError
from clados.data.values import discrete, mu_law, to_bins


@dataclass(frozen=True, eq=False)
class TimeSteps:
    """Time steps of an episode, after those of its prompt, if any: observations [steps, ...], actions [steps, ...]."""

    observations: NDArray[Any]
    actions: NDArray[Any]


@dataclass(frozen=True, eq=False)
class Sequenced:
    """Tokens, their numbers in their observations, and which are to be predicted; each [length]."""

    ids: NDArray[np.int64]
    local: NDArray[np.int64]
    learned: NDArray[np.bool_]


def sequenced(row: TimeSteps, inputs: s.Multimodal) -> Sequenced:
    """Steps as tokens, of which those of the actions are learned.

    Numbers of observations are coded by the mu-law; those of actions lie within -1 and 1 (appendix B).

    Raises:
        DataError: for observations of more tokens than have a vector each, and values that are no tokens.
    """
    seen, done = (each.reshape(len(each), -1) for each in (row.observations, row.actions))
    if seen.shape[1] > inputs.local:
        raise DataError(f"an observation is {seen.shape[1]} numbers; {inputs.local} have a vector each")
    separators = np.full((len(seen), 1), inputs.separator)
    ids = [_ids(seen, inputs, coded=True), separators, _ids(done, inputs, coded=False)]
    widths = [each.shape[1] for each in ids]
    local = [*range(widths[0]), -1, *[inputs.of_actions] * widths[2]]
    learned = np.repeat([False, False, True], widths)
    return Sequenced(np.concatenate(ids, 1).ravel(), np.tile(local, len(seen)), np.tile(learned, len(seen)))


def _ids(values: NDArray[Any], inputs: s.Multimodal, *, coded: bool) -> NDArray[np.int64]:
    if np.issubdtype(values.dtype, np.integer):
        return discrete(values)
    return to_bins(mu_law(values) if coded else values, inputs.bins, inputs.first_bin)

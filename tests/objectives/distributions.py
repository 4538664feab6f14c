"""Whether two samples are of one distribution."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray


def chi_square(ours: NDArray[Any], theirs: NDArray[Any]) -> float:
    """The probability that two rows of counts differ as much by chance (Pearson's test); rare kinds are one."""
    table = np.stack([ours, theirs]).astype(float)
    rare = table.sum(0) < 20
    table = np.concatenate([table[:, ~rare], table[:, rare].sum(1, keepdims=True)], 1)
    table = table[:, table.sum(0) > 0]
    expected = table.sum(1, keepdims=True) * table.sum(0) / table.sum()
    distance = float(((table - expected) ** 2 / expected).sum())
    freedom = table.shape[1] - 1
    return float(torch.special.gammaincc(torch.tensor(freedom / 2.0), torch.tensor(distance / 2)))

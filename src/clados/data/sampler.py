"""Which examples a training step sees: a function of the step's number, so that resuming needs no other state."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.data.examples import DataError


class Sampler:
    """Batches of (epoch, index), each epoch a new order of all `n` examples, each exactly once.

    `batch` is the size over all ranks together; a rank gets every `world`-th of it. A batch may reach over the end
    of an epoch, so none is short.
    """

    def __init__(self, n: int, seed: int, batch: int, rank: int = 0, world: int = 1) -> None:
        if n < 1:
            raise DataError("no examples to draw from")
        if batch < 1 or batch % world or not 0 <= rank < world:
            raise DataError(f"batch {batch} cannot be shared by rank {rank} of {world}; it must be a multiple")
        self.n = n
        self.batch = batch
        self.rank = rank
        self.world = world
        self.order = lru_cache(maxsize=2)(lambda epoch: _order(n, seed, epoch))

    def step(self, number: int) -> list[tuple[int, int]]:
        """(epoch, index) of each example that this rank sees at the step, counted from 0."""
        first = number * self.batch
        places = range(first + self.rank, first + self.batch, self.world)
        return [(place // self.n, int(self.order(place // self.n)[place % self.n])) for place in places]


class Lanes:
    """Batches of (epoch, index) in which each row goes on with the text of the same row of the batch before.

    The `n` examples follow each other in one text, which is cut into `batch` lanes of as many steps. All of them end
    together, and with them the epoch; the few examples that are left between two lanes are never seen.
    """

    def __init__(self, n: int, batch: int, rank: int = 0, world: int = 1) -> None:
        if batch < 1 or batch % world or not 0 <= rank < world:
            raise DataError(f"batch {batch} cannot be shared by rank {rank} of {world}; it must be a multiple")
        if n < batch:
            raise DataError(
                f"the text has {n} segments, fewer than the batch of {batch} rows that go on with it: give more text, "
                "a smaller batch or a smaller length"
            )
        self.n = n
        self.batch = batch
        self.numbers = range(rank, batch, world)
        self.steps = n // batch  # of an epoch

    def begins(self, number: int) -> bool:
        """Whether the lanes' texts begin at a step."""
        return number % self.steps == 0

    def step(self, number: int) -> list[tuple[int, int]]:
        """(epoch, index) of each example that this rank sees at the step, counted from 0: one of each lane."""
        epoch, at = divmod(number, self.steps)
        return [(epoch, lane * self.n // self.batch + at) for lane in self.numbers]


def _order(n: int, seed: int, epoch: int) -> NDArray[np.signedinteger[Any]]:
    order: NDArray[np.signedinteger[Any]] = np.arange(n).astype(np.int32 if n < 2**31 else np.int64)
    np.random.default_rng((seed, epoch)).shuffle(order)
    return order

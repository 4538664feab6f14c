"""The next step's batches, prepared in a thread while this step learns."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """A function of the steps of a run, worked out in a thread one step before it is asked for.

    The thread computes while the kernels of a step do, which hold no lock of Python's.

    Args:
        make: a pure function of the step, counted from 0; what it raises is raised when the step is asked for.
        steps: of the run; nothing is worked out beyond them.
    """

    def __init__(self, make: Callable[[int], T], steps: int) -> None:
        self.make = make
        self.steps = steps
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        self.waiting: tuple[int, Future[T]] | None = None

    def __call__(self, step: int) -> T:
        """What is made for a step; the next one is begun."""
        waiting = self.waiting
        future = waiting[1] if waiting and waiting[0] == step else self.pool.submit(self.make, step)
        self.waiting = None
        found = future.result()
        if step + 1 < self.steps:
            self.waiting = step + 1, self.pool.submit(self.make, step + 1)
        return found

"""Several processes that train one model: started by torchrun, each with its share of every batch."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn


@dataclass(frozen=True)
class World:
    """Which process this is, of how many."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes and prints."""
        return self.rank == 0

    def summed(self, values: Iterable[float | Tensor], device: torch.device | str = "cpu") -> list[float]:
        """Each number, added up over all processes."""
        numbers = torch.stack([torch.as_tensor(v, dtype=torch.float64, device="cpu") for v in values]).to(device)
        if self.size > 1:
            dist.all_reduce(numbers)
        return [float(x) for x in numbers.tolist()]

    def merged(self, sums: dict[str, list[float]]) -> dict[str, list[float]]:
        """Lists of numbers by name, added up over all processes; a process may lack names."""
        if self.size == 1:
            return sums
        everywhere: list[dict[str, list[float]]] = [{}] * self.size
        dist.all_gather_object(everywhere, sums)
        names = dict.fromkeys(name for each in everywhere for name in each)
        return {name: [sum(x) for x in zip(*(each[name] for each in everywhere if name in each))] for name in names}

    def add_gradients(self, model: nn.Module) -> None:
        """Make each gradient the sum of all processes' gradients, in one message."""
        if self.size == 1:
            return
        tensors = [p.grad if p.grad is not None else torch.zeros_like(p) for p in model.parameters()]
        flat = torch.cat([each.flatten() for each in tensors])
        dist.all_reduce(flat)
        for parameter, part in zip(model.parameters(), flat.split([each.numel() for each in tensors])):
            if parameter.grad is not None:
                parameter.grad.copy_(part.view_as(parameter))

    def agreed(self, flag: bool) -> bool:
        """Whether any process says so."""
        return bool(self.summed([float(flag)])[0]) if self.size > 1 else flag

    def wait(self) -> None:
        """Go on when every process has come here."""
        if self.size > 1:
            dist.barrier()


def world() -> World:
    """This process among those that torchrun started, connected to them; alone when it did not."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return World()
    if not dist.is_initialized():
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return World(dist.get_rank(), size)

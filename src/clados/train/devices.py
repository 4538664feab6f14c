"""One model on several devices: processes started by torchrun, each with its share of every batch.

Each process holds the whole model (torch's ``DistributedDataParallel``) or, sharded, a part of every tensor
(torch's ``fully_shard``, FSDP2: Zhao et al. 2023).
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel

from clados.errors import InputError
from clados.nn.kinds.model import WholeModel

P = ParamSpec("P")
T = TypeVar("T")


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
        everywhere = self.gathered(sums)
        names = dict.fromkeys(name for each in everywhere for name in each)
        return {name: [sum(x) for x in zip(*(each[name] for each in everywhere if name in each))] for name in names}

    def collected(self, own: dict[str, Tensor]) -> dict[str, Tensor]:
        """Tensors by name, of all processes."""
        return {name: tensor for each in self.gathered(own) for name, tensor in each.items()}

    def gathered(self, own: T) -> list[T]:
        """What each process has, in all of them, in their order."""
        everywhere = [own] * self.size
        if self.size > 1:
            dist.all_gather_object(everywhere, own)
        return everywhere

    def told(self, own: T) -> T:
        """What the first process has, in all of them."""
        found = [own]
        if self.size > 1:
            dist.broadcast_object_list(found)
        return found[0]

    def once(self, work: Callable[[], T]) -> T:
        """What ``work`` gives in the first process, which alone does it, in all of them.

        Raises:
            InputError: as ``work``, in all of them.
            RuntimeError: ``work`` failed in another way; in the first process it fails as it does.
        """
        found: T | None = None
        refused: Exception | None = None
        if self.first:
            try:
                found = work()
            except InputError as error:
                refused = error
            except Exception as error:
                self.told((found, RuntimeError(f"the first process ended: {error!r}")))
                raise
        found, refused = self.told((found, refused))
        if refused:
            raise refused
        return cast("T", found)

    def agreed(self, flag: bool) -> bool:
        """Whether any process says so."""
        return bool(self.summed([float(flag)])[0]) if self.size > 1 else flag

    def wait(self) -> None:
        """Go on when every process has come here."""
        if self.size > 1:
            dist.barrier()


ALONE = World()


def world() -> World:
    """This process among those that torchrun started, connected to them; alone when it did not."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1 or not {"RANK", "LOCAL_RANK", "MASTER_ADDR"} <= os.environ.keys():  # schedulers set the size alone
        return ALONE
    if not dist.is_initialized():
        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    return World(dist.get_rank(), size)


class _Work(nn.Module):
    """A model, and a forward pass that does whatever is asked with it: what DDP and FSDP wrap is a forward pass."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, work: Callable[..., Any], *given: Any, **named: Any) -> Any:
        return work(*given, **named)


class Devices:
    """A model spread over the processes of a world.

    Attributes:
        sharded: whether each process holds a part of every tensor only.

    Raises:
        InputError: when one process alone is asked to shard, or a model with a tensor that cannot be.
    """

    def __init__(self, model: nn.Module, world: World, *, sharded: bool = False) -> None:
        if sharded and world.size == 1:
            raise InputError("sharded is True, but there is one process only; start several with torchrun")
        if sharded and isinstance(model, WholeModel) and not model.products_called:
            raise InputError("sharded is True, but a model that remembers reads its blocks' weights outside of them")
        if single := [name for name, each in model.named_parameters() if sharded and each.dim() == 0]:
            raise InputError(f"sharded is True, but fully_shard cannot share out '{single[0]}', a single number")
        self.world, self.sharded = world, sharded
        self.work: nn.Module = _Work(model)
        if sharded:
            mesh = init_device_mesh(next(model.parameters()).device.type, (world.size,))
            for each in list(self.work.modules()):
                if isinstance(each, nn.ModuleList):
                    for layer in each:
                        fully_shard(layer, mesh=mesh)
            fully_shard(self.work, mesh=mesh)
        elif world.size > 1:
            # Parts of a model may be left out of a loss: a head that an objective does not train.
            self.work = DistributedDataParallel(self.work, find_unused_parameters=True)

    def run(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Call a function that reads the model's weights."""
        return cast("T", self.work(work, *given, **named))

    @contextmanager
    def accumulating(self, *, last: bool) -> Iterator[None]:
        """While this lasts, gradients are added up in each process; exchanged after the last batch of a step."""
        if isinstance(self.work, DistributedDataParallel) and not last:
            with self.work.no_sync():
                yield
            return
        if isinstance(self.work, FSDPModule):
            self.work.set_requires_gradient_sync(last)
        yield

    def weights(self, model: nn.Module) -> dict[str, Tensor]:
        """The whole model's tensors by name, in the first process (elsewhere, where sharded, none)."""
        if not self.sharded:
            return model.state_dict()
        options = StateDictOptions(full_state_dict=True, cpu_offload=True)
        return cast("dict[str, Tensor]", get_model_state_dict(model, options=options))


def full_number(tensor: Tensor) -> float:
    """The number in a tensor, which may be spread over processes."""
    return float(tensor.full_tensor() if isinstance(tensor, DTensor) else tensor)

"""What of a model a stage trains: upper layers, all but some tensors, or low-rank updates of some products.

Beside the model stands what its objective owns, a generator or vectors, until training ends.
"""

import re
from collections.abc import Iterator
from functools import singledispatch
from typing import Any

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.checkpoints.formats.peft import LowRankUpdate
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives import Owned

UPDATE = "low_rank"  # the child of a product that holds its updates
OWNED = "owned"  # the child of a model that holds what its objective owns


def hold(stage: s.Stage, model: nn.Module, seed: int = 0) -> None:
    """Let only what a stage trains learn, which is everything where it does not say.

    What an earlier stage trained with the model is merged first; low-rank updates of this one are drawn from the seed.

    Raises:
        InputError: for names of no tensor, and for more layers than there are.
    """
    merge(model)
    model.requires_grad_(requires_grad=True)
    if isinstance(stage, s.Tuning) and stage.trains is not None:
        _hold(stage.trains, model, seed)


def check_layered(model: s.Model, word: str) -> None:
    """Refuse what is said of upper layers of a model of several networks, of which none stands above the others.

    Raises:
        InputError: for a model of images that has levels, or stages beside its layers, and one that has no stack.
    """
    parts = [*s.parts(model)]
    if any(isinstance(each, s.Levels | s.NFNetSize) for each in parts) or not any(
        isinstance(each, s.Stack) for each in parts
    ):
        raise InputError(f"{word} is of the layers of a stack; this {type(model).__name__} has others beside them")


@singledispatch
def _hold(trained: s.Trained, model: nn.Module, seed: int) -> None:
    raise InputError(f"nothing trains {type(trained).__name__} of a model")


@_hold.register
def _(trained: s.Upper, model: nn.Module, seed: int) -> None:
    """The blocks of the last layers, what follows the blocks, and no table that is read before them."""
    if isinstance(model, WholeModel):
        check_layered(model.spec, "Upper")
    stacks = [
        name for name, each in model.named_modules() if name.endswith("blocks") and isinstance(each, nn.ModuleList)
    ]
    if not stacks:
        raise InputError("Upper is of a model's layers, and this one has none")
    name = stacks[-1].removesuffix(".blocks")  # of two stacks the one that writes
    blocks: Any = model.get_submodule(stacks[-1])
    if trained.layers > len(blocks):
        raise InputError(f"Upper.layers is {trained.layers}; the model has {len(blocks)} layers")
    first = len(blocks) - trained.layers
    learns = re.compile(rf"{re.escape(name)}\.blocks\.(\d+)\..*|{re.escape(name)}\.norm_out\..*|heads\..*")
    for path, tensor in model.named_parameters():
        found = learns.fullmatch(path)
        tensor.requires_grad = found is not None and (found[1] is None or int(found[1]) >= first)


@_hold.register
def _(trained: s.AllBut, model: nn.Module, seed: int) -> None:
    tensors = dict(model.named_parameters())
    for name in trained.names:
        pattern = re.compile(re.escape(name).replace(r"\*", r"[^.]+"))
        named = [tensor for path, tensor in tensors.items() if pattern.fullmatch(path)]
        if not named:
            raise InputError(f"AllBut.names has '{name}', which is no tensor of the model")
        for tensor in named:
            tensor.requires_grad = False


@_hold.register
def _(trained: s.LowRank, model: nn.Module, seed: int) -> None:
    if isinstance(model, WholeModel) and not model.products_called:
        raise InputError("LowRank is of products that are called; a model that remembers reads their weights")
    generator = torch.Generator().manual_seed(seed)
    model.requires_grad_(requires_grad=False)
    left, found = set(trained.on), set[str]()
    whole = {name: re.compile(re.escape(name).replace(r"\*", r".+")) for name in trained.whole}
    for row in list(s.rows(model.spec)):  # type: ignore[arg-type]
        path, _, kind = row.path.rpartition(".")
        if kind != "weight" or len(row.shape) != 2 or row.embedding:
            continue
        if any(pattern.fullmatch(row.path) for pattern in whole.values()):
            continue
        first, held = 0, {}
        for out, size in row.outs:
            named = {path.rpartition(".")[2]} | ({out} if len(row.outs) > 1 else set())
            if names := named & left:
                weight = model.get_parameter(row.path)
                held[out or "all"] = Update(trained, row.shape[1], slice(first, first + size), weight, generator)
                found |= names
            first += size
        if held:
            product = model.get_submodule(path)
            updates = nn.ModuleDict(held)
            product.add_module(UPDATE, updates)
            updates.hook = product.register_forward_hook(_updated)  # type: ignore[assignment]
    if left - found:
        raise InputError(f"LowRank.on has '{min(left - found)}', which is no output of a product of the model")
    for name, pattern in whole.items():
        tensors = [tensor for path, tensor in model.named_parameters() if pattern.fullmatch(path)]
        if not tensors:
            raise InputError(f"LowRank.whole has '{name}', which is no tensor of the model")
        for tensor in tensors:
            tensor.requires_grad = True


class Update(nn.Module):
    """alpha / rank B A x, added to some outputs of a product; B starts at zero (Hu et al. 2021, §4.1, eq. 3)."""

    def __init__(self, part: s.LowRank, inputs: int, outputs: slice, weight: Tensor, random: torch.Generator) -> None:
        super().__init__()
        self.a = nn.Parameter((torch.randn(part.rank, inputs, generator=random) * inputs**-0.5).to(weight))
        self.b = nn.Parameter(torch.zeros_like(weight[outputs, :1].expand(-1, part.rank)))
        self.outputs, self.factor = outputs, part.alpha / part.rank
        self.dropout = nn.Dropout(part.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """[..., inputs] to [..., outputs]."""
        update: Tensor = self.dropout(x) @ self.a.T @ self.b.T
        return self.factor * update

    @property
    def whole(self) -> Tensor:
        """What is added to the weight, [outputs, inputs]."""
        return self.factor * self.b @ self.a


def _updates(product: nn.Module) -> Iterator[Update]:
    for each in product.get_submodule(UPDATE).children():
        assert isinstance(each, Update)
        yield each


def _updated(product: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> Tensor:
    """The product's output with its updates."""
    added = torch.zeros_like(output)
    for each in _updates(product):
        added[..., each.outputs] = each(given[0])
    return output + added


def updates_of(model: nn.Module) -> list[LowRankUpdate]:
    """The low-rank updates of a model, which stay as they are."""
    return [
        LowRankUpdate(f"{name}.weight", each.outputs, each.a.detach().cpu(), each.b.detach().cpu(), each.factor)
        for name, product in model.named_modules()
        if UPDATE in dict(product.named_children())
        for each in _updates(product)
    ]


@torch.no_grad()
def merge(model: nn.Module) -> None:
    """Add low-rank updates to the weights that they belong to, and let what the objective owns go.

    The model is then of its declaration, and no more.
    """
    if isinstance(owned := dict(model.named_children()).get(OWNED), Owned):
        delattr(model, OWNED)
        owned.leave(model)
    for product in [each for each in model.modules() if UPDATE in dict(each.named_children())]:
        for each in _updates(product):
            product.get_parameter("weight")[each.outputs] += each.whole
        product.get_submodule(UPDATE).hook.remove()  # type: ignore[operator, union-attr]
        delattr(product, UPDATE)

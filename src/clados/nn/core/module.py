"""From a part to its module. A module owns what its part's ``pieces`` say, under the same names."""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.module import _has_any_global_hook

from clados.nn.products import product
from clados.spec import Part, SpecError
from clados.spec.core.pieces import (
    Env,
    Held,
    Kernel as KernelPiece,
    Named,
    Projection,
    Several,
    Statistic,
    Table,
    Weight,
)
from clados.spec.core.registry import import_parts

M = TypeVar("M", bound=Callable[..., Any])

MODULES: dict[tuple[type[Part], ...], Callable[..., Any]] = {}


def builds(*parts: type[Part]) -> Callable[[M], M]:
    """Register what builds a type of part: a class, or a function that chooses one.

    Args:
        parts: the type; a second one, if any, is that of a part in it, or of its stack's position: of attention, what
            ``builds(Attention, Banded)`` registers is taken where the pattern is ``Banded``.
    """

    def register(build: M) -> M:
        MODULES[parts] = build
        return build

    return register


def module(part: Part, env: Env | None = None) -> nn.Module:
    """The module of a part, its tensors not yet drawn.

    Raises:
        SpecError: when nothing builds this type of part.
    """
    return cast(nn.Module, made(part, env))


def made(part: Part, env: Env | None = None) -> Any:
    """What computes a part: its module; of one without tensors, such as a mask, perhaps a function.

    Raises:
        SpecError: when nothing builds this type of part.
    """
    build = builder(part, env)
    if build is None:
        import_parts()
        build = builder(part, env)
    if build is None:
        raise SpecError(f"nothing builds {type(part).__name__}; what does is known once its module is imported")
    return build(part, env)


def builder(part: Part, env: Env | None = None) -> Callable[..., Any] | None:
    """What builds a part: by its type and that of a part in it, or of its stack's position; else by its type alone."""
    own = type(part)
    others = [*vars(part).values(), env.position if env else None]
    pairs = (MODULES[own, type(other)] for other in others if (own, type(other)) in MODULES)
    return next(pairs, MODULES.get((own,)))


def has_module(part: type[Part]) -> bool:
    """Whether something builds this very type of part."""
    return (part,) in MODULES


class Owner(nn.Module):
    """Finds what it owns at once, and is called at once: torch takes longer for both than a small model computes.

    What a class annotates is looked up in torch's own dictionaries. They stay the only truth, so moving, assigning,
    swapping, copying, pickling, hooking, pruning, normalising and compiling work as ever.
    """

    def __init_subclass__(cls, **given: Any) -> None:
        super().__init_subclass__(**given)
        for name, kind in inspect.get_annotations(cls).items():
            if name in vars(cls):  # what has a value is no module or parameter
                continue
            setattr(cls, name, _READERS.get(kind, _Submodule)(name))

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Straight to ``forward`` where nobody listens; otherwise torch's own way, which takes twice as long."""
        if (
            self._forward_hooks
            or self._forward_pre_hooks
            or self._backward_hooks
            or self._backward_pre_hooks
            or self._compiled_call_impl
            or _has_any_global_hook()
            or torch._C._get_tracing_state()
        ):
            return super().__call__(*given, **named)
        return self.forward(*given, **named)


class _Submodule:
    """Reads one name from a module's submodules. What the module has as a plain attribute goes before it."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, module: nn.Module, owner: type | None = None) -> Any:
        try:
            return module._modules[self.name]
        except KeyError:  # torch's own search goes on, among buffers too
            raise AttributeError(self.name) from None


class _Parameter(_Submodule):
    """Reads one name from a module's parameters."""

    __slots__ = ()

    def __get__(self, module: nn.Module, owner: type | None = None) -> Any:
        try:
            return module._parameters[self.name]
        except KeyError:
            raise AttributeError(self.name) from None


class _Buffer(_Submodule):
    """Reads one name from a module's buffers."""

    __slots__ = ()

    def __get__(self, module: nn.Module, owner: type | None = None) -> Any:
        try:
            return module._buffers[self.name]
        except KeyError:
            raise AttributeError(self.name) from None


_READERS: dict[Any, type[_Submodule]] = {
    nn.Parameter: _Parameter,
    nn.Parameter | None: _Parameter,
    Tensor: _Buffer,
}


class Module(Owner):
    """Allocates the pieces of its part; a subclass says what is computed with them."""

    def __init__(self, part: Part, env: Env | None = None) -> None:
        super().__init__()
        for name, piece in part.pieces(env).items():  # type: ignore[arg-type]
            if isinstance(piece, Weight):
                self.register_parameter(name, nn.Parameter(torch.empty(piece.shape)))
            elif isinstance(piece, Statistic):
                self.register_buffer(name, torch.full(piece.shape, piece.start))
            else:
                self.add_module(name, _made(piece))


def _made(piece: Held | Several | Named | Projection | KernelPiece | Table) -> nn.Module:
    match piece:
        case Held():
            return module(piece.part, piece.env)
        case Several():
            return nn.ModuleList(module(held.part, held.env) for held in piece.held)
        case Named():
            return nn.ModuleDict({name: module(held.part, held.env) for name, held in piece.held.items()})
        case Projection():
            return Product(piece.n_in, piece.n_out, piece.bias)
        case KernelPiece():
            return Kernel(piece.n_in, piece.n_out, piece.side, piece.bias)
        case Table():
            return Rows(piece.rows, piece.columns)


class TensorFn(Protocol):
    """What takes a tensor to a tensor: a norm, a product, an activation."""

    def __call__(self, x: Tensor, /) -> Tensor: ...


class Product(Owner, nn.Linear):
    """x W^T + b, left undrawn."""

    weight: nn.Parameter
    bias: nn.Parameter

    if TYPE_CHECKING:

        def __call__(self, x: Tensor, /) -> Tensor: ...

    def reset_parameters(self) -> None:
        """Nothing: ``draw_weights`` follows the declaration."""

    def forward(self, x: Tensor) -> Tensor:
        """[..., n_in] -> [..., n_out]."""
        return product(x, self.weight, self.bias)


class Kernel(Owner, nn.Conv2d):
    """A convolution that keeps the sides of an image, left undrawn."""

    weight: nn.Parameter
    bias: nn.Parameter | None

    if TYPE_CHECKING:

        def __call__(self, x: Tensor, /) -> Tensor: ...

    def __init__(self, n_in: int, n_out: int, side: int, bias: bool) -> None:
        super().__init__(n_in, n_out, side, padding=side // 2, bias=bias)

    def reset_parameters(self) -> None:
        """Nothing: ``draw_weights`` follows the declaration."""

    def forward(self, x: Tensor) -> Tensor:
        """[batch, n_in, height, width] -> [batch, n_out, height, width]."""
        return F.conv2d(x, self.weight, self.bias, padding=self.padding)


class Rows(Owner, nn.Embedding):
    """A table, left undrawn."""

    weight: nn.Parameter

    if TYPE_CHECKING:

        def __call__(self, ids: Tensor, /) -> Tensor: ...

    def reset_parameters(self) -> None:
        """Nothing: ``draw_weights`` follows the declaration."""

    def forward(self, ids: Tensor) -> Tensor:
        """[...] of ids -> [..., columns].

        Raises:
            SpecError: for an id without a row (on an accelerator, torch's own assertion).
        """
        try:
            return F.embedding(ids, self.weight)
        except IndexError:
            low, high, last = int(ids.min()), int(ids.max()), self.num_embeddings - 1
            raise SpecError(f"ids reach from {low} to {high}; this table has rows 0 to {last}") from None

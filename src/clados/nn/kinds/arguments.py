"""What models refuse of their arguments."""

from collections.abc import Iterable

from torch import Tensor

from clados import spec as s
from clados.nn.core.context import Cache
from clados.spec.core.part import hint


def refuse_unknown(given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse arguments that a model does not take.

    Raises:
        SpecError: naming the first, and the nearest that it takes.
    """
    for name in given:
        raise s.SpecError(f"this model takes no {name}{hint(name, known)}")


def check_ids(ids: Tensor | None, past: int, learned: int | None, name: str = "input_ids") -> Tensor:
    """The same ids; refuse none, what is no batch of ids, and more of them than there are positions.

    Args:
        ids: [batch, length], after ``past`` others.
        learned: positions that have a vector of their own; None when there is no such table.

    Raises:
        SpecError: for these.
    """
    if ids is None:
        raise s.SpecError(f"this model reads {name}, and none were given")
    if not isinstance(ids, Tensor) or ids.dim() != 2 or ids.is_floating_point():
        found = f"a tensor {list(ids.shape)} of {ids.dtype}" if isinstance(ids, Tensor) else f"a {type(ids).__name__}"
        raise s.SpecError(f"{name} is {found}; a tensor of whole numbers, [batch, length], is allowed")
    if not ids.numel():
        raise s.SpecError(f"{name} is {list(ids.shape)}: there is nothing to read")
    if learned is not None and past + ids.size(1) > learned:
        raise s.SpecError(f"{name} reaches position {past + ids.size(1)}; this model has learned {learned}")
    return ids


def check_shape(name: str, given: Tensor | None, *wanted: tuple[int | str, ...]) -> None:
    """Refuse a tensor of another shape than one of those wanted, in which a word stands for any size.

    Raises:
        SpecError: naming its shape and these.
    """
    if given is None:
        return
    if isinstance(given, Tensor):
        for shape in wanted:
            if len(shape) == given.dim() and all(isinstance(n, str) or n == m for n, m in zip(shape, given.shape)):
                return
    found = list(given.shape) if isinstance(given, Tensor) else f"a {type(given).__name__}"
    allowed = " or ".join(f"[{', '.join(map(str, shape))}]" for shape in dict.fromkeys(wanted))
    raise s.SpecError(f"{name} is {found}; {allowed} is allowed")


def check_position_ids(positions: Tensor | None, batch: int, length: int, paired: bool = False) -> None:
    """Refuse ``position_ids`` that are no whole numbers, or not one (where ``paired``, two) for each id.

    Raises:
        SpecError: for these.
    """
    pairs = isinstance(positions, Tensor) and positions.dim() == 3
    if pairs and not paired:
        raise s.SpecError("position_ids are pairs of numbers; this model's positions are single ones")
    each = (length, 2) if pairs else (length,)
    check_shape("position_ids", positions, (batch, *each), (1, *each))
    if positions is not None and positions.is_floating_point():
        raise s.SpecError(f"position_ids are of {positions.dtype}; whole numbers are allowed")


def check_cache(cache: Cache | None, batch: int, length: int) -> None:
    """Refuse a cache of another batch, or one without room for so many positions more.

    Raises:
        SpecError: for these.
    """
    if cache is None:
        return
    cache.check(length)
    own = cache.layers[0].attn
    if own is not None and own.k.size(0) != batch:
        raise s.SpecError(f"the cache is of {own.k.size(0)} texts; {batch} are given")


def learned_positions(inputs: s.Inputs) -> int | None:
    """Positions that have a vector of their own; None without such a table."""
    position = getattr(inputs, "position", None)
    if isinstance(position, s.TextThenGrid):
        return position.places
    return position.length - position.start if isinstance(position, s.Learned) else None

"""Tensors in few bits: ``NAME.codes``, whole numbers, and ``NAME.scale``, which they are multiplied by."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from clados.checkpoints.errors import CheckpointError
from clados.checkpoints.formats.safetensors import read_safetensors
from clados.checkpoints.mapping.lazy import LazyTensor

FEW_BITS = "quantised.safetensors"
CODES, SCALE = ".codes", ".scale"
IN_A_BYTE = 4  # codes of two bits
SHIFTS = torch.arange(0, 2 * IN_A_BYTE, 2, dtype=torch.uint8)


class Coded(NamedTuple):
    """A tensor in few bits: whole numbers, and what they are multiplied by, which is broadcast to their shape."""

    codes: Tensor
    scale: Tensor

    @property
    def whole(self) -> Tensor:
        """The numbers themselves."""
        return self.codes * self.scale


def as_filed(name: str, coded: Coded) -> dict[str, Tensor]:
    """A tensor in few bits as it is filed: one code a byte, or four of -1, 0 and 1 (plus one each, the first lowest).

    The scale keeps the axes along which it differs. Codes are up to 8 bits.
    """
    codes, scale = coded.codes, coded.scale.expand_as(coded.codes)
    for axis in range(scale.dim()):
        first = scale.narrow(axis, 0, 1)
        scale = first if torch.equal(first.expand_as(scale), scale) else scale
    if codes.abs().max() <= 1 and codes.size(-1) % IN_A_BYTE == 0:
        four = (codes + 1).to(torch.uint8).unflatten(-1, (-1, IN_A_BYTE))
        filed = (four << SHIFTS).sum(-1, dtype=torch.uint8)
    else:
        filed = codes.to(torch.int8)
    return {name + CODES: filed, name + SCALE: scale.contiguous()}


def read_few_bits(file: Path) -> dict[str, LazyTensor]:
    """The tensors of a file, whole.

    Raises:
        CheckpointError: the file is damaged, or a scale is absent or does not fit.
    """
    found = read_safetensors(file)
    if lost := [name for name in _coded(found) if name + SCALE not in found]:
        raise CheckpointError(f"{file}: '{lost[0]}{CODES}' has no '{lost[0]}{SCALE}'")
    whole = {name: _whole(file, name, found[name + CODES], found[name + SCALE]) for name in _coded(found)}
    used = {name + end for name in whole for end in (CODES, SCALE)}
    return {**{name: each for name, each in found.items() if name not in used}, **whole}


def _coded(found: Mapping[str, LazyTensor]) -> list[str]:
    return [name.removesuffix(CODES) for name in found if name.endswith(CODES)]


def _whole(file: Path, name: str, codes: LazyTensor, scale: LazyTensor) -> LazyTensor:
    four = codes.read().dtype is torch.uint8
    shape = (*codes.shape[:-1], codes.shape[-1] * IN_A_BYTE) if four else codes.shape
    if len(scale.shape) != len(shape) or any(n not in (1, of) for n, of in zip(scale.shape, shape)):
        sizes = ("x".join(map(str, each)) for each in (scale.shape, shape))
        raise CheckpointError("{}: '{}{}' is {}, beside codes of {}".format(file, name, SCALE, *sizes))
    return LazyTensor(file, shape, partial(_unpacked, codes, scale))


def _unpacked(codes: LazyTensor, scale: LazyTensor) -> Tensor:
    filed, factor = codes.read(), scale.read()
    if filed.dtype is torch.uint8:
        return (((filed[..., None] >> SHIFTS) & 3).flatten(-2).to(factor) - 1) * factor
    return filed.to(factor) * factor

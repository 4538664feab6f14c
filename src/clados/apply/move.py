"""move: where particles will be, of their places, velocities and charges (Fuchs et al. 2020, §4.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clados import spec as s
from clados.apply.ready import ModelSource, Ready, load
from clados.data.errors import DataError
from clados.errors import InputError
from clados.files import read_json
from clados.nn.kinds.model import Output

_LARGEST = 1e6  # of a number that is read: squares of distances are numbers still
KEYS = ("positions", "velocities", "charges")
_Numbers = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Particles:
    """Places and velocities, [particles, 3] each, and charges, [particles]."""

    positions: _Numbers
    velocities: _Numbers
    charges: _Numbers


@torch.inference_mode()
def move(source: ModelSource, particles: Particles, *, device: str | torch.device = "cpu") -> Particles:
    """The particles later: as much later as in what the model learned from.

    Args:
        source: a directory with a model that foretells motion.

    Raises:
        InputError: for a model that does not, or reads other things than velocities and products of charges.
    """
    ready = load(source, "move", device=device)
    inputs, head = ready.spec.reads(s.Points), ready.spec.head("motion")
    if inputs != s.Points(vectors=1, edges=1) or getattr(head, "vectors", 0) != 2:
        raise InputError(f"{ready.name} reads {inputs!r}; particles have one vector each and one number a pair")
    products = particles.charges[:, None] * particles.charges
    read = {
        "positions": particles.positions[None],
        "vectors": particles.velocities[None, :, None],
        "edge_features": products[None, ..., None],
    }
    motion = moved_by(ready, {name: torch.from_numpy(each) for name, each in read.items()})["motion"][0].numpy()
    return Particles(particles.positions + motion[:, 0], particles.velocities + motion[:, 1], particles.charges)


@torch.inference_mode()
def moved_by(ready: Ready, read: Mapping[str, Tensor]) -> Output:
    """What a model gives of points, on the CPU in float32."""
    dtype = next(ready.model.parameters()).dtype
    given = {name: each.to(ready.device, dtype if each.is_floating_point() else None) for name, each in read.items()}
    return Output({name: each.float().cpu() for name, each in ready.model(**given).items()})


def read_particles(file: Path) -> Particles:
    """Particles of a JSON file: ``{"positions": [[x, y, z], ...], "velocities": [[x, y, z], ...], "charges": [...]}``.

    Raises:
        DataError: for a file that cannot be read, keys that are missing, numbers of unlike shape, or larger than
            1,000,000, fewer than two particles, and two at one place.
    """
    found = read_json(file, DataError)
    if not isinstance(found, dict) or (missing := [key for key in KEYS if key not in found]):
        lacking = missing[0] if isinstance(found, dict) else KEYS[0]
        raise DataError(f"{file}: '{lacking}' is missing; an object with {', '.join(KEYS)} is needed")
    positions, velocities, charges = (_array(file, key, found[key]) for key in KEYS)
    number = len(positions) if positions.ndim else 0
    for key, each, shape in (
        ("positions", positions, (number, 3)),
        ("velocities", velocities, (number, 3)),
        ("charges", charges, (number,)),
    ):
        if each.shape != shape or number < 2:
            allowed = "two particles and more, three numbers each" if number < 2 else f"{list(shape)} is needed"
            raise DataError(f"{file}: {key} is {list(each.shape)}; {allowed}")
    if len(np.unique(positions, axis=0)) < number:
        raise DataError(f"{file}: positions has two particles at one place")
    return Particles(positions, velocities, charges)


def _array(file: Path, key: str, value: object) -> _Numbers:
    try:
        found = np.asarray(value)
        if found.dtype.kind in "bUS":  # which numpy would read as numbers
            raise TypeError(f"it has {'texts' if found.dtype.kind in 'US' else 'yes and no'}")
        with np.errstate(over="ignore"):  # told below
            found = found.astype(np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{file}: {key} is no table of numbers ({error})") from error
    if not np.isfinite(found).all():
        raise DataError(f"{file}: {key} has numbers that are not finite")
    if (np.abs(found) > _LARGEST).any():
        raise DataError(f"{file}: {key} has numbers beyond {_LARGEST:,.0f}")
    return found

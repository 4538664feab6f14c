"""Charged particles in motion, made here (Kipf et al. 2018, §5.1; Fuchs et al. 2020, §4.1).

Each has a charge of 1 or -1; like ones repel each other, by the inverse square of their distance. There are no walls,
which would not turn with the particles.
"""

import numpy as np
from numpy.typing import NDArray

from clados.data.examples import PointSample

SPEED, STRONGEST = 0.5, 100.0  # at the start; of each number of a force
AHEAD, STEP = 0.5, 0.005  # how much later, and the time of a step

_Numbers = NDArray[np.float64]


def particles(simulations: int = 7000, number: int = 5, seed: int = 0) -> list[PointSample]:
    """Particles at some time, and how far each has moved, and how its velocity has changed, half a unit of time later.

    Vectors are velocities, edges products of charges; targets are [particles, 2, 3].
    """
    random = np.random.default_rng(seed)
    places = random.normal(size=(simulations, number, 3))
    velocities = random.normal(size=(simulations, number, 3))
    velocities *= SPEED / np.linalg.norm(velocities, axis=-1, keepdims=True)
    charges = random.choice((-1.0, 1.0), size=(simulations, number))
    products = charges[:, :, None] * charges[:, None]
    later, faster = simulated(places, velocities, products)
    targets = np.stack([later - places, faster - velocities], 2)
    return [
        PointSample(
            f"particles/{i}",
            places[i].astype(np.float32),
            vectors=velocities[i][:, None].astype(np.float32),
            edges=products[i][..., None].astype(np.float32),
            targets=targets[i].astype(np.float32),
        )
        for i in range(simulations)
    ]


def simulated(places: _Numbers, velocities: _Numbers, products: _Numbers) -> tuple[_Numbers, _Numbers]:
    """Places and velocities later, [simulations, particles, 3] each, by leapfrog steps.

    Args:
        products: of charges, [simulations, particles, particles].
    """
    place, velocity = places, velocities + forces(places, products) * STEP / 2
    for left in range(round(AHEAD / STEP), 0, -1):
        place = place + velocity * STEP
        velocity = velocity + forces(place, products) * (STEP if left > 1 else STEP / 2)
    return place, velocity


def forces(places: _Numbers, products: _Numbers) -> _Numbers:
    """On each particle, [simulations, particles, 3]: products of charges over squared distances, at most 100."""
    apart = places[:, :, None] - places[:, None]
    squared = (apart**2).sum(-1)
    strength = np.divide(products, squared * np.sqrt(squared), out=np.zeros_like(products), where=squared > 0)
    found: _Numbers = np.clip((strength[..., None] * apart).sum(2), -STRONGEST, STRONGEST)
    return found

"""Simulated particles: laws of motion that hold, and the same for the same seed."""

import numpy as np

from clados.data.particles import AHEAD, STEP, forces, particles, simulated

rng = np.random.default_rng(3)
PLACES, VELOCITIES = 2 * rng.normal(size=(6, 5, 3)), rng.normal(size=(6, 5, 3))
CHARGES = rng.choice((-1.0, 1.0), size=(6, 5))
PRODUCTS = CHARGES[:, :, None] * CHARGES[:, None]


def energy(places: np.ndarray, velocities: np.ndarray) -> np.ndarray:
    """Of motion, and of each pair."""
    apart = np.linalg.norm(places[:, :, None] - places[:, None], axis=-1) + np.eye(5)
    pairs = PRODUCTS * (1 - np.eye(5)) / apart
    found: np.ndarray = (velocities**2).sum((1, 2)) / 2 + pairs.sum((1, 2)) / 2
    return found


def test_momentum_and_nearly_energy_are_kept() -> None:
    later, faster = simulated(PLACES, VELOCITIES, PRODUCTS)
    assert np.allclose(faster.sum(1), VELOCITIES.sum(1), atol=1e-10)
    assert np.allclose(energy(later, faster), energy(PLACES, VELOCITIES), rtol=2e-2)
    assert np.abs(later - PLACES - VELOCITIES * AHEAD).max() > 10 * STEP


def test_like_charges_repel_by_the_inverse_square() -> None:
    two = np.array([[[0.0, 0.0, 0.0], [2.0, 0.0, 0.0]]])
    repelled = forces(two, np.ones((1, 2, 2)))
    assert np.allclose(repelled, [[[-0.25, 0, 0], [0.25, 0, 0]]])
    assert np.allclose(forces(two, -np.ones((1, 2, 2))), -repelled)


def test_particles_turn_with_their_start() -> None:
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    later, faster = simulated(PLACES, VELOCITIES, PRODUCTS)
    other, quicker = simulated(PLACES @ turn, VELOCITIES @ turn, PRODUCTS)
    assert np.allclose(other, later @ turn, atol=1e-9)
    assert np.allclose(quicker, faster @ turn, atol=1e-9)


def test_the_same_seed_gives_the_same_particles() -> None:
    one, same, other = particles(3), particles(3), particles(3, seed=1)
    assert all(np.array_equal(a.targets, b.targets) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one[0].targets, other[0].targets)
    assert one[0].targets.shape == (5, 2, 3)
    assert one[0].edges is not None
    assert {*np.unique(one[0].edges)} == {-1.0, 1.0}

"""Moving particles: what a model gives is added, turned input is turned output, and bad files are told."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clados import nn as cn, spec as s
from clados.apply.move import Particles, move, read_particles
from clados.apply.ready import Ready
from clados.data.errors import DataError
from clados.errors import InputError
from clados.models.declared import declared
from clados.proofs.cases import small

GIVEN: dict[str, Any] = {
    "positions": [[0.0, 0.0, 0.0], [1.0, 0.5, 0.0], [-1.0, 0.2, 0.7]],
    "velocities": [[0.1, 0.0, 0.0], [0.0, 0.2, 0.0], [0.0, 0.0, -0.3]],
    "charges": [1.0, -1.0, 1.0],
}


def ready(model: s.Model) -> Ready:
    """A model with random weights."""
    return Ready(model=cn.build(model, seed=1), name="it", objective=s.PointRegression())


def written(tmp_path: Path, content: object) -> Path:
    """A JSON file."""
    file = tmp_path / "particles.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_particles_are_moved_and_turn_as_they_are_turned(tmp_path: Path) -> None:
    known = read_particles(written(tmp_path, GIVEN))
    one = ready(small(declared("se3-transformer").model))
    later = move(one, known)
    assert later.positions.shape == (3, 3)
    assert np.abs(later.positions - known.positions).max() > 1e-3
    turn = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]], np.float32)
    other = move(one, Particles(known.positions @ turn.T + 2, known.velocities @ turn.T, known.charges))
    assert np.allclose(other.positions, later.positions @ turn.T + 2, atol=1e-5)
    assert np.allclose(other.velocities, later.velocities @ turn.T, atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"charges": None}, "charges has numbers that are not finite"),
        ({"charges": [1.0, 1.0]}, r"charges is \[2\]; \[3\] is needed"),
        ({"positions": [[0.0, 0.0]] * 3}, r"positions is \[3, 2\]; \[3, 3\] is needed"),
        ({"positions": [[0.0, 0.0, 0.0]] * 3}, "two particles at one place"),
        ({"velocities": [[0.0, 0.0, "x"]] * 3}, "velocities is no table of numbers"),
        ({"charges": ["1", "-1", "1"]}, r"charges is no table of numbers \(it has texts\)"),
        ({"charges": [True, False, True]}, r"charges is no table of numbers \(it has yes and no\)"),
        ({"positions": [[0.0, 0.0, 10**400]] * 3}, "positions is no table of numbers"),
        ({"velocities": [[0.0, 0.0, 1e39]] * 3}, "velocities has numbers that are not finite"),
        ({"velocities": [[0.0, 0.0, float("nan")]] * 3}, "velocities has numbers that are not finite"),
        ({"positions": [[0.0, 0.0, 0.0], [1e30, 0.0, 0.0], [0.0, 1.0, 0.0]]}, "positions has numbers beyond 1,000,000"),
        ({"positions": [[0.0, 0.0, 0.0]]}, "two particles and more"),
    ],
)
def test_particles_that_are_none_are_told(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_particles(written(tmp_path, {**GIVEN, **changes}))


def test_files_that_are_none_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'charges' is missing"):
        read_particles(written(tmp_path, {name: GIVEN[name] for name in ("positions", "velocities")}))
    with pytest.raises(DataError, match="'positions' is missing"):
        read_particles(written(tmp_path, [1, 2]))
    with pytest.raises(DataError, match="there is no such file"):
        read_particles(tmp_path / "none.json")


def test_models_that_move_nothing_are_told() -> None:
    known = Particles(*(np.asarray(GIVEN[key], np.float32) for key in ("positions", "velocities", "charges")))
    with pytest.raises(InputError, match="it is a PointCloud of points in space: it has no verb of its own; not move"):
        move(ready(small(declared("se3-transformer").at("qm9"))), known)
    odd = small(declared("se3-transformer").model.but(inputs=s.but(edges=2)))
    with pytest.raises(InputError, match="particles have one vector each and one number a pair"):
        move(ready(odd), known)

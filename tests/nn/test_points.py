"""Models of points: harmonics, their couplings, and an output that turns as the input does."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import sph_harm_y  # type: ignore[import-untyped]
from sympy.physics.quantum.cg import CG
from torch import Tensor

import clados
from clados import nn as cn, spec as s
from clados.models.declared import declared
from clados.nn.equivariant.harmonics import clebsch_gordan, coupling, harmonics
from clados.proofs.cases import ModelInputs, example_inputs, small
from clados.spec.core.pieces import Env

MOST = 6
SIZES = ("n-body", "qm9")


def turn(seed: int) -> Tensor:
    """A rotation, drawn."""
    found = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64))[0]
    turned: Tensor = found * torch.det(found)
    return turned


def directions(number: int) -> Tensor:
    """Points on the sphere."""
    drawn = torch.randn(number, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return torch.nn.functional.normalize(drawn, dim=-1)


def how_they_turn(rotation: Tensor) -> list[Tensor]:
    """The matrix by which the harmonics of each degree turn, from those of turned points."""
    points = directions(200)
    pairs = zip(harmonics(points, MOST), harmonics(points @ rotation.T, MOST), strict=True)
    return [torch.linalg.lstsq(plain, turned).solution.T for plain, turned in pairs]


def test_harmonics_are_scipys() -> None:
    points = directions(50)
    y, z, x = points.unbind(-1)
    polar, longitude = np.arccos(z.numpy()), np.arctan2(y.numpy(), x.numpy())
    for degree, ours in enumerate(harmonics(points, MOST)):
        for m in range(-degree, degree + 1):
            complex_ = sph_harm_y(degree, abs(m), polar, longitude) * (-1) ** m * (2**0.5 if m else 1)
            theirs = complex_.imag if m < 0 else complex_.real
            assert np.abs(ours[:, degree + m].numpy() - theirs).max() < 1e-13


def test_harmonics_are_orthonormal_and_those_of_degree_one_are_the_axes() -> None:
    heights, weights = np.polynomial.legendre.leggauss(2 * MOST)
    angles = np.arange(4 * MOST) * 2 * np.pi / (4 * MOST)
    height, angle = np.meshgrid(heights, angles, indexing="ij")
    around = np.sqrt(1 - height**2)
    points = torch.from_numpy(np.stack([around * np.sin(angle), height, around * np.cos(angle)], -1))
    every = torch.cat(harmonics(points, MOST), -1)
    areas = torch.from_numpy(np.repeat(weights[:, None], len(angles), 1) * 2 * np.pi / len(angles))
    products = torch.einsum("hai,haj,ha->ij", every, every, areas)
    assert torch.allclose(products, torch.eye(len(products), dtype=torch.float64), atol=1e-12)
    assert torch.allclose(every[..., 1:4], points * (3 / (4 * np.pi)) ** 0.5, atol=1e-12)


def test_each_degree_turns_by_an_orthogonal_matrix_of_its_own() -> None:
    points, rotation = directions(40), turn(2)
    for plain, turned, matrix in zip(
        harmonics(points, MOST), harmonics(points @ rotation.T, MOST), how_they_turn(rotation), strict=True
    ):
        assert torch.allclose(plain @ matrix.T, turned, atol=1e-12)
        assert torch.allclose(matrix @ matrix.T, torch.eye(len(matrix), dtype=torch.float64), atol=1e-12)


def test_clebsch_gordan_coefficients_are_sympys() -> None:
    cases = [(1, 0, 1, 0, 2), (1, 1, 1, -1, 1), (2, -1, 3, 2, 4), (3, 3, 3, -3, 6), (3, -2, 2, 2, 1), (2, 0, 2, 0, 3)]
    for j1, m1, j2, m2, j in cases:
        theirs = float(CG(j1, m1, j2, m2, j, m1 + m2).doit())
        assert clebsch_gordan(j1, m1, j2, m2, j) == pytest.approx(theirs, abs=1e-14)


def test_couplings_are_left_as_they_are_by_every_turn_and_stand_at_right_angles() -> None:
    matrices = how_they_turn(turn(3))
    for gives in range(4):
        for reads in range(4):
            every = []
            for degree in range(abs(gives - reads), gives + reads + 1):
                table = torch.from_numpy(coupling(gives, reads, degree))
                sides = matrices[gives], matrices[reads], matrices[degree]
                turned = torch.einsum("abc,xa,yb,zc->xyz", table, *sides)
                assert torch.allclose(turned, table, atol=1e-12)
                every.append(table * (2 * degree + 1) ** 0.5)
            rows = torch.cat(every, -1).flatten(0, 1)
            assert torch.allclose(rows @ rows.T, torch.eye(len(rows), dtype=torch.float64), atol=1e-12)
    with pytest.raises(ValueError, match="degree is 4; it must be from 1 to 3"):
        coupling(1, 2, 4)


def turned(read: ModelInputs, rotation: Tensor) -> ModelInputs:
    """The same points, turned about the origin and moved, and their vectors, turned."""
    kept = dict(read)
    dtype = read["positions"].dtype
    kept["positions"] = read["positions"] @ rotation.T.to(dtype) + torch.tensor([3.0, -2.0, 0.5], dtype=dtype)
    if "vectors" in read:
        kept["vectors"] = read["vectors"] @ rotation.T.to(dtype)
    return kept


@pytest.mark.parametrize("size", SIZES)
def test_turning_the_input_turns_the_output(size: str) -> None:
    model = declared("se3-transformer").at(size)
    module = cn.build(model, seed=1)
    read, rotation = example_inputs(model), turn(4)
    with torch.no_grad():
        plain, other = module(**read), module(**turned(read, rotation))
    for name, expected in plain.items():
        if name == "motion":
            expected = expected @ rotation.T.float()
        keep = read["attention_mask"].bool() if name == "motion" else slice(None)
        apart = (other[name] - expected)[keep].abs().max()
        assert expected[keep].abs().max() > 0.05
        assert apart <= 1e-5 * max(1.0, float(expected[keep].abs().max()))


def test_a_mirrored_cloud_is_another_one() -> None:
    model = small(declared("se3-transformer").model)
    module = cn.build(model, seed=1).double()
    read = doubled(example_inputs(model))
    mirror = torch.diag(torch.tensor([1.0, 1.0, -1.0], dtype=torch.float64))
    plain, other = module(**read), module(**turned(read, mirror))
    assert (other.motion - plain.motion @ mirror).abs().max() > 1e-3


def doubled(read: ModelInputs) -> ModelInputs:
    """The same in double precision."""
    return {name: each.double() if each.is_floating_point() else each for name, each in read.items()}


@pytest.mark.parametrize("size", SIZES)
def test_order_and_padding_change_nothing(size: str) -> None:
    model = small(declared("se3-transformer").at(size))
    module, read = cn.build(model, seed=1).double(), doubled(example_inputs(model))
    whole = {name: each[:1] for name, each in read.items() if name != "attention_mask"}
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    mixed = {
        name: each[:, order][:, :, order] if name.startswith("edge_") else each[:, order]
        for name, each in whole.items()
    }
    short = {name: each[2:, :3, :3] if name.startswith("edge_") else each[2:, :3] for name, each in read.items()}
    short.pop("attention_mask")
    for name, expected in module(**read).items():
        alone = module(**whole)[name]
        other, fewer = module(**mixed)[name], module(**short)[name]
        assert torch.allclose(alone, expected[:1], atol=1e-12)
        assert torch.allclose(other, alone[:, order] if name == "motion" else alone, atol=1e-12)
        assert torch.allclose(fewer, expected[2:, :3] if name == "motion" else expected[2:], atol=1e-12)


def test_a_point_alone_is_read_without_neighbours() -> None:
    model = small(declared("se3-transformer").model)
    module = cn.build(model, seed=1)
    out = module(torch.zeros(1, 1, 3), vectors=torch.ones(1, 1, 1, 3), edge_features=torch.ones(1, 1, 1, 1))
    assert out.motion.isfinite().all()


GIVEN: dict[str, Any] = {
    "positions": torch.randn(2, 4, 3),
    "vectors": torch.randn(2, 4, 1, 3),
    "edge_features": torch.randn(2, 4, 4, 1),
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"positions": None}, "this model reads positions, and none were given"),
        ({"positions": torch.zeros(2, 4, 2)}, r"positions is \[2, 4, 2\]; \[batch, points, 3\] is allowed"),
        ({"vectors": None}, "this model reads 1 vectors of each point, and none were given"),
        ({"scalars": torch.zeros(2, 4, 1)}, "this model reads no scalars, and some were given"),
        ({"edge_features": torch.zeros(2, 4, 4, 3)}, r"edge_features is \[2, 4, 4, 3\]; \[2, 4, 4, 1\] is allowed"),
        ({"edge_mask": torch.ones(2, 4, 5)}, r"edge_mask is \[2, 4, 5\]; \[2, 4, 4\] is allowed"),
        ({"vector": torch.zeros(2)}, "this model takes no vector; did you mean 'vectors'"),
    ],
)
def test_what_does_not_fit_is_told(changes: dict[str, Any], message: str) -> None:
    module = cn.build(small(declared("se3-transformer").model))
    with pytest.raises(s.SpecError, match=message):
        module(**{**GIVEN, **changes})


def test_declarations_that_do_not_go_together() -> None:
    model: Any = declared("se3-transformer").model
    with pytest.raises(s.SpecError, match=r"PointSize\.heads is 3, which does not divide inner 4"):
        s.PointSize(layers=1, degrees=2, channels=4, inner=4, heads=3)
    with pytest.raises(s.SpecError, match="there is nothing to read at a point"):
        s.Points(edges=2)
    with pytest.raises(s.SpecError, match="only a PointCloud has features that turn"):
        model.block.attn.pieces(Env(model.size.dims, model.norm))
    with pytest.raises(s.SpecError, match="which reads what a PointCloud works out"):
        declared("bert").model.but(heads=model.heads)
    with pytest.raises(s.SpecError, match="no degree of which it both reads and gives"):
        s.count_parameters(model.but(size=s.but(degrees=1)))


@pytest.mark.parametrize("folder", ["se3_transformer", "se3_transformer_qm9"])
def test_what_the_authors_code_gave_is_as_it_was_kept(folder: str) -> None:
    kept = Path(clados.__file__).parent / "proofs" / "golden" / folder
    lines = (kept / "sums.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 5
    for line in lines:
        checksum, _, name = line.partition("  ")
        assert sha256((kept / name).read_bytes()).hexdigest() == checksum
    assert sum(each.stat().st_size for each in kept.rglob("*.*")) < 300_000

"""RigidFrames, and atoms of residues in them. A frame is a rotation [..., 3, 3] and a place [..., 3]."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from clados.spec.folding.residues import ATOM_NAMES, CHI1, GROUPS, MOST_ATOMS, RESIDUES, UNKNOWN, Residue

ALPHA, BETA = (ATOM_NAMES.index(name) for name in ("CA", "CB"))
RESIDUE_TYPES = UNKNOWN + 1


class RigidFrames(NamedTuple):
    """Where residues, or their rigid groups, stand: x -> rotation x + place."""

    rotation: Tensor
    place: Tensor

    def apply(self, points: Tensor) -> Tensor:
        """Points in the frames to points outside: [..., 3]."""
        return torch.einsum("...xy,...y->...x", self.rotation, points) + self.place

    def inverse(self, points: Tensor) -> Tensor:
        """Points outside to points in the frames: [..., 3]."""
        return torch.einsum("...yx,...y->...x", self.rotation, points - self.place)

    def then(self, inner: "RigidFrames") -> "RigidFrames":
        """RigidFrames that stand in these."""
        return RigidFrames(self.rotation @ inner.rotation, self.apply(inner.place))

    def at(self, *index: Any) -> "RigidFrames":
        """Some of them, by an index of the axes of the frames themselves."""
        return RigidFrames(self.rotation[(*index, slice(None), slice(None))], self.place[(*index, slice(None))])


def quaternion_rotation(bcd: Tensor) -> Tensor:
    """The rotation of the quaternion (1, b, c, d), normed (algorithm 23): [..., 3] -> [..., 3, 3]."""
    a = (1 + (bcd**2).sum(-1)).rsqrt()
    b, c, d = (bcd * a[..., None]).unbind(-1)
    rows = (
        (a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)),
        (2 * (b * c + a * d), a * a - b * b + c * c - d * d, 2 * (c * d - a * b)),
        (2 * (b * d - a * c), 2 * (c * d + a * b), a * a - b * b - c * c + d * d),
    )
    return torch.stack([torch.stack(row, -1) for row in rows], -2)


def from_points(on_axis: Tensor, origin: Tensor, in_plane: Tensor, eps: float = 1e-8) -> RigidFrames:
    """RigidFrames at ``origin`` whose x points to ``on_axis``, ``in_plane`` at y > 0 (Gram-Schmidt; algorithm 21)."""
    x = _unit(on_axis - origin, eps)
    y = in_plane - origin
    y = _unit(y - (x * y).sum(-1, keepdim=True) * x, eps)
    return RigidFrames(torch.stack((x, y, torch.linalg.cross(x, y)), -1), origin)


def _unit(x: Tensor, eps: float) -> Tensor:
    return x * (x.square().sum(-1, keepdim=True) + eps).rsqrt()


# ---------------------------------------------------------------- the ideal geometry of residues


class Ideal(NamedTuple):
    """By the id of a residue: its groups' frames in those before them, its atoms, and their names."""

    rotation: Tensor  # [types, groups, 3, 3]
    place: Tensor  # [types, groups, 3]
    group: Tensor  # of each atom: [types, 14]
    atoms: Tensor  # its place in the group: [types, 14, 3]
    there: Tensor  # [types, 14]
    named: Tensor  # of each name, the atom's number: [types, 37]
    names: Tensor  # whether the residue has an atom of the name: [types, 37]


def _ideal() -> Ideal:
    rotation = torch.eye(3, device="cpu").repeat(RESIDUE_TYPES, GROUPS, 1, 1)
    place = torch.zeros(RESIDUE_TYPES, GROUPS, 3, device="cpu")
    group = torch.zeros(RESIDUE_TYPES, MOST_ATOMS, dtype=torch.long, device="cpu")
    atoms, there = (
        torch.zeros(RESIDUE_TYPES, MOST_ATOMS, 3, device="cpu"),
        torch.zeros(RESIDUE_TYPES, MOST_ATOMS, device="cpu"),
    )
    named = torch.zeros(RESIDUE_TYPES, len(ATOM_NAMES), dtype=torch.long, device="cpu")
    names = torch.zeros(RESIDUE_TYPES, len(ATOM_NAMES), device="cpu")
    for i, residue in enumerate(RESIDUES):
        for j, atom in enumerate(residue.atoms):
            group[i, j], atoms[i, j], there[i, j] = atom.group, torch.tensor(atom.place, device="cpu"), 1
            named[i, ATOM_NAMES.index(atom.name)], names[i, ATOM_NAMES.index(atom.name)] = j, 1
        for number, frame in _groups(residue).items():
            rotation[i, number], place[i, number] = frame.rotation, frame.place
    return Ideal(rotation, place, group, atoms, there, named, names)


def _groups(residue: Residue) -> dict[int, RigidFrames]:
    """The frames of phi, psi and the chis that a residue has; a chi's after the first in the one before it."""
    at = {atom.name: torch.tensor(atom.place, dtype=torch.float64, device="cpu") for atom in residue.atoms}
    found = {2: _along(at["N"], at["CA"], at["CA"] + torch.tensor([1.0, 0, 0], dtype=torch.float64, device="cpu"))}
    found[3] = _along(at["C"], at["CA"], 2 * at["CA"] - at["N"])
    for k in range(residue.chis):
        before, start, end = (at[name] for name in residue.chain[k : k + 3])
        if k == 0:
            found[CHI1] = _along(end, start, before)
        else:
            origin = torch.zeros_like(end)
            found[CHI1 + k] = _along(end, origin, origin - torch.tensor([1.0, 0, 0], dtype=torch.float64, device="cpu"))
    return {number: RigidFrames(frame.rotation.float(), frame.place.float()) for number, frame in found.items()}


def _along(end: Tensor, start: Tensor, in_plane: Tensor) -> RigidFrames:
    """A frame at the end of a bond, along it."""
    return RigidFrames(from_points(end, start, in_plane, 0.0).rotation, end)


IDEAL = _ideal()


def ideal(like: Tensor) -> Ideal:
    """The ideal geometry on the device of a tensor, in its type."""
    return Ideal(*(each.to(like.device, like.dtype if each.is_floating_point() else None) for each in IDEAL))


def group_frames(backbone: RigidFrames, angles: Tensor, aatype: Tensor) -> RigidFrames:
    """All rigid groups of residues, turned by their torsion angles (algorithm 24, lines 1-10).

    Args:
        backbone: [batch, length]; angles: sine and cosine of each, [batch, length, 7, 2]; aatype: [batch, length].
    """
    known = ideal(angles)
    sine, cosine = torch.cat((angles.new_tensor([0.0, 1.0]).expand(*angles.shape[:-2], 1, 2), angles), -2).unbind(-1)
    zero, one = torch.zeros_like(sine), torch.ones_like(sine)
    rows = ((one, zero, zero), (zero, cosine, -sine), (zero, sine, cosine))
    turns = torch.stack([torch.stack(row, -1) for row in rows], -2)
    here = RigidFrames(known.rotation[aatype] @ turns, known.place[aatype])
    chain = [here.at(..., CHI1)]
    for group in range(CHI1 + 1, GROUPS):
        chain.append(chain[-1].then(here.at(..., group)))
    inner = RigidFrames(
        torch.cat((here.rotation[..., :CHI1, :, :], torch.stack([each.rotation for each in chain], -3)), -3),
        torch.cat((here.place[..., :CHI1, :], torch.stack([each.place for each in chain], -2)), -2),
    )
    return backbone.at(..., None).then(inner)


def atom_places(groups: RigidFrames, aatype: Tensor) -> Tensor:
    """All atoms of residues in their groups, zeros where there is none (algorithm 24, line 11): [..., 14, 3]."""
    known = ideal(groups.place)
    group = known.group[aatype]
    rotation = groups.rotation.gather(-3, group[..., None, None].expand(*group.shape, 3, 3))
    place = groups.place.gather(-2, group[..., None].expand(*group.shape, 3))
    return RigidFrames(rotation, place).apply(known.atoms[aatype]) * known.there[aatype][..., None]


def by_name(atoms: Tensor, aatype: Tensor) -> Tensor:
    """Atoms in a residue's own order to the order of all names: [..., 14, 3] -> [..., 37, 3]."""
    known = ideal(atoms)
    index = known.named[aatype][..., None]
    return atoms.gather(-2, index.expand(*index.shape[:-1], 3)) * known.names[aatype][..., None]


def carbons_beta(atoms: Tensor, aatype: Tensor) -> Tensor:
    """The carbon beta of each residue, alpha of glycine: [..., 37, 3] -> [..., 3]."""
    glycine = [residue.letter for residue in RESIDUES].index("G")
    return torch.where((aatype == glycine)[..., None], atoms[..., ALPHA, :], atoms[..., BETA, :])

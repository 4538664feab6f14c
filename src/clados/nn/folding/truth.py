"""What is known of a protein, as AlphaFold's loss compares it (Jumper et al. 2021, supplement §1.8.1, §1.8.5).

Atoms stand in a residue's own order, [..., length, 14, 3]; ``there`` says which are known, [..., length, 14].
"""

from typing import NamedTuple

import torch
from torch import Tensor

from clados.nn.folding.geometry import IDEAL, RESIDUE_TYPES, RigidFrames, from_points
from clados.spec.folding.residues import (
    ATOM_NAMES,
    CHI1,
    GROUPS,
    MOST_ATOMS,
    RESIDUES,
    SWAPPED,
    SYMMETRIC,
    TORSIONS,
)

PSI = 2  # the torsion's number


class _Tables(NamedTuple):
    """By the id of a residue."""

    names: Tensor  # of each atom, the number of its name: [types, 14]
    swap: Tensor  # of each atom, the one that it may be called after: [types, 14]
    bases: Tensor  # of each group three atoms: before its axis, where it stands, in its plane: [types, 8, 3]
    groups: Tensor  # whether the residue has the group, of those that have atoms: [types, 8]
    chis: Tensor  # of each chi four atoms: [types, 4, 4]
    chis_there: Tensor  # [types, 4]
    symmetric: Tensor  # whether half a turn gives the same residue: [types, 7]


def _tables() -> _Tables:
    names = torch.zeros(RESIDUE_TYPES, MOST_ATOMS, dtype=torch.long, device="cpu")
    swap = torch.arange(MOST_ATOMS, device="cpu").repeat(RESIDUE_TYPES, 1)
    bases = torch.zeros(RESIDUE_TYPES, GROUPS, 3, dtype=torch.long, device="cpu")
    groups = torch.zeros(RESIDUE_TYPES, GROUPS, device="cpu")
    chis = torch.zeros(RESIDUE_TYPES, 4, 4, dtype=torch.long, device="cpu")
    chis_there = torch.zeros(RESIDUE_TYPES, 4, device="cpu")
    symmetric = torch.zeros(RESIDUE_TYPES, TORSIONS, device="cpu")
    for i, residue in enumerate(RESIDUES):
        number = {atom.name: j for j, atom in enumerate(residue.atoms)}
        for name, j in number.items():
            names[i, j] = ATOM_NAMES.index(name)
        for one, other in SWAPPED.get(residue.letter, ()):
            swap[i, number[one]], swap[i, number[other]] = number[other], number[one]
        frames = {0: ("C", "CA", "N"), 3: ("CA", "C", "O")}
        for k in range(residue.chis):
            four = [number[name] for name in residue.chain[k : k + 4]]
            chis[i, k], chis_there[i, k] = torch.tensor(four, device="cpu"), 1
            frames[CHI1 + k] = residue.chain[k + 1 : k + 4]  # type: ignore[assignment]
        for group, three in frames.items():
            bases[i, group] = torch.tensor([number[name] for name in three], device="cpu")
            groups[i, group] = 1
        if residue.letter in SYMMETRIC:
            symmetric[i, PSI + SYMMETRIC[residue.letter]] = 1
    return _Tables(names, swap, bases, groups, chis, chis_there, symmetric)


TRUTH_TABLES = _tables()


def _table(table: Tensor, aatype: Tensor) -> Tensor:
    return table.to(aatype.device)[aatype]


def in_own_order(atoms: Tensor, there: Tensor, aatype: Tensor) -> tuple[Tensor, Tensor]:
    """From the order of all names, [..., 37, 3] and [..., 37], to the residue's own."""
    names = _table(TRUTH_TABLES.names, aatype)
    found = there.gather(-1, names) * _table(IDEAL.there, aatype).to(atoms)
    return atoms.gather(-2, names[..., None].expand(*names.shape, 3)) * found[..., None], found


def other_names(atoms: Tensor, there: Tensor, aatype: Tensor) -> tuple[Tensor, Tensor]:
    """The same atoms, those that cannot be told apart exchanged (table 3)."""
    swap = _table(TRUTH_TABLES.swap, aatype)
    return atoms.gather(-2, swap[..., None].expand_as(atoms)), there.gather(-1, swap)


def ambiguous(aatype: Tensor) -> Tensor:
    """Atoms that could be called after another: [..., 14], 1 where so."""
    return (_table(TRUTH_TABLES.swap, aatype) != torch.arange(MOST_ATOMS, device=aatype.device)).float()


def nearer_names(predicted: Tensor, atoms: Tensor, there: Tensor, aatype: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Atoms named as the prediction has them, which are known, and which residues are renamed (algorithm 26).

    By each residue's distances from what has one name. predicted: [..., length, 14, 3].
    """
    swapped, swapped_there = other_names(atoms, there, aatype)
    several = ambiguous(aatype).to(atoms)
    mask = (there * several)[..., :, None, :, None] * (there * (1 - several))[..., None, :, None, :]
    ours = _all_distances(predicted)
    errors = [((ours - _all_distances(each)).square() + 1e-10).sqrt() for each in (atoms, swapped)]
    straight, crossed = ((mask * each).sum((-1, -2, -3)) for each in errors)
    turned = (crossed < straight)[..., None]
    return (
        torch.where(turned[..., None], swapped, atoms),
        torch.where(turned, swapped_there, there),
        turned[..., 0],
    )


def _all_distances(atoms: Tensor) -> Tensor:
    """[..., length, 14, 3] -> [..., length, length, 14, 14], by residue and atom."""
    apart = atoms[..., :, None, :, None, :] - atoms[..., None, :, None, :, :]
    return (apart.square().sum(-1) + 1e-10).sqrt()


def true_frames(atoms: Tensor, there: Tensor, aatype: Tensor) -> tuple[RigidFrames, Tensor]:
    """The frames of a residue's rigid groups and which of them are known, each [..., length, 8]."""
    bases = _table(TRUTH_TABLES.bases, aatype)
    three = atoms[..., None, :, :].expand(*bases.shape[:-1], MOST_ATOMS, 3)
    before, origin, plane = three.gather(-2, bases[..., None].expand(*bases.shape, 3)).unbind(-2)
    ahead = 2 * origin - before
    ahead = torch.cat((before[..., :1, :], ahead[..., 1:, :]), -2)  # a backbone's axis points to its first atom
    known = there[..., None, :].expand(*bases.shape[:-1], MOST_ATOMS).gather(-1, bases).prod(-1)
    return from_points(ahead, origin, plane), known * _table(TRUTH_TABLES.groups, aatype).to(atoms)


def turned_frames(frames: RigidFrames, aatype: Tensor, turned: Tensor) -> RigidFrames:
    """Frames of residues, [..., length, 8], those of symmetric ends turned by half a circle where ``turned`` says."""
    symmetric = torch.nn.functional.pad(_table(TRUTH_TABLES.symmetric, aatype), (1, 0)) * turned[..., None]
    sign = 1 - 2 * symmetric.to(frames.place)
    axes = torch.stack((torch.ones_like(sign), sign, sign), -1)
    return RigidFrames(frames.rotation * axes[..., None, :], frames.place)


def true_angles(atoms: Tensor, there: Tensor, aatype: Tensor, index: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Sine and cosine of torsions, [..., length, 7, 2]; the same of the other names; which are known, [..., length, 7].

    Args:
        index: numbers of residues, [..., length]: omega and phi are of neighbours.
    """
    last, last_there = _shifted(atoms), _shifted(there[..., None])[..., 0]
    follows = torch.zeros_like(there[..., 0])
    follows[..., 1:] = (index.diff(dim=-1) == 1).to(follows)
    n, ca, c, o = atoms[..., :4, :].unbind(-2)  # so every residue's atoms begin
    four = [
        torch.stack((last[..., 1, :], last[..., 2, :], n, ca), -2),
        torch.stack((last[..., 2, :], n, ca, c), -2),
        torch.stack((n, ca, c, o), -2),
    ]
    known = [
        last_there[..., 1] * last_there[..., 2] * there[..., 0] * there[..., 1] * follows,
        last_there[..., 2] * there[..., :3].prod(-1) * follows,
        there[..., :4].prod(-1),
    ]
    chis = _table(TRUTH_TABLES.chis, aatype)
    side = (
        atoms[..., None, :, :]
        .expand(*chis.shape[:-1], MOST_ATOMS, 3)
        .gather(-2, chis[..., None].expand(*chis.shape, 3))
    )
    side_known = there[..., None, :].expand(*chis.shape[:-1], MOST_ATOMS).gather(-1, chis).prod(-1)
    a, b, origin, end = torch.cat((torch.stack(four, -3), side), -3).unbind(-2)
    seen = from_points(2 * origin - b, origin, a).inverse(end)
    found = torch.stack((seen[..., 2], seen[..., 1]), -1)
    found = found / (found.square().sum(-1, keepdim=True) + 1e-8).sqrt()
    found = torch.cat((found[..., :PSI, :], -found[..., PSI : PSI + 1, :], found[..., PSI + 1 :, :]), -2)  # of O, not N
    mask = torch.cat((torch.stack(known, -1), side_known * _table(TRUTH_TABLES.chis_there, aatype).to(atoms)), -1)
    other = found * (1 - 2 * _table(TRUTH_TABLES.symmetric, aatype).to(atoms))[..., None]
    return found, other, mask


def _shifted(x: Tensor) -> Tensor:
    """Of each residue what the one before it has: [..., length, 14, d]."""
    return torch.cat((torch.zeros_like(x[..., :1, :, :]), x[..., :-1, :, :]), -3)

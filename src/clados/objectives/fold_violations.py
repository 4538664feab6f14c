"""What no protein looks like: broken bonds between residues, and atoms that overlap (Jumper et al. 2021, §1.9.11)."""

import torch
from torch import Tensor

from clados.nn.folding.geometry import IDEAL, RESIDUE_TYPES, RigidFrames, atom_places, group_frames
from clados.spec.folding.residues import MOST_ATOMS, RADII, RESIDUE_LETTERS, RESIDUES, TORSIONS

N, CA, C = range(3)
BOND, BOND_TO_PROLINE = (1.329, 0.014), (1.341, 0.016)  # C-N in ångström: mean and deviation (Engh & Huber 2001)
ANGLE_AT_C, ANGLE_AT_N = (-0.4473, 0.0311), (-0.5203, 0.0353)  # the cosines of CA-C-N and C-N-CA
FACTOR = 12.0  # deviations that are no violation
OVERLAP = 1.5  # ångström by which atoms may overlap
FINITE = 1e-6
BONDED = 1.95  # ångström: atoms of a residue's ideal geometry that are nearer are bonded; C-S is 1.83
CYSTEINE, PROLINE = (RESIDUE_LETTERS.index(letter) for letter in "CP")
SULPHUR = [atom.name for atom in RESIDUES[CYSTEINE].atoms].index("SG")


RINGS = {"P": ("N", "CD")}  # a bond that turning the side chain may open


def _atoms() -> tuple[Tensor, Tensor]:
    """Radii of atoms, [types, 14], and which two of a residue may not overlap, 1 for those without a bond."""
    types = torch.arange(RESIDUE_TYPES, device="cpu")
    origin = RigidFrames(
        torch.eye(3, device="cpu").expand(RESIDUE_TYPES, 3, 3), torch.zeros(RESIDUE_TYPES, 3, device="cpu")
    )
    angles = torch.tensor([0.0, -1.0], device="cpu").expand(RESIDUE_TYPES, TORSIONS, 2)
    places = atom_places(group_frames(origin, angles, types), types)
    radii = torch.zeros(RESIDUE_TYPES, MOST_ATOMS, device="cpu")
    free = (torch.cdist(places, places) > BONDED) & (IDEAL.there[:, :, None] * IDEAL.there[:, None]).bool()
    for i, residue in enumerate(RESIDUES):
        number = {atom.name: j for j, atom in enumerate(residue.atoms)}
        for name, j in number.items():
            radii[i, j] = RADII[name[0]]
        if residue.letter in RINGS:
            one, other = (number[name] for name in RINGS[residue.letter])
            free[i, one, other] = free[i, other, one] = False
    return radii, free.float()


ATOM_RADII, FREE = _atoms()


def violations(atoms: Tensor, aatype: Tensor, index: Tensor, there: Tensor) -> Tensor:
    """Broken bonds, angles and overlaps together (eq. 44-47): [batch].

    Overlaps are summed over the atoms, both of each pair, and divided by their number; pairs of one residue count
    twice, as in the authors' code.

    Args:
        atoms: [batch, length, 14, 3]; aatype, index: of residues, and their numbers, [batch, length].
        there: [batch, length], 1 for residues and 0 for padding.
    """
    exists = IDEAL.there.to(atoms)[aatype] * there[..., None]
    number = exists.flatten(1).sum(1) + FINITE
    overlaps = overlaps_between(atoms, aatype, index, exists) + 2 * overlaps_within(atoms, aatype, exists)
    return bond_violations(atoms, aatype, index, there).sum(-1) + overlaps / number


def bond_violations(atoms: Tensor, aatype: Tensor, index: Tensor, there: Tensor) -> Tensor:
    """How far bonds C-N, and cosines of CA-C-N and C-N-CA, are beyond 12 deviations (eq. 44, 45): [batch, 3]."""
    ca, c, n, next_ca = atoms[:, :-1, CA], atoms[:, :-1, C], atoms[:, 1:, N], atoms[:, 1:, CA]
    follows = (index.diff(dim=-1) == 1).to(atoms) * there[:, 1:] * there[:, :-1]
    proline = (aatype[:, 1:] == PROLINE)[..., None]
    bond, to_proline = (atoms.new_tensor(each) for each in (BOND, BOND_TO_PROLINE))
    length, deviation = torch.where(proline, to_proline, bond).unbind(-1)
    apart = _length(n - c)
    back, on, further = (ca - c) / _length(ca - c)[..., None], (n - c) / apart[..., None], next_ca - n
    further = further / _length(further)[..., None]
    found = [
        _beyond(apart - length, deviation),
        _beyond((back * on).sum(-1) - ANGLE_AT_C[0], atoms.new_tensor(ANGLE_AT_C[1])),
        _beyond((-on * further).sum(-1) - ANGLE_AT_N[0], atoms.new_tensor(ANGLE_AT_N[1])),
    ]
    return torch.stack([(follows * each).sum(-1) / (follows.sum(-1) + FINITE) for each in found], -1)


def _length(x: Tensor) -> Tensor:
    return (x.square().sum(-1) + FINITE).sqrt()


def _beyond(error: Tensor, deviation: Tensor) -> Tensor:
    return ((error.square() + FINITE).sqrt() - FACTOR * deviation).relu()


def overlaps_between(atoms: Tensor, aatype: Tensor, index: Tensor, exists: Tensor) -> Tensor:
    """Ångström by which atoms of two residues overlap, over both atoms of each pair (eq. 46): [batch]."""
    pairs = (index[:, :, None] < index[:, None]).to(atoms)[..., None, None]
    pairs = pairs * exists[:, :, None, :, None] * exists[:, None, :, None, :]
    bonds = torch.zeros(MOST_ATOMS, MOST_ATOMS, device=atoms.device)
    bonds[C, N] = 1  # of neighbours
    pairs = pairs * (1 - (index[:, :, None] + 1 == index[:, None]).to(atoms)[..., None, None] * bonds)
    bridge = torch.zeros_like(bonds)
    bridge[SULPHUR, SULPHUR] = 1  # of two cysteines; the authors' code spares whatever stands at their place
    pairs = pairs * (1 - bridge)
    radii = ATOM_RADII.to(atoms)[aatype]
    apart = ((atoms[:, :, None, :, None] - atoms[:, None, :, None, :]).square().sum(-1) + 1e-10).sqrt()
    least = radii[:, :, None, :, None] + radii[:, None, :, None, :] - OVERLAP
    return 2 * (pairs * (least - apart).relu()).flatten(1).sum(1)


def overlaps_within(atoms: Tensor, aatype: Tensor, exists: Tensor) -> Tensor:
    """The same of atoms of one residue that no bond joins; those of one rigid group never overlap: [batch]."""
    pairs = FREE.to(atoms)[aatype] * exists[..., :, None] * exists[..., None, :]
    radii = ATOM_RADII.to(atoms)[aatype]
    apart = ((atoms[..., :, None, :] - atoms[..., None, :, :]).square().sum(-1) + 1e-10).sqrt()
    return (pairs * (radii[..., :, None] + radii[..., None, :] - OVERLAP - apart).relu()).flatten(1).sum(1)

"""The twenty amino acids: their atoms, in which rigid groups these stand, and where in each (ideal geometry).

A residue has eight rigid groups: backbone, omega (which moves no atom that is predicted), phi, psi, chi 1 to 4. A group
turns about the bond that leads to it by its torsion angle; positions are in its own frame, in ångström.

Values: Jumper et al. 2021, supplement §1.8.4 and table 2; github:google-deepmind/alphafold
alphafold/common/residue_constants.py ``rigid_group_atom_positions``, ``atom_types``, ``residue_atom_renaming_swaps``.
"""

from typing import NamedTuple

GROUPS, TORSIONS, MOST_ATOMS = 8, 7, 14
CHI1 = 4  # the first group of a side chain
# letter, name; each atom, its group and its place in it
IDEAL_ATOMS = """
A ALA
  N 0 -0.525 1.363 0.000; CA 0 0.000 0.000 0.000; C 0 1.526 0.000 0.000; O 3 0.627 1.062 0.000
  CB 0 -0.529 -0.774 -1.205
R ARG
  N 0 -0.524 1.362 0.000; CA 0 0.000 0.000 0.000; C 0 1.525 0.000 0.000; O 3 0.626 1.062 0.000
  CB 0 -0.524 -0.778 -1.209; CG 4 0.616 1.390 0.000; CD 5 0.564 1.414 0.000; NE 6 0.539 1.357 0.000
  CZ 7 0.758 1.093 0.000; NH1 7 0.206 2.301 0.000; NH2 7 2.078 0.978 0.000
N ASN
  N 0 -0.536 1.357 0.000; CA 0 0.000 0.000 0.000; C 0 1.526 0.000 0.000; O 3 0.625 1.062 0.000
  CB 0 -0.531 -0.787 -1.200; CG 4 0.584 1.399 0.000; OD1 5 0.633 1.059 0.000; ND2 5 0.593 -1.188 0.001
D ASP
  N 0 -0.525 1.362 0.000; CA 0 0.000 0.000 0.000; C 0 1.527 0.000 0.000; O 3 0.626 1.062 0.000
  CB 0 -0.526 -0.778 -1.208; CG 4 0.593 1.398 0.000; OD1 5 0.610 1.091 0.000; OD2 5 0.592 -1.101 -0.003
C CYS
  N 0 -0.522 1.362 0.000; CA 0 0.000 0.000 0.000; C 0 1.524 0.000 0.000; O 3 0.625 1.062 0.000
  CB 0 -0.519 -0.773 -1.212; SG 4 0.728 1.653 0.000
Q GLN
  N 0 -0.526 1.361 0.000; CA 0 0.000 0.000 0.000; C 0 1.526 0.000 0.000; O 3 0.626 1.062 0.000
  CB 0 -0.525 -0.779 -1.207; CG 4 0.615 1.393 0.000; CD 5 0.587 1.399 0.000; OE1 6 0.634 1.060 0.000
  NE2 6 0.593 -1.189 -0.001
E GLU
  N 0 -0.528 1.361 0.000; CA 0 0.000 0.000 0.000; C 0 1.526 0.000 0.000; O 3 0.626 1.062 0.000
  CB 0 -0.526 -0.781 -1.207; CG 4 0.615 1.392 0.000; CD 5 0.600 1.397 0.000; OE1 6 0.607 1.095 0.000
  OE2 6 0.589 -1.104 -0.001
G GLY
  N 0 -0.572 1.337 0.000; CA 0 0.000 0.000 0.000; C 0 1.517 0.000 0.000; O 3 0.626 1.062 0.000
H HIS
  N 0 -0.527 1.360 0.000; CA 0 0.000 0.000 0.000; C 0 1.525 0.000 0.000; O 3 0.625 1.063 0.000
  CB 0 -0.525 -0.778 -1.208; CG 4 0.600 1.370 0.000; ND1 5 0.744 1.160 0.000; CD2 5 0.889 -1.021 0.003
  CE1 5 2.030 0.851 0.002; NE2 5 2.145 -0.466 0.004
I ILE
  N 0 -0.493 1.373 0.000; CA 0 0.000 0.000 0.000; C 0 1.527 0.000 0.000; O 3 0.627 1.062 0.000
  CB 0 -0.536 -0.793 -1.213; CG1 4 0.534 1.437 0.000; CG2 4 0.540 -0.785 -1.199; CD1 5 0.619 1.391 0.000
L LEU
  N 0 -0.520 1.363 0.000; CA 0 0.000 0.000 0.000; C 0 1.525 0.000 0.000; O 3 0.625 1.063 0.000
  CB 0 -0.522 -0.773 -1.214; CG 4 0.678 1.371 0.000; CD1 5 0.530 1.430 0.000; CD2 5 0.535 -0.774 1.200
K LYS
  N 0 -0.526 1.362 0.000; CA 0 0.000 0.000 0.000; C 0 1.526 0.000 0.000; O 3 0.626 1.062 0.000
  CB 0 -0.524 -0.778 -1.208; CG 4 0.619 1.390 0.000; CD 5 0.559 1.417 0.000; CE 6 0.560 1.416 0.000
  NZ 7 0.554 1.387 0.000
M MET
  N 0 -0.521 1.364 0.000; CA 0 0.000 0.000 0.000; C 0 1.525 0.000 0.000; O 3 0.625 1.062 0.000
  CB 0 -0.523 -0.776 -1.210; CG 4 0.613 1.391 0.000; SD 5 0.703 1.695 0.000; CE 6 0.320 1.786 0.000
F PHE
  N 0 -0.518 1.363 0.000; CA 0 0.000 0.000 0.000; C 0 1.524 0.000 0.000; O 3 0.626 1.062 0.000
  CB 0 -0.525 -0.776 -1.212; CG 4 0.607 1.377 0.000; CD1 5 0.709 1.195 0.000; CD2 5 0.706 -1.196 0.000
  CE1 5 2.102 1.198 0.000; CE2 5 2.098 -1.201 0.000; CZ 5 2.794 -0.003 -0.001
P PRO
  N 0 -0.566 1.351 0.000; CA 0 0.000 0.000 0.000; C 0 1.527 0.000 0.000; O 3 0.621 1.066 0.000
  CB 0 -0.546 -0.611 -1.293; CG 4 0.382 1.445 0.000; CD 5 0.477 1.424 0.000
S SER
  N 0 -0.529 1.360 0.000; CA 0 0.000 0.000 0.000; C 0 1.525 0.000 0.000; O 3 0.626 1.062 0.000
  CB 0 -0.518 -0.777 -1.211; OG 4 0.503 1.325 0.000
T THR
  N 0 -0.517 1.364 0.000; CA 0 0.000 0.000 0.000; C 0 1.526 0.000 0.000; O 3 0.626 1.062 0.000
  CB 0 -0.516 -0.793 -1.215; OG1 4 0.472 1.353 0.000; CG2 4 0.550 -0.718 -1.228
W TRP
  N 0 -0.521 1.363 0.000; CA 0 0.000 0.000 0.000; C 0 1.525 0.000 0.000; O 3 0.627 1.062 0.000
  CB 0 -0.523 -0.776 -1.212; CG 4 0.609 1.370 0.000; CD1 5 0.824 1.091 0.000; CD2 5 0.854 -1.148 -0.005
  NE1 5 2.140 0.690 -0.004; CE2 5 2.186 -0.678 -0.007; CE3 5 0.622 -2.530 -0.007; CZ2 5 3.283 -1.543 -0.011
  CZ3 5 1.715 -3.389 -0.011; CH2 5 3.028 -2.890 -0.013
Y TYR
  N 0 -0.522 1.362 0.000; CA 0 0.000 0.000 0.000; C 0 1.524 0.000 0.000; O 3 0.627 1.062 0.000
  CB 0 -0.522 -0.776 -1.213; CG 4 0.607 1.382 0.000; CD1 5 0.716 1.195 0.000; CD2 5 0.713 -1.194 -0.001
  CE1 5 2.107 1.200 -0.002; CE2 5 2.104 -1.201 -0.003; CZ 5 2.791 -0.001 -0.003; OH 5 4.168 -0.002 -0.005
V VAL
  N 0 -0.494 1.373 0.000; CA 0 0.000 0.000 0.000; C 0 1.527 0.000 0.000; O 3 0.627 1.062 0.000
  CB 0 -0.533 -0.795 -1.213; CG1 4 0.540 1.429 0.000; CG2 4 0.533 -0.776 1.203
"""
ATOM_NAMES = tuple(
    each
    for row in (
        "N CA C CB O CG CG1 CG2 OG OG1 SG CD CD1 CD2 ND1 ND2 OD1 OD2 SD CE CE1 CE2 CE3",
        "NE NE1 NE2 OE1 OE2 CH2 NH1 NH2 OH CZ CZ2 CZ3 NZ OXT",
    )
    for each in row.split()
)
# Torsions that turned by half a circle give the same residue, by its letter: the number of the chi angle, from 1.
SYMMETRIC = {"D": 2, "E": 3, "F": 2, "Y": 2}
# Atoms that such a turn exchanges.
SWAPPED = {"D": (("OD1", "OD2"),), "E": (("OE1", "OE2"),), "F": (("CD1", "CD2"), ("CE1", "CE2"))}
SWAPPED["Y"] = SWAPPED["F"]
RADII = {"C": 1.7, "N": 1.55, "O": 1.52, "S": 1.8}  # van der Waals, in ångström


class Atom(NamedTuple):
    """An atom of a residue: its rigid group, and its place in the group's frame."""

    name: str
    group: int
    place: tuple[float, float, float]


class Residue(NamedTuple):
    """An amino acid: its letter, its name, its atoms without hydrogen."""

    letter: str
    name: str
    atoms: tuple[Atom, ...]

    @property
    def chain(self) -> tuple[str, ...]:
        """The atoms about whose bonds the side chain turns: of chi k, the four from the k-th on."""
        ends = [next((each.name for each in self.atoms if each.group == group), "") for group in range(CHI1, GROUPS)]
        return ("N", "CA", "CB", *(name for name in ends if name))

    @property
    def chis(self) -> int:
        """How many torsion angles the side chain has."""
        return len(self.chain) - 3


def _read(table: str) -> tuple[Residue, ...]:
    residues: list[Residue] = []
    for line in table.strip().splitlines():
        if line[0] != " ":
            letter, name = line.split()
            residues.append(Residue(letter, name, ()))
            continue
        atoms = []
        for each in line.split(";"):
            atom, group, x, y, z = each.split()
            atoms.append(Atom(atom, int(group), (float(x), float(y), float(z))))
        residues[-1] = residues[-1]._replace(atoms=(*residues[-1].atoms, *atoms))
    return tuple(residues)


RESIDUES = _read(IDEAL_ATOMS)  # in the order of their ids
RESIDUE_LETTERS = "".join(each.letter for each in RESIDUES)
UNKNOWN, GAP, MASK = (
    20,
    21,
    22,
)  # the ids that follow: of any other residue; in an alignment, of none, and of a hidden one

"""Proteins: their letters, and where their atoms stand, from PDB and mmCIF files by gemmi."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from clados.data.errors import BadLines, DataError
from clados.data.examples import Protein
from clados.errors import missing
from clados.spec.folding.residues import ATOM_NAMES, RESIDUES

NAMED_LETTERS = {each.name: each.letter for each in RESIDUES} | {"MSE": "M"}  # selenium in the place of sulphur
ATOM_NUMBERS = {name: i for i, name in enumerate(ATOM_NAMES)}


def gemmi() -> Any:
    """The package that reads and writes structures.

    Raises:
        MissingPackageError: it is not installed.
    """
    try:
        import gemmi
    except ModuleNotFoundError as error:
        raise missing(error) from error
    return gemmi


def protein_files(path: Path, name: str, bad: BadLines) -> Iterator[Protein]:
    """The proteins of a PDB or mmCIF file: each chain of its first model that has residues with a carbon alpha.

    Raises:
        DataError: for a file that is neither, and one without such a chain.
    """
    try:
        structure = gemmi().read_structure(str(path))
    except (RuntimeError, ValueError, OSError) as error:
        raise DataError(f"{path}: not a readable PDB or mmCIF file ({' '.join(str(error).split())})") from error
    yield from _chains(structure, name, str(path))


def protein_text(text: str, name: str) -> Protein:
    """The first protein of a PDB text.

    Raises:
        DataError: for a text without any.
    """
    return next(_chains(gemmi().read_pdb_string(text), name, name))


def _chains(structure: Any, name: str, where: str) -> Iterator[Protein]:
    found = 0
    chains = list(structure[0]) if len(structure) else []
    for chain in chains:
        residues = [each for each in chain if each.name in NAMED_LETTERS and each.find_atom("CA", "*") is not None]
        if not residues:
            continue
        found += 1
        yield _protein(residues, name if len(chains) == 1 else f"{name}/{chain.name}")
    if not found:
        raise DataError(f"{where}: no chain with a residue of the twenty amino acids and its carbon alpha")


def _protein(residues: list[Any], name: str) -> Protein:
    atoms = np.zeros((len(residues), len(ATOM_NAMES), 3), np.float32)
    there = np.zeros(atoms.shape[:2], bool)
    for i, residue in enumerate(residues):
        for atom in residue:
            number = ATOM_NUMBERS.get("SD" if atom.name == "SE" else atom.name)
            if number is not None and not there[i, number]:  # the first of several places
                atoms[i, number], there[i, number] = atom.pos.tolist(), True
    index = np.array([each.seqid.num for each in residues], np.int64)
    if (np.diff(index) < 1).any():  # insertion codes
        index = np.arange(len(residues), dtype=np.int64)
    return Protein(name, "".join(NAMED_LETTERS[each.name] for each in residues), index - index[0], atoms, there)

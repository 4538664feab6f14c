"""What AlphaFold reads of an alignment (Jumper et al. 2021, supplement §1.2.7, table 1).

Rows are ids of residues, [rows, length], the first being the protein itself; beside them stands how many letters were
deleted before each, as in A3M. Of all rows some are centres, which others stand near: their letters come as a profile.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clados.data.errors import DataError
from clados.spec.folding.residues import GAP, MASK, RESIDUE_LETTERS, UNKNOWN

RESIDUE_IDS = {letter: i for i, letter in enumerate(RESIDUE_LETTERS)} | {"X": UNKNOWN, "-": GAP}
# Ambiguous letters and rare residues, in other rows alone, as their nearest kin (the authors' HHBLITS_AA_TO_ID).
ROW_IDS = RESIDUE_IDS | {
    "B": RESIDUE_IDS["D"],
    "Z": RESIDUE_IDS["E"],
    "U": RESIDUE_IDS["C"],
    "J": UNKNOWN,
    "O": UNKNOWN,
}
ROW_LETTERS = MASK + 1
CENTRES, FURTHER = 128, 1024  # rows that are read in the paper's first stage (table 4)
REPLACED = 0.1, 0.1, 0.1  # shares of hidden letters: any amino acid, one of the profile, the same; others are masked

_Ids = NDArray[np.int64]
_Numbers = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class AlignmentRows:
    """Rows of an alignment: ids and deletions, each [rows, length]."""

    ids: _Ids
    deletions: _Ids


@dataclass(frozen=True, eq=False)
class AlignmentFeatures:
    """What is read of rows: centres [rows, length, 49], others [rows, length, 25]; true ids, and which are hidden."""

    centres: _Numbers
    further: _Numbers
    ids: _Ids
    hidden: NDArray[np.bool_]


def alone(letters: str) -> AlignmentRows:
    """A protein without an alignment."""
    ids = np.array([[RESIDUE_IDS[each] for each in letters]], np.int64)
    return AlignmentRows(ids, np.zeros_like(ids))


def parsed_alignment(text: str, where: str) -> AlignmentRows:
    """The rows of FASTA or A3M, of which the first record is the protein, or the only one.

    In A3M lower-case letters are insertions, which count as deletions before the next letter.

    Raises:
        DataError: for a text without records, foreign letters, and rows of unlike length.
    """
    records: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.startswith(">"):
            records.append((line[1:].split()[0] if line[1:].split() else f"row {len(records) + 1}", ""))
        elif line.strip() and not line.startswith("#"):
            if not records:
                raise DataError(f"{where}: begins with '{line.strip()[:20]}'; FASTA and A3M begin with '>' and a name")
            name, before = records[-1]
            records[-1] = name, before + "".join(line.split())
    if not records or not records[0][1]:
        raise DataError(f"{where}: no sequence; FASTA is '>' and a name, and letters in the lines below")
    return AlignmentRows(*map(np.stack, zip(*_rows(records, where))))


def _rows(records: list[tuple[str, str]], where: str) -> list[tuple[_Ids, _Ids]]:
    made: list[tuple[_Ids, _Ids]] = []
    for number, (name, letters) in enumerate(records):
        known = ROW_IDS if number else {letter: RESIDUE_IDS[letter] for letter in RESIDUE_LETTERS}
        letters = letters.replace(".", "") if number else letters.upper()
        ids, deletions, inserted = [], [], 0
        for letter in letters:
            if letter.islower() and letter.isascii():
                inserted += 1
                continue
            if letter not in known:
                raise DataError(f"{where}: '{letter}' in {name} is no amino acid; allowed are {''.join(known)}")
            ids.append(known[letter])
            deletions.append(inserted)
            inserted = 0
        if made and len(ids) != len(made[0][0]):
            raise DataError(
                f"{where}: {name} has {len(ids)} letters, the first row {len(made[0][0])}; all rows are as long"
            )
        made.append((np.array(ids, np.int64), np.array(deletions, np.int64)))
    return made


def features(
    rows: AlignmentRows, random: np.random.Generator, hide: float, centres: int = CENTRES, further: int = FURTHER
) -> AlignmentFeatures:
    """Centres and further rows, drawn by chance; the protein is the first centre, and stands for others where none are.

    Args:
        hide: the share of the centres' letters that is hidden (§1.2.7).
    """
    order = np.concatenate([[0], 1 + random.permutation(len(rows.ids) - 1)])
    chosen, others = order[:centres], order[centres : centres + further]
    true, deletions = rows.ids[chosen], rows.deletions[chosen]
    seen, hidden = hide_letters(true, rows.ids, random, hide)
    profile, mean = _profiles(seen, deletions, rows.ids[others], rows.deletions[others])
    if not len(others):
        others = order[:1]
    read = _read(seen, deletions)
    return AlignmentFeatures(
        np.concatenate([read, profile, _squashed(mean)[..., None]], -1),
        _read(rows.ids[others], rows.deletions[others]),
        true,
        hidden,
    )


def hide_letters(ids: _Ids, rows: _Ids, random: np.random.Generator, share: float) -> tuple[_Ids, NDArray[np.bool_]]:
    """Ids with a share of them replaced, and which are to be predicted (§1.2.7: "MSA masking")."""
    hidden = random.random(ids.shape) < share
    uniform, profile, _ = REPLACED
    draw = random.random(ids.shape)
    any_letter = random.integers(0, len(RESIDUE_LETTERS), ids.shape)
    from_rows = rows[random.integers(0, len(rows), ids.shape), np.arange(ids.shape[1])]
    found = np.where(draw < uniform, any_letter, np.where(draw < uniform + profile, from_rows, ids))
    return np.where(hidden, np.where(draw < sum(REPLACED), found, MASK), ids), hidden


def _profiles(seen: _Ids, deletions: _Ids, others: _Ids, other_deletions: _Ids) -> tuple[_Numbers, _Numbers]:
    """The letters of each centre and of the rows that are nearest to it, as shares; their deletions in the mean."""
    counts, summed = _one_hot(seen), deletions.astype(np.float32)
    number = np.ones(len(seen), np.float32)
    if len(others):
        told = _one_hot(seen)[..., :GAP].reshape(len(seen), -1)  # gaps and what is hidden agree with nothing
        nearest = (_one_hot(others)[..., :GAP].reshape(len(others), -1) @ told.T).argmax(1)
        np.add.at(counts, nearest, _one_hot(others))
        np.add.at(summed, nearest, other_deletions.astype(np.float32))
        np.add.at(number, nearest, 1)
    return counts / number[:, None, None], summed / number[:, None]


def _read(ids: _Ids, deletions: _Ids) -> _Numbers:
    beside = np.stack([np.minimum(deletions, 1), _squashed(deletions)], -1)
    return np.concatenate([_one_hot(ids), beside], -1).astype(np.float32)


def _squashed(deletions: NDArray[np.number]) -> _Numbers:
    found: _Numbers = (np.arctan(deletions / 3) * 2 / np.pi).astype(np.float32)
    return found


def _one_hot(ids: _Ids) -> _Numbers:
    found: _Numbers = np.eye(ROW_LETTERS, dtype=np.float32)[ids]
    return found

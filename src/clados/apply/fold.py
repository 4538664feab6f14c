"""fold: where the atoms of a protein stand, of its letters and the rows of its alignment (Jumper et al. 2021)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clados.apply.ready import ModelSource, load
from clados.data.alignments import AlignmentFeatures, AlignmentRows, features, parsed_alignment
from clados.data.errors import DataError
from clados.data.packing import generator
from clados.data.proteins import gemmi
from clados.drawing.svg import Figure
from clados.errors import InputError, check_seed
from clados.files import write_whole
from clados.nn.folding.geometry import IDEAL
from clados.nn.memory import enough_memory
from clados.spec.folding.residues import ATOM_NAMES, RESIDUES

DISTANCES = 2.3125, 21.6875  # ångström: where the distogram's second bin begins, and its last
ENDINGS = ".cif", ".pdb"
PDB_RESIDUES = 9_999  # residues that a PDB file numbers


@dataclass(frozen=True, eq=False)
class Folded:
    """A protein as a model folds it.

    Attributes:
        letters: of its residues; atoms: [length, 37, 3] in ångström; there: which it has, [length, 37].
        plddt: how sure the model is of each residue, from 0 to 100, [length].
        distances: the mean that the distogram gives, [length, length]; None without that head.
        rows: of the alignment; passes: how often the model read its own output again.
    """

    letters: str
    atoms: NDArray[np.float32]
    there: NDArray[np.bool_]
    plddt: NDArray[np.float32]
    distances: NDArray[np.float32] | None
    rows: int
    passes: int


@enough_memory("folding this protein", "give a shorter one, or fewer rows")
@torch.inference_mode()
def fold(
    source: ModelSource,
    alignment: str | Path | AlignmentRows,
    *,
    recycling: int | None = None,
    seed: int = 0,
    device: str | torch.device = "cpu",
) -> Folded:
    """Where the atoms of a protein stand, without templates.

    Args:
        source: a directory with a model that folds.
        alignment: a FASTA or A3M file, whose first record is the protein and the others rows of its alignment; or rows.
        recycling: how often the model reads its own output again; None: as declared.
        seed: of the choice among rows, where there are more than 128.

    Raises:
        InputError: for a model that does not fold, and a number of passes below 0.
        DataError: for a file that cannot be read, with foreign letters, or rows of unlike length.
    """
    ready = load(source, "fold", device=device)
    check_seed(seed)
    if recycling is not None and recycling < 0:
        raise InputError(f"recycling is {recycling}; it must be at least 0")
    rows = alignment if isinstance(alignment, AlignmentRows) else _read(Path(alignment))
    model: Any = ready.model
    passes = ready.spec.recycling.passes if recycling is None else recycling  # type: ignore[attr-defined]
    read = features(rows, generator(seed), hide=0.0)
    inputs, _ = inputs_of([read], [np.arange(rows.ids.shape[1])])
    dtype = next(model.parameters()).dtype
    given = {name: each.to(ready.device, dtype if each.is_floating_point() else None) for name, each in inputs.items()}
    out = model(**given, passes=passes)
    aatype = inputs["aatype"][0]
    scores = out.get("distogram_logits")
    sure = torch.full(aatype.shape, torch.nan) if out.get("lddt_logits") is None else plddt(out.lddt_logits[0])
    return Folded(
        "".join(RESIDUES[i].letter for i in aatype.tolist()),
        out.final_atom_positions[0].float().cpu().numpy(),
        IDEAL.names[aatype].bool().numpy(),
        sure.float().cpu().numpy(),
        None if scores is None else mean_distances(scores[0]).float().cpu().numpy(),
        len(rows.ids),
        passes,
    )


def _read(path: Path) -> AlignmentRows:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not a readable FASTA or A3M file ({error})") from error
    return parsed_alignment(text, str(path))


def plddt(scores: Tensor) -> Tensor:
    """The mean of the bins of lDDT, from 0 to 100 (algorithm 29): [..., bins] -> [...]."""
    bins = scores.size(-1)
    centres = (torch.arange(bins, device=scores.device, dtype=scores.dtype) + 0.5) / bins
    return 100 * (scores.softmax(-1) * centres).sum(-1)


def mean_distances(scores: Tensor) -> Tensor:
    """The mean of the bins of the distogram, in ångström; the first and last as wide as the others."""
    edges = torch.linspace(*DISTANCES, scores.size(-1) - 1, device=scores.device, dtype=scores.dtype)
    step = edges[1] - edges[0]
    centres = torch.cat((edges[:1] - step / 2, edges + step / 2))
    return (scores.softmax(-1) * centres).sum(-1)


def inputs_of(
    read: Sequence[AlignmentFeatures], index: Sequence[NDArray[np.int64]]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """What the model reads of some proteins, padded to the longest; and the ids of centres, and which are hidden."""
    length = max(each.ids.shape[1] for each in read)
    rows, further = (max(map(len, some)) for some in ([r.ids for r in read], [r.further for r in read]))

    def rowed(values: Sequence[NDArray[Any]], many: int) -> Tensor:
        found = np.zeros((len(values), many, length, *values[0].shape[2:]), values[0].dtype)
        for i, each in enumerate(values):
            found[i, : each.shape[0], : each.shape[1]] = each
        return torch.from_numpy(found)

    inputs = {
        "aatype": by_length([each.ids[0] for each in read], length),
        "residue_index": by_length(index, length),
        "msa_feat": rowed([each.centres for each in read], rows),
        "extra_msa_feat": rowed([each.further for each in read], further),
        "seq_mask": by_length([np.ones(each.ids.shape[1], np.float32) for each in read], length),
        "msa_mask": rowed([np.ones(each.ids.shape, np.float32) for each in read], rows),
        "extra_msa_mask": rowed([np.ones(each.further.shape[:2], np.float32) for each in read], further),
    }
    ids, hidden = rowed([each.ids for each in read], rows), rowed([each.hidden for each in read], rows)
    return inputs, {"ids": ids, "hidden": hidden.float()}


def by_length(values: Sequence[NDArray[Any]], length: int) -> Tensor:
    """Arrays [length, ...] side by side, zeros behind the shorter ones."""
    found = np.zeros((len(values), length, *values[0].shape[1:]), values[0].dtype)
    for i, each in enumerate(values):
        found[i, : len(each)] = each
    return torch.from_numpy(found)


# ---------------------------------------------------------------- files


def write_fold(folded: Folded, out: Path) -> None:
    """Write a protein as mmCIF or PDB, by the file's ending, with pLDDT in the B-factor column.

    Raises:
        InputError: for another ending, more residues than PDB numbers, and a file that cannot be written.
        MissingPackageError: gemmi is not installed.
    """
    check_out(out)
    if out.suffix == ".pdb" and len(folded.letters) > PDB_RESIDUES:
        raise InputError(
            f"{out}: PDB numbers {PDB_RESIDUES:,} residues, the protein has {len(folded.letters):,}; write .cif"
        )
    made = gemmi_structure(folded)
    text = made.make_pdb_string() if out.suffix == ".pdb" else made.make_mmcif_document().as_string()
    _write(out, text)


def check_out(out: Path) -> None:
    """Refuse a file that is neither mmCIF nor PDB.

    Raises:
        InputError: by its ending.
    """
    if out.suffix not in ENDINGS:
        raise InputError(f"out is {out}; its ending must be {' or '.join(ENDINGS)}")


def gemmi_structure(folded: Folded) -> Any:
    """The protein as gemmi's Structure: one chain A."""
    package = gemmi()
    made, model, chain = package.Structure(), package.Model(1), package.Chain("A")
    made.name = "fold"
    for i, letter in enumerate(folded.letters):
        residue = package.Residue()
        residue.name = next(each.name for each in RESIDUES if each.letter == letter)
        residue.seqid = package.SeqId(i + 1, " ")
        residue.entity_type = package.EntityType.Polymer
        for number in np.flatnonzero(folded.there[i]).tolist():
            atom = package.Atom()
            atom.name, atom.element = ATOM_NAMES[number], package.Element(ATOM_NAMES[number][0])
            atom.pos, atom.b_iso = package.Position(*folded.atoms[i, number].tolist()), float(folded.plddt[i])
            residue.add_atom(atom)
        chain.add_residue(residue)
    model.add_chain(chain)
    made.add_model(model)
    made.setup_entities()
    return made


def _write(out: Path, text: str) -> None:
    try:
        write_whole(out, partial(Path.write_text, data=text, encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{out}: not written ({error})") from error


def drawn_fold(folded: Folded) -> Figure:
    """pLDDT along the protein, and the distances that the distogram gives."""
    from clados.drawing.fold import fold_figure

    distances = None if folded.distances is None else folded.distances.tolist()
    return fold_figure(folded.letters, folded.plddt.tolist(), distances)

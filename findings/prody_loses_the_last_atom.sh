#!/usr/bin/env bash
# ProDy: the last atom of an mmCIF file is left out where the table of atoms ends the file.
# Expected: parseMMCIF reads every row of _atom_site; a loop of a CIF file may end with the file, and gemmi writes
#   such files.
# Seen: of the three atoms of a file of gemmi ProDy reads two, without an error; with one more line, a "#" (a comment),
#   it reads all three. gemmi and Biotite read three from both.
# Versions: ProDy 2.6.1, gemmi 0.7.5, biotite 1.6.0, numpy 2.4.6.
# Date: 2026-12-01.
set -euo pipefail
export PYTHONWARNINGS=ignore
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work"  # ProDy keeps its settings there
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet ProDy==2.6.1 gemmi==0.7.5 biotite==1.6.0 numpy==2.4.6
cd "$work"
venv/bin/python - <<'PY'
from pathlib import Path

import gemmi
import prody
from biotite.structure.io.pdbx import CIFFile, get_structure

prody.confProDy(verbosity="none")
structure, chain = gemmi.Structure(), gemmi.Chain("A")
structure.add_model(gemmi.Model(1))
for number in (1, 2, 3):
    residue, atom = gemmi.Residue(), gemmi.Atom()
    residue.name, residue.seqid = "GLY", gemmi.SeqId(str(number))
    atom.name, atom.element, atom.pos = "CA", gemmi.Element("C"), gemmi.Position(3.8 * number, 0, 0)
    residue.add_atom(atom)
    chain.add_residue(residue)
structure[0].add_chain(chain)
structure.setup_entities()
structure.make_mmcif_document().write_file("as_written.cif")
Path("with_comment.cif").write_text(Path("as_written.cif").read_text().rstrip("\n") + "\n#\n")
for name, expected in (("as_written.cif", 2), ("with_comment.cif", 3)):
    counts = {
        "gemmi": gemmi.read_structure(name)[0].count_atom_sites(),
        "biotite": get_structure(CIFFile.read(name), model=1).array_length(),
        "prody": prody.parseMMCIF(name).numAtoms(),
    }
    print(f"{name}: atoms read {counts}")
    assert counts == {"gemmi": 3, "biotite": 3, "prody": expected}
PY

"""The verb that folds proteins."""

from pathlib import Path
from typing import Annotated

import typer

from clados.cli import output
from clados.cli.arguments import Directory, Json


def fold_command(
    directory: Directory,
    alignment: Annotated[
        Path, typer.Argument(help="FASTA or A3M: the protein, and below it the rows of its alignment, if any.")
    ],
    out: Annotated[Path, typer.Option(help="File to write, .cif or .pdb; pLDDT stands as B-factors.")] = Path(
        "fold.cif"
    ),
    svg: Annotated[
        Path | None, typer.Option("--svg", help="Also draw pLDDT and the distogram's distances into this file.")
    ] = None,
    recycling: Annotated[
        int | None,
        typer.Option(min=0, help="How often the model reads its own output again.", show_default="as declared"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the choice among many rows.")] = 0,
    json: Json = False,
) -> None:
    """Predict where the atoms of a protein stand, as mmCIF or PDB with pLDDT as B-factors.

    Example: clados fold runs/alphafold protein.fasta --out protein.cif --svg protein.svg
    """
    from clados.apply.fold import check_out, drawn_fold, fold, write_fold

    check_out(out)
    folded = fold(directory, alignment, recycling=recycling, seed=seed)
    write_fold(folded, out)
    files = [out]
    if svg is not None:
        drawn_fold(folded).save(svg)
        files.append(svg)
    mean = float(folded.plddt.mean())
    if json:
        facts = {"residues": len(folded.letters), "rows": folded.rows, "passes": folded.passes, "plddt": mean}
        output.print_json({"files": [str(each) for each in files], **facts})
        return
    output.print_facts({"residues": str(len(folded.letters)), "rows": str(folded.rows), "mean pLDDT": f"{mean:.1f}"})
    output.print_lines([f"wrote {each}" for each in files])

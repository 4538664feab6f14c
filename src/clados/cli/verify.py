"""``clados verify``: the proofs of models, each with its evidence."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clados.cli import output

if TYPE_CHECKING:
    from clados.proofs import Proof


def verify(
    models: Annotated[
        list[str] | None, typer.Argument(metavar="MODEL...", help="Models; all when none.", show_default=False)
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One seed, not three: some minutes a model.")] = False,
    proof: Annotated[list[str] | None, typer.Option(help="This proof only; say it again for more.")] = None,
    train: Annotated[
        list[str] | None, typer.Option(help="Train this model's small self only, for what needs one; say it again.")
    ] = None,
    write: Annotated[Path | None, typer.Option(help="Write the result as a page of Markdown.")] = None,
    runs: Annotated[Path | None, typer.Option(help="Where trained models are kept. [runs/verify]")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Prove that models are what their papers say, and that they work; exit code 1 when a proof fails.

    Example: clados verify bert --quick
    """
    from clados.proofs import PROOFS, subjects
    from clados.proofs import verify as verified
    from clados.proofs.proof import RUNS

    number = len(subjects(models or ())) * len(proof or PROOFS)
    done: list[Proof] = []

    def tell(each: "Proof") -> None:
        done.append(each)
        if not json:
            output.note(f"{len(done)}/{number} {each.id} {each.proof}: {each.status} ({each.seconds:.1f} s)")

    found = verified(
        *(models or ()), proofs=proof or (), train=train or (), quick=quick, folder=runs or RUNS, on_proof=tell
    )
    if write is not None:
        from clados.files import write_text
        from clados.proofs.report import markdown

        write_text(write, markdown(found, quick=quick))
    if json:
        output.tell([each.as_dict() for each in found])
    else:
        _table(found)
    return int(not found.hold)


def _table(found: "list[Proof]") -> None:
    """One line a model where it has nothing to show but its card."""
    from clados.models.declared import found as declarations
    from clados.models.declared import own

    bare = {each.id for each in found if each.proof != "card"} - {*declarations(), *own()}
    rows = [
        [e.id, e.proof, e.status, e.evidence, f"{e.seconds:.1f}"]
        for e in found
        if e.id not in bare or e.proof == "card"
    ]
    output.table(("model", "proof", "status", "evidence", "seconds"), rows, right=("seconds",), wrap=("evidence",))
    if bare:
        output.note(f"{len(bare)} models are not declared yet; of them only the card is shown")

"""``clados verify``: the proofs of models, each with its evidence."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clados.cli import output
from clados.cli.arguments import Json, complete_from, complete_models

if TYPE_CHECKING:
    from clados.proofs import Proof


def _names() -> list[str]:
    from clados.proofs.proof import PROOFS

    return [*PROOFS]


_proofs = complete_from(_names)


def verify_command(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL...", help="Models' ids or names.", show_default="all", autocompletion=complete_models
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Train with one seed instead of three: some minutes a model.")
    ] = False,
    proof: Annotated[
        list[str] | None, typer.Option(help="Only this proof; repeat for more.", autocompletion=_proofs)
    ] = None,
    train: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL",
            help="Train a small version of this model only; repeat for more.",
            show_default="all that are proved",
            autocompletion=complete_models,
        ),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Keep each result here as it ends, and prove only what is not here or has changed."
        ),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Prove and train anew what is kept.")] = False,
    write: Annotated[
        Path | None, typer.Option(help="Write the results, with all that --results has, to this Markdown file.")
    ] = None,
    runs: Annotated[
        Path | None, typer.Option(help="The folder for trained models.", show_default="runs/verify")
    ] = None,
    json: Json = False,
) -> int:
    """Prove that models are what their papers say, and that they work; exit code 1 when a proof fails.

    Example: clados verify bert --quick
    """
    from clados.proofs import PROOFS, subjects, verify
    from clados.proofs.proof import RUNS

    chosen = subjects(models or (), quick=quick)
    number = len(chosen) * len(proof or PROOFS)
    done: list[Proof] = []

    def tell(each: "Proof") -> None:
        done.append(each)
        if not json:
            output.print_note(f"{len(done)}/{number} {each.id} {each.proof}: {each.status} ({each.seconds:.1f} s)")

    found = verify(
        *(models or ()),
        proofs=proof or (),
        train=train or (),
        quick=quick,
        folder=runs or RUNS,
        results=results,
        again=again,
        on_proof=tell,
    )
    if write is not None:
        from clados.catalog.load import catalog
        from clados.files import write_text
        from clados.proofs.report import markdown
        from clados.proofs.results import KeptResults, result_of

        by_id = {each.card.id: each for each in chosen}
        kept = KeptResults(results).all() if results else [result_of(by_id[each.id], each, 0.0) for each in found]
        write_text(write, markdown(kept, [*catalog()] if results else [*by_id]))
    if json:
        output.print_json([each.as_dict() for each in found])
    else:
        _table(found)
    return int(not found.hold)


def _table(found: "list[Proof]") -> None:
    """One line a model where it has nothing to show but its card."""
    from clados.models.declared import package_models, user_models

    bare = {each.id for each in found if each.proof != "card"} - {*package_models(), *user_models()}
    rows = [
        [e.id, e.proof, e.status, e.evidence, f"{e.seconds:.1f}"]
        for e in found
        if e.id not in bare or e.proof == "card"
    ]
    output.print_table(
        ("model", "proof", "status", "evidence", "seconds"), rows, right=("seconds",), wrap=("evidence",)
    )
    if bare:
        output.print_note(f"{len(bare)} models are not declared yet; of them only the card is shown")

"""``clados show``, ``compare`` and ``lineage``."""

from dataclasses import asdict
from typing import Annotated

import typer

from clados.catalog.bibtex import bibtex
from clados.catalog.counts import card_and_size
from clados.catalog.load import catalog
from clados.catalog.publications import described_in
from clados.catalog.structure import headline_declared, structure
from clados.cli import output
from clados.cli.arguments import Json, ModelName, Models, Sized, SizedModels


def show_command(model: Sized, json: Json = False) -> None:
    """Show all that is known of a model, each value with its kind and source.

    Example: clados show gpt-2
    """
    card = card_and_size(model)[0] if ":" in model else catalog()[model]
    if json:
        built = asdict(structure(card)) if headline_declared(card) else None
        output.print_json({**card.as_dict(), "structure": built})
    else:
        output.print_page(card.page())


def compare_command(
    models: SizedModels,
    diff: Annotated[bool, typer.Option("--diff", help="Only rows in which they differ.")] = False,
    json: Json = False,
) -> None:
    """Put models side by side, a column each.

    A model without a size has that of the name of another's, where one is given; else its headline size.

    Example: clados compare bert roberta albert --diff
    """
    from clados.catalog.compare import compare

    found = compare(*models, differing=diff)
    if json:
        output.print_json(found.as_dict())
    else:
        output.print_page(found.page())


def cite_command(models: Models, json: Json = False) -> None:
    """Print BibTeX of the papers and reports that describe models.

    Example: clados cite bert roberta > references.bib
    """
    cards = catalog()
    chosen = [cards[model] for model in models]
    if json:
        output.print_json({card.id: [asdict(each) for each in described_in(card)] for card in chosen})
    else:
        print(bibtex(chosen))


def lineage_command(
    model: ModelName,
    structure: Annotated[bool, typer.Option("--structure", help="Also what changed in the declarations.")] = False,
    json: Json = False,
) -> None:
    """Show what a model comes from and what came from it, and what changed on each edge.

    Example: clados lineage roberta
    """
    from clados.catalog.lineage import lineage

    found = lineage(model, structure=structure)
    if json:
        output.print_json(found.as_dict())
    else:
        output.print_page(found.page())

"""``clados show``, ``compare`` and ``lineage``."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from clados.catalog.card import Card, Size, Value, as_plain
from clados.catalog.compare import attribute_text, shape_text, size_figure
from clados.catalog.counts import named
from clados.catalog.errata import beside, of_kind
from clados.catalog.lineage import children
from clados.catalog.load import Catalog, catalog
from clados.catalog.publications import bibtex, described_in
from clados.catalog.structure import Structure, headline_declared, structure, training_compute
from clados.cli import output

Model = Annotated[str, typer.Argument(help="A model's id or name.", metavar="MODEL")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def show(model: Model, json: Json = False) -> None:
    """Show all that is known of a model, each value with its kind and source.

    Example: clados show gpt-2
    """
    cards = catalog()
    card = named(model)[0] if ":" in model else cards[model]
    built = structure(card) if headline_declared(card) else None
    if json:
        output.tell({**card.as_dict(), "structure": asdict(built) if built else None})
        return
    _head(card)
    _values(card)
    _sizes(card)
    _descent(card, cards)
    if built:
        _structure(built)
    output.heading("\nDescribed in")
    output.lines([f"{each}  [{each.link or each.reference}]" for each in described_in(card)] or ["nothing published"])
    _seen(card)
    _training(card)
    output.assumed(card.assumed)
    _errata(card)


def _structure(built: Structure) -> None:
    marks = f"; assumed: {', '.join(built.assumed)}" if built.assumed else ""
    output.heading(f"\nStructure of {built.size}, computed from its declaration{marks}")
    output.facts(built.rows)


def _head(card: Card) -> None:
    where = f"survey {card.survey}" if card.survey else "not among the survey's 77"
    runs = "declared: it builds and runs" if card.runnable else "facts only: not declared yet"
    output.heading(f"{card.name}   {card.id} · {where} · {runs}")


def _values(card: Card) -> None:
    rows = []
    for name, value in card.values.items():
        text = attribute_text(card, name)
        rows.append([name, f"{text} [{value.note}]" if value.note else text, value.mark, value.source])
    output.table(("attribute", "value", "kind", "source"), rows, wrap=("value", "kind", "source"))
    if alone := card.per_survey:
        output.lines([f"per the survey alone, {len(alone)} of {len(rows)}: {', '.join(alone)}"])


def _sizes(card: Card) -> None:
    rows = [[_size_name(size), *_published(size), *_exact(size), shape_text(size), size.why] for size in card.sizes]
    if rows:
        output.heading("\nSizes")
        heads = ("size", "published", "counts", "exact", "counts ", "shape", "why they differ")
        output.table(heads, rows, right=("published", "exact"), wrap=("counts", "counts ", "shape", "why they differ"))


def _seen(card: Card) -> None:
    """Tokens and computation of the sizes' training, where they are known."""
    known = [(size, size.tokens, training_compute(card, size)) for size in card.sizes]
    rows = [[size.name, *_figure(seen), *_figure(flops)] for size, seen, flops in known if seen or flops]
    if rows:
        output.heading("\nTokens seen in training, and floating-point operations")
        heads = ("size", "tokens", "kind", "source", "FLOPs", "kind ", "source ")
        output.table(heads, rows, right=("tokens", "FLOPs"), wrap=("source", "source "))


def _figure(value: Value | None) -> list[str]:
    if value is None or not value.known:
        return ["", "", ""]
    number = value.items[0]
    return [f"{number:,}" if isinstance(number, int) else f"{number:.3g}", value.mark, value.source]


def _size_name(size: Size) -> str:
    return f"{size.name} *" if size.headline else size.name


def _published(size: Size) -> tuple[str, str]:
    mark = "" if size.label.kind == "reported" and not size.label.recalled else f" ({size.label.mark})"
    return size_figure(size) + mark * size.label.known, size.basis if size.label.known else size.label.note


def _exact(size: Size) -> tuple[str, str]:
    if size.exact is None or not size.exact.known:
        return "-", ""
    return f"{size.exact.value:,}", size.exact_basis


def _descent(card: Card, cards: Catalog) -> None:
    if card.lineage:
        output.heading("\nComes from")
        output.lines([f"{each.id} ({each.kind}): {each.change}  [{each.source}]" for each in card.lineage])
    if found := children(cards, card.id):
        output.heading("\nTo it go back")
        output.lines([", ".join(each.id for each in found)])


def _training(card: Card) -> None:
    if card.training or card.headlines:
        output.heading("\nTraining and results")
        named = [*card.training.items(), *(("result", each) for each in card.headlines)]
        rows = [[name, str(value), value.mark, value.source] for name, value in named]
        output.table(("fact", "value", "kind", "source"), rows)


def _errata(card: Card) -> None:
    titles = {"wrong": "Where the survey is wrong", "refined": "Said more exactly", "absent": "Absent from the survey"}
    for kind, title in titles.items():
        if rows := of_kind(card.errata, kind):
            output.heading(f"\n{title} ({len(rows)})")
            output.lines([beside(row) for row in rows])


def compare(
    models: Annotated[list[str], typer.Argument(help="Models' ids or names.", metavar="MODEL...")],
    diff: Annotated[bool, typer.Option("--diff", help="Only rows in which they differ.")] = False,
    json: Json = False,
) -> None:
    """Put models side by side, a column each.

    Example: clados compare bert roberta albert --diff
    """
    from clados.catalog.compare import compare as compared

    cards = catalog()
    chosen = [cards[model] for model in models]
    rows = compared(chosen, differing=diff)
    names = [card.id for card in chosen]
    if json:
        output.tell({name: dict(zip(names, row)) for name, row in rows.items()})
    else:
        output.table(("", *names), [[name, *row] for name, row in rows.items()])


def cite(
    models: Annotated[list[str], typer.Argument(help="Models' ids or names.", metavar="MODEL...")],
    json: Json = False,
) -> None:
    """Print BibTeX of the papers and reports that describe models.

    Example: clados cite bert roberta > references.bib
    """
    cards = catalog()
    chosen = [cards[model] for model in models]
    if json:
        output.tell({card.id: [asdict(each) for each in described_in(card)] for card in chosen})
    else:
        print(bibtex(chosen))


def lineage(
    model: Model,
    structure: Annotated[bool, typer.Option("--structure", help="Also what changed in the declarations.")] = False,
    json: Json = False,
) -> None:
    """Show what a model comes from and what came from it, and what changed on each edge.

    Example: clados lineage roberta
    """
    from clados.catalog import lineage as lines

    cards = catalog()
    found = {"ancestors": lines.ancestors(cards, model), "descendants": lines.descendants(cards, model)}
    changed = {edge: lines.structure(cards, edge) for edges in found.values() for edge in edges if structure}
    if json:
        told = {side: [_edge(edge, changed) for edge in edges] for side, edges in found.items()}
        output.tell({"id": cards[model].id, **told})
        return
    for side, edges in found.items():
        output.heading(f"{side.capitalize()} of {cards[model].name}{'' if edges else ': none'}")
        for edge in edges:
            far = edge.parent if side == "ancestors" else edge.child
            near = edge.child if side == "ancestors" else edge.parent
            arrow = f"{near} from {far}" if side == "ancestors" else f"{far} from {near}"
            output.lines([f"{'  ' * (edge.depth - 1)}{arrow} ({edge.kind}): {edge.change}"])
            output.lines([f"{'  ' * edge.depth}{path}: {old!r} -> {new!r}" for path, old, new in changed.get(edge, [])])


def _edge(edge: Any, changed: Any) -> dict[str, Any]:
    words = {name: as_plain(getattr(edge, name)) for name in edge.__slots__}
    if edge in changed:
        words["structure"] = [{"word": word, "old": repr(old), "new": repr(new)} for word, old, new in changed[edge]]
    return words

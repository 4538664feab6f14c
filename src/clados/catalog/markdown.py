"""The catalogue as a Markdown text, to read and to print."""

from collections.abc import Iterator, Sequence

from clados.catalog.card import Card, CardSize, Value
from clados.catalog.errata import erratum_line, in_short
from clados.catalog.schema import ATTRIBUTES
from clados.catalog.texts import attribute_text, shape_text, size_figure

_HEADS = ("Model", "Family", "Architecture", "Date", "Parameters", "License", "Lab")
_COLUMNS = ("family", "architecture", "date", "params", "license", "lab")


def book(cards: Sequence[Card]) -> str:
    """All cards: a table of them, then each by itself."""
    errata = in_short([row for card in cards for row in card.errata])
    lines = [f"# The catalogue: {len(cards)} models", "", f"Errata of the survey: {errata}.", ""]
    alone = sum(len(card.per_survey) for card in cards)
    lines += [f"Values that the survey alone reports, marked as per the survey: {alone}.", ""]
    lines += ["| " + " | ".join(_HEADS) + " |", "|---" * len(_HEADS) + "|"]
    for card in cards:
        cells = [f"[{card.name}](#{anchor(card)})", *(attribute_text(card, name) for name in _COLUMNS)]
        lines.append("| " + " | ".join(map(_cell, cells)) + " |")
    for card in cards:
        lines += ["", *_page(card)]
    return "\n".join(lines) + "\n"


def anchor(card: Card) -> str:
    """The name that a link to a card's section uses."""
    return card.id.replace(".", "-")


def _page(card: Card) -> Iterator[str]:
    """The lines of a card's section."""
    where = f"survey {card.survey}" if card.survey else "not among the survey's 77"
    yield from (f'<a id="{anchor(card)}"></a>', f"## {card.name}", "", f"`{card.id}`, {where}", "")
    for name in ATTRIBUTES:
        yield f"- **{name.replace('_', ' ')}**: {_fact(attribute_text(card, name), card.values[name])}"
    if card.sizes:
        yield from ("", "| Size | Published | Exact | Shape |", "|---|---|---|---|", *map(_size, card.sizes))
    for parent in card.lineage:
        yield from ("", f"From [{parent.id}](#{parent.id.replace('.', '-')}) ({parent.kind}): {parent.change}.")
    if card.training:
        yield ""
    for name, value in card.training.items():
        yield f"- *{name.replace('_', ' ')}*: {_fact(str(value), value)}"
    if card.assumed:
        yield from ("", "Assumed, or otherwise than published:", "", *(f"- {line}" for line in card.assumed))
    for row in card.errata:
        yield from ("", f"> Erratum ({row.kind}), {erratum_line(row)}")


def _fact(text: str, value: Value) -> str:
    marks = "; ".join(filter(None, (value.mark, value.source, value.note)))
    return f"{text} *({marks})*"


def _size(size: CardSize) -> str:
    exact = f"{size.exact.value:,}" if size.exact and size.exact.known else ""
    return "| " + " | ".join(map(_cell, (size.name, size_figure(size), exact, shape_text(size)))) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")

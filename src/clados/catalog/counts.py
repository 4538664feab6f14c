"""Parameter counts of each published size: computed, published, and why they differ."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from clados.catalog.card import Card, CardSize, declaration_of
from clados.catalog.load import catalog
from clados.catalog.sizes import model_of, size_named
from clados.errors import InputError
from clados.models.declared import declared_in
from clados.spec.core.ledger import BASES, Count, Row, count_parameters, rows
from clados.spec.core.part import hint
from clados.spec.kinds.model import Model

EQUAL = "equal to the unit"
ROUNDED = "the label is within its rounding"
FITTED = "the shape is assumed to fit the label"
MISSING = "missing: not declared yet"
UNKNOWN = "unknown"  # what a size without any published shape counts
DISAGREES = "unexplained"
NON_EMBEDDING = "non-embedding"


@dataclass(frozen=True, slots=True)
class Counted:
    """One published size on one basis; ``None`` where there is nothing to count, or nothing was published.

    Attributes:
        published: the label as the paper or its authors print it; on a further basis, the reference's own count.
        exact: the reference's count to the unit, where it is on this basis.
        why: how the published figures and ours agree, or why they do not.
        assumed: fields of the size's shape that no source gives; the counts rest on them.
    """

    id: str
    size: str
    basis: str
    total: int | None
    non_embedding: int | None
    active: int | None
    published: int | None
    exact: int | None
    why: str
    assumed: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return asdict(self)


def every_count(cards: Mapping[str, Card], basis: str | None = None) -> list[Counted]:
    """Every published size of every declared model, on each of its bases, or on one that is named.

    Sizes that are not declared say so.

    Raises:
        InputError: for a basis that there is not.
    """
    sizes = [(card, size) for card in cards.values() if card.runnable for size in card.sizes]
    return [row for card, size in sizes for row in count_size(card, size, basis)]


def count_size(card: Card, size: CardSize, basis: str | None = None) -> list[Counted]:
    """A published size on the bases of its published figures, or on another that is named.

    Raises:
        InputError: for a basis that there is not.
    """
    declaration = declaration_of(card) if card.runnable else None
    if declaration is None or size.name not in declaration.sizes:
        why = MISSING if size.shape else f"{UNKNOWN}: {size.why or size.label.note or 'no shape is published'}"
        return [Counted(card.id, size.name, "model", None, None, None, *_figures(size, "model"), why)]
    model = declaration.models()[size.name]
    return [_counted(card, size, model, each) for each in ([basis] if basis else bases(size))]


def bases(size: CardSize) -> list[str]:
    """What the published figures of a size count: the label's basis first; the whole model where none is named."""
    named_bases = [size.basis] if size.label.known else []
    named_bases += [size.exact_basis] if size.exact and size.exact.known else []
    return list(dict.fromkeys(map(basis_of, named_bases))) or ["model"]


def basis_of(text: str) -> str:
    """The basis that a card names; the whole model where they name none."""
    word = text.partition(",")[0]
    return word if word in (*BASES, NON_EMBEDDING) else "model"


def totalled(model: Model, basis: str) -> int:
    """The count on a basis.

    Raises:
        InputError: for a basis that there is not.
    """
    return count_parameters(model).non_embedding if basis == NON_EMBEDDING else count_parameters(model, basis).total


def _counted(card: Card, size: CardSize, model: Model, basis: str) -> Counted:
    found = count_parameters(model, _counted_as(basis))
    total = found.non_embedding if basis == NON_EMBEDDING else found.total
    published, exact = _figures(size, basis)
    why = _why(size, total, published, exact)
    return Counted(
        card.id, size.name, basis, total, found.non_embedding, found.active, published, exact, why, size.assumed
    )


def _counted_as(basis: str) -> str:
    """The basis of the ledger in whose count this one is found."""
    if basis not in (*BASES, NON_EMBEDDING):
        raise InputError(f"basis is '{basis}'{hint(basis, (*BASES, NON_EMBEDDING))}")
    return "model" if basis == NON_EMBEDDING else basis


def _figures(size: CardSize, basis: str) -> tuple[int | None, int | None]:
    """The published figure and the reference's count on a basis."""
    exact = whole_number(size.exact) if size.exact and basis_of(size.exact_basis) == basis else None
    label = whole_number(size.label) if basis_of(size.basis) == basis else None
    return (label if label is not None or whole_number(size.label) is None else exact), exact


def whole_number(value: Any) -> int | None:
    """The whole number that a fact of a card holds; None where it is unknown, or no number."""
    return value.value if value is not None and value.known and isinstance(value.value, int) else None


def _why(size: CardSize, total: int, published: int | None, exact: int | None) -> str:
    if published is None and exact is None:
        return size.label.note or size.why
    agreeing = FITTED if size.assumed else ROUNDED
    label = agreeing if published is None or rounds(total, published) else size.why or DISAGREES
    if exact is None:
        return EQUAL if published == total and not size.assumed else label
    if total != exact:
        return size.why or DISAGREES
    return EQUAL if published in (None, total) else f"the reference's count, {EQUAL}; {label}"


def rounds(total: int, published: int) -> bool:
    """Whether a count reads as the published figure when it is rounded to the same number of digits.

    >>> rounds(124_439_808, 124_000_000), rounds(1_557_611_200, 1_500_000_000)
    (True, False)
    """
    return 2 * abs(total - published) <= last_digit(published)


def last_digit(published: int) -> int:
    """What one more in the last digit of a published figure stands for, as it is printed: of 6B and of 10B a billion.

    >>> last_digit(6_000_000_000), last_digit(10_000_000_000), last_digit(1_500_000_000)
    (1000000000, 1000000000, 100000000)
    """
    thousands = 1000 ** ((len(str(published)) - 1) // 3)
    unit = 1
    while published % (10 * unit) == 0 and 10 * unit <= thousands:
        unit *= 10
    return unit


def card_and_size(model: str) -> tuple[Card, CardSize]:
    """The card and the size that ``MODEL[:SIZE]`` names; the headline size when none is named.

    Raises:
        NoModelError, InputError: with the nearest name.
    """
    name, colon, size = model.partition(":")
    card = catalog()[name]
    return card, size_named(card, size if colon else None)


def cards_and_sizes(models: Sequence[str]) -> list[tuple[Card, CardSize]]:
    """The cards and sizes of models that are set side by side, each ``MODEL`` or ``MODEL:SIZE``.

    A model without a size takes that of the name of another's, where that is given and it has one; else its headline
    size.

    Raises:
        NoModelError, InputError: with the nearest name.
    """
    found = [(":" in model, *card_and_size(model)) for model in models]
    given = [(card, size.name) for named, card, size in found if named]
    return [
        (card, size if named else _of_those(card, [name for other, name in given if other is not card]) or size)
        for named, card, size in found
    ]


def _of_those(card: Card, names: Sequence[str]) -> CardSize | None:
    return next((size for name in names for size in card.sizes if size.name == name), None)


def canonical(model: str) -> str:
    """``MODEL[:SIZE]`` by the card's id and the size's own name.

    >>> canonical("GPT-2"), canonical("BERT:bert-base-uncased")
    ('gpt-2', 'bert:base')

    Raises:
        NoModelError, InputError: with the nearest name.
    """
    card, size = card_and_size(model)
    return f"{card.id}:{size.name}" if ":" in model else card.id


@dataclass(frozen=True)
class NamedModel:
    """A declared model and what it is called; what its declaration assumes, and whether its shape is assumed too."""

    name: str
    model: Model
    assumed: tuple[str, ...] = ()
    assumed_shape: bool = False


def named_model(model: str | Model | NamedModel) -> NamedModel:
    """A declared model by ``MODEL[:SIZE]`` or the path of its declaration; one that is at hand as it is.

    Raises:
        NoModelError, InputError, SpecError: for an unknown name or size, with the nearest, and a path without one.
    """
    if isinstance(model, NamedModel):
        return model
    if isinstance(model, Model):
        return NamedModel(type(model).__name__, model)
    if model.endswith(".py"):
        declaration = declared_in(model)
        return NamedModel(model, declaration.model, declaration.assumed)
    return named_size(*card_and_size(model))


def named_size(card: Card, size: CardSize) -> NamedModel:
    """A declared size of a card.

    Raises:
        InputError: when it is not declared.
    """
    return NamedModel(f"{card.id}:{size.name}", model_of(card, size), tuple(card.assumed_for(size)), bool(size.assumed))


def count(model: str | Model | NamedModel, basis: str = "model") -> Count:
    """The parameters of a declared model, named as for ``named_model``, on a basis.

    Raises:
        NoModelError, InputError: for an unknown name, size or basis, with the nearest.
    """
    named = named_model(model)
    return replace(count_parameters(named.model, basis), name=named.name)


def count_named(named: NamedModel, basis: str = "model") -> Counted:
    """A model that no card describes on a basis: there is no published figure beside its own.

    Raises:
        InputError: for a basis that there is not.
    """
    found = count_parameters(named.model, _counted_as(basis))
    total = totalled(named.model, basis)
    return Counted(named.name, "", basis, total, found.non_embedding, found.active, None, None, "")


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A line of the ledger: one tensor, or ``times`` tensors of one shape in layers that repeat."""

    path: str
    shape: tuple[int, ...]
    times: int
    total: int
    embedding: bool


def ledger(model: Model, *, full: bool = False) -> list[LedgerLine]:
    """Every tensor of a model; unless ``full``, those that layers repeat in one line, their number as ``*``."""
    return list(_one_by_one(rows(model)) if full else _folded(rows(model)))


def _one_by_one(each: Iterable[Row]) -> Iterator[LedgerLine]:
    yield from (LedgerLine(row.path, row.shape, 1, row.count, row.embedding) for row in each)


def _folded(each: Iterable[Row]) -> Iterator[LedgerLine]:
    alike: dict[tuple[str, tuple[int, ...]], list[Row]] = {}
    for row in each:
        alike.setdefault((re.sub(r"\.\d+\.", ".*.", row.path), row.shape), []).append(row)
    for (path, shape), same in alike.items():
        name = path if len(same) > 1 else same[0].path
        yield LedgerLine(name, shape, len(same), sum(row.count for row in same), same[0].embedding)

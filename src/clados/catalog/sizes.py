"""The published sizes of a card, and their declared models."""

from clados.catalog.card import Card, CardSize, declaration_of
from clados.errors import InputError
from clados.spec.core.declaration import Declaration
from clados.spec.core.part import hint
from clados.spec.kinds.model import Model


def size_named(card: Card, name: str | None) -> CardSize:
    """A size of a card by its name or an alias; the headline one when none is named.

    Raises:
        InputError: for a size that was not published, with the nearest name.
    """
    wanted = (name or "").casefold()
    for size in card.sizes:
        if size.headline if name is None else wanted in (size.name, *size.aliases):
            return size
    raise InputError(f"{card.id} has no size '{name}'{hint(wanted, [size.name for size in card.sizes])}")


def model_of(card: Card, size: CardSize) -> Model:
    """The declared model of a published size.

    Raises:
        InputError: when it is not declared.
    """
    declaration: Declaration = declaration_of(card)
    if size.name not in declaration.sizes:
        raise InputError(f"{card.id}:{size.name} is not declared; {', '.join(declaration.sizes)} are")
    return declaration.models()[size.name]

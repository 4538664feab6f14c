"""Where the pages of a size stand: its name as a folder of the site."""

import re

from clados.catalog.card import Card, CardSize
from clados.catalog.sizes import size_named


def size_folder(size: CardSize) -> str:
    """The name of a size without what no folder may have: ``vit-l/14@336`` as ``vit-l-14-336``."""
    return re.sub(r"[^\w.+-]+|^\.+", "-", size.name)


def size_at(card: Card, folder: str) -> CardSize:
    """The size whose folder it is.

    Raises:
        InputError: where there is none, with the nearest name.
    """
    return next((each for each in card.sizes if size_folder(each) == folder), None) or size_named(card, folder)

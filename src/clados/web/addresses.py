"""Where the pages of a size stand: its name as a folder of the site."""

import re

from clados.catalog.card import Card, CardSize
from clados.catalog.sizes import size_named


def size_folder(size: CardSize) -> str:
    """The name of a size as a folder, no two alike: ``vit-l/14@336`` as ``vit-l~2f14@336``.

    ``~`` and two digits stand for each byte of what a folder or an address may not hold: other characters than lower
    case, digits and ``@+_-``, and points that are first or not before a digit.
    """
    return re.sub(r"[^a-z0-9@+_.-]|^\.|\.(?!\d)", _coded, size.name)


def _coded(found: re.Match[str]) -> str:
    return "".join(f"~{byte:02x}" for byte in found[0].encode())


def size_at(card: Card, folder: str) -> CardSize:
    """The size whose folder it is.

    Raises:
        InputError: where there is none, with the nearest name.
    """
    return next((each for each in card.sizes if size_folder(each) == folder), None) or size_named(card, folder)

"""The config.json of each size, from which other programs build it: made when asked for, or before files are."""

import json
from collections.abc import Iterable

from clados.catalog.card import Card, CardSize, declaration_of
from clados.catalog.sizes import model_of
from clados.errors import MissingPackageError
from clados.layouts.diffusers import PIPELINES
from clados.web.addresses import size_folder
from clados.web.lazily import computed


def sizes_with_config(card: Card) -> list[CardSize]:
    """The declared sizes of a card, unless it is kept as a pipeline: that has several config.json."""
    if not card.runnable:
        return []
    declaration = declaration_of(card)
    if any(each.model_type in PIPELINES.values() for each in declaration.layouts):
        return []
    return [size for size in card.sizes if size.name in declaration.sizes]


def config_path(card: Card, size: CardSize) -> str:
    """Where the file of a size stands, from the top of the site."""
    return f"cards/{card.id}/{size_folder(size)}/config.json"


def config_text(card: Card, size: CardSize) -> str:
    """What the file says.

    Raises:
        InputError: for a size that is not declared, or is kept as a pipeline.
        MissingPackageError: without torch.
    """
    said = computed("clados.checkpoints.save:config_json", model_of(card, size))
    return json.dumps(said, indent=2, sort_keys=True) + "\n"


def config_files(cards: Iterable[Card]) -> dict[str, bytes]:
    """The files of all sizes by their paths; none without torch."""
    every = [(card, size) for card in cards for size in sizes_with_config(card)]
    try:
        return {config_path(*each): config_text(*each).encode() for each in every}
    except MissingPackageError:
        return {}

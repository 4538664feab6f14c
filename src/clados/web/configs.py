"""The config.json of each size, from which other programs build it: made when asked for, or before files are.

A pipeline of diffusers has several files, in folders of its parts.
"""

import json
from collections.abc import Iterable, Sequence

from clados.catalog.card import Card, CardSize, declaration_of
from clados.catalog.sizes import model_of
from clados.errors import MissingPackageError
from clados.layouts.diffusers import PIPELINE_CONFIGS, PIPELINES
from clados.web.addresses import size_folder
from clados.web.lazily import computed


def sizes_with_config(card: Card) -> list[CardSize]:
    """The declared sizes of a card."""
    return [size for size in card.sizes if card.runnable and size.name in declaration_of(card).sizes]


def config_names(card: Card) -> Sequence[str]:
    """The paths of a size's files within its folder."""
    kept = {each.model_type for each in declaration_of(card).layouts}
    return PIPELINE_CONFIGS if kept & {*PIPELINES.values()} else ("config.json",)


def config_path(card: Card, size: CardSize, name: str) -> str:
    """Where a file of a size stands, from the top of the site."""
    return f"cards/{card.id}/{size_folder(size)}/{name}"


def config_texts(card: Card, size: CardSize) -> dict[str, str]:
    """What the files of a size say.

    Raises:
        InputError: for a size that is not declared.
        MissingPackageError: without torch.
    """
    said = computed("clados.checkpoints.save:config_contents", model_of(card, size))
    return {name: json.dumps(content, indent=2, sort_keys=True) + "\n" for name, content in said.items()}


def config_files(cards: Iterable[Card]) -> dict[str, bytes]:
    """The files of all sizes by their paths; none without torch."""
    every = [(card, size) for card in cards for size in sizes_with_config(card)]
    try:
        return {
            config_path(card, size, name): text.encode()
            for card, size in every
            for name, text in config_texts(card, size).items()
        }
    except MissingPackageError:
        return {}

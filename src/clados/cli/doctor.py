"""``clados doctor``: the environment, to paste into an issue."""

import os
import platform
import sys
from importlib import metadata, util
from typing import Annotated, Any

import typer

from clados.catalog.load import catalog
from clados.cli import output
from clados.errors import CladosError
from clados.names import CARDS_PATH
from clados.version import __version__


def environment() -> dict[str, Any]:
    """What an issue needs to say of the environment; imports none of what it looks for."""
    needed = ("typer", "rich", "tomli")
    extra = ("torch", "numpy", "safetensors", "tokenizers", "pyarrow", "transformers", "gymnasium", "tensorboard")
    return {
        "clados": __version__,
        "python": f"{platform.python_version()} ({sys.executable})",
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        **{name: metadata.version(name) for name in needed},
        **{name: metadata.version(name) if util.find_spec(name) else None for name in extra},
        CARDS_PATH: os.environ.get(CARDS_PATH) or "not set",
        **_cards(),
    }


def _cards() -> dict[str, Any]:
    """How many cards there are, or why they cannot be read."""
    try:
        cards = catalog()
    except CladosError as error:
        return {"cards": str(error)}
    return {"cards": len(cards), "declared": sum(card.runnable for card in cards.values())}


def doctor_command(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Report the environment, to paste into an issue.

    Example: clados doctor
    """
    found = environment()
    if json:
        output.print_json(found)
    else:
        output.print_facts({name: "not installed" if value is None else str(value) for name, value in found.items()})

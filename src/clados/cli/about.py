"""What Clados says of itself: the welcome, the overview of commands, the version, the environment."""

import os
import platform
import sys
from importlib import metadata, util
from typing import Annotated, Any

import typer

import clados
from clados.catalog.load import OWN, catalog
from clados.cli import output
from clados.cli.commands import GROUPS
from clados.errors import CladosError

TRY = {
    "clados list --arch encoder-decoder --params ..1B": "find models",
    "clados show bert": "all that is known of one, with sources",
    "clados compare bert roberta albert --diff": "where they differ",
    "clados lineage gpt-2": "where it comes from and what came of it",
    "clados export --format markdown --out catalogue.md": "the whole catalogue to read",
}


def welcome() -> None:
    """One screen: how much there is, what to try, which models the survey stars."""
    cards = catalog().values()
    declared = sum(card.runnable for card in cards)
    output.heading(f"Clados {clados.__version__}: {len(cards)} Transformers, {declared} of them declared and runnable.")
    print("\nTry:")
    output.facts(TRY)
    starred = [card.id for card in cards if card.noteworthy]
    if starred:
        import textwrap

        print("\nNoteworthy, by the survey ★:")
        output.lines(textwrap.wrap(", ".join(starred), 96))
    print("\nAll commands: clados --help")


def overview() -> None:
    """All commands, by what they are for."""
    print("Usage: clados COMMAND ... (clados COMMAND --help explains one)")
    for title, commands in GROUPS.items():
        output.heading(f"\n{title}")
        output.facts({f"{name:12}": row.help for name, row in commands.items()})
    output.heading("\nOptions of every command")
    output.facts(
        {
            "--cards DIR ": f"a folder of your own cards and declarations (or set {OWN})",
            "--no-color  ": "no colours (or set NO_COLOR)",
            "--version   ": "print the version",
            "--install-completion": "complete commands and options in your shell",
        }
    )


def version() -> None:
    """The version."""
    print(f"clados {clados.__version__}")


def environment() -> dict[str, Any]:
    """What an issue needs to say of the environment; imports none of what it looks for."""
    needed = ("typer", "rich", "tomli")
    extra = ("torch", "numpy", "safetensors", "tokenizers", "pyarrow", "transformers", "gymnasium", "tensorboard")
    return {
        "clados": clados.__version__,
        "python": f"{platform.python_version()} ({sys.executable})",
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        **{name: metadata.version(name) for name in needed},
        **{name: metadata.version(name) if util.find_spec(name) else None for name in extra},
        OWN: os.environ.get(OWN) or "not set",
        **_cards(),
    }


def _cards() -> dict[str, Any]:
    """How many cards there are, or why they cannot be read."""
    try:
        cards = catalog()
    except CladosError as error:
        return {"cards": str(error)}
    return {"cards": len(cards), "declared": sum(card.runnable for card in cards.values())}


def doctor(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Report the environment, to paste into an issue.

    Example: clados doctor
    """
    found = environment()
    if json:
        output.tell(found)
    else:
        output.facts({name: "not installed" if value is None else str(value) for name, value in found.items()})

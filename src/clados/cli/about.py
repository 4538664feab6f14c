"""`clados` without a command: the welcome screen, the overview of commands, the version."""

from clados.catalog.load import catalog
from clados.cli import output
from clados.cli.commands import GROUPS
from clados.names import CARDS_PATH
from clados.version import __version__

TRY = {
    "clados list --arch encoder-decoder --params ..1B": "find models",
    "clados show bert": "all that is known of one, with sources",
    "clados compare bert roberta albert --diff": "where they differ",
    "clados lineage gpt-2": "where it comes from and what came of it",
    "clados export --out catalogue.md": "the whole catalogue to read",
}


def welcome() -> None:
    """One screen: how much there is, what to try."""
    cards = catalog().values()
    declared = sum(card.runnable for card in cards)
    output.print_heading(f"Clados {__version__}: {len(cards)} Transformers, {declared} of them declared and runnable.")
    print("\nTry:")
    output.print_facts(TRY)
    print("\nAll commands: clados --help")


def overview() -> None:
    """All commands, by what they are for."""
    print("Usage: clados COMMAND ... (clados COMMAND --help explains one)")
    for title, commands in GROUPS.items():
        output.print_heading(f"\n{title}")
        output.print_facts({f"{name:12}": row.help for name, row in commands.items()})
    output.print_heading("\nOptions of every command")
    output.print_facts(
        {
            "--cards DIR ": f"a folder of your cards and declarations, which are Python and run (or set {CARDS_PATH})",
            "--no-color  ": "no colours (or set NO_COLOR)",
            "--version   ": "print the version",
            "--install-completion": "complete commands and options in your shell",
        }
    )


def version() -> None:
    """The version."""
    print(f"clados {__version__}")

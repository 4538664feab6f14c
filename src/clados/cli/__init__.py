"""The command line: parse, call, print. Nothing here imports torch, and each command imports only what it needs."""

import sys

from clados.cli.frame import run


def main() -> None:
    """The entry point of ``clados``."""
    sys.exit(run(sys.argv[1:]))

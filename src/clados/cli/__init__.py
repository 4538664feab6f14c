"""The command line: parse, call, print. Nothing here imports torch, and each command imports only what it needs."""

import os
import signal
import sys

from clados.cli.frame import run_command_line

# How long a thread of torch's turns before it sleeps. At the library's own number threads that wait for a core which
# something else has taken hold up each other, and steps of small models take several times as long.
SPINS = "5000"


def main() -> None:
    """The entry point of ``clados``. A polite kill ends it as Ctrl-C does, so that nothing half-written stays."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _end)
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
    sys.exit(run_command_line(sys.argv[1:]))


def _end(number: int, frame: object) -> None:
    sys.exit(128 + number)

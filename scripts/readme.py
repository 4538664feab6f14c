"""Runs the commands of README.md's console blocks and puts their real output in place.

Usage: python scripts/readme.py [--check]

A block starts with ```console; each line that starts with "$ " is run by a shell in the repository's root, and what
follows it is what it printed. With --check nothing is written, and the exit code is 1 when something differs.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"```console\n(.*?)```", re.S)


def ran(block: str) -> str:
    """A block with the output of its commands."""
    lines = [line for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"{line}\n{output(line[2:])}" for line in lines)


def output(command: str) -> str:
    """What a command prints, as in a pipe 120 columns wide."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": tools, "COLUMNS": "120", "NO_COLOR": "1"}
    done = subprocess.run(command, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


def main() -> int:
    """Write README.md anew, or check it."""
    file = ROOT / "README.md"
    text = file.read_text(encoding="utf-8")
    made = BLOCK.sub(lambda found: f"```console\n{ran(found[1])}```", text)
    if "--check" in sys.argv[1:]:
        return int(made != text)
    file.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

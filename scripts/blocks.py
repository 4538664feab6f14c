"""Runs the commands of the documentation's console blocks and puts their real output in place.

Usage: python scripts/blocks.py [--check]

A block starts with ```console; each line that starts with "$ " is run by a shell in the repository's root, and what
follows it is what it printed. With --check nothing is written, and the exit code is 1 when something differs.
tests/test_documents.py runs these and all other blocks.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "benchmarks/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.S | re.M)
CONSOLE = re.compile(r"```console\n(.*?)```", re.S)


def blocks(file: Path) -> list[tuple[str, str]]:
    """The language and the text of each block of a file."""
    return [(match[1], match[2]) for match in BLOCK.finditer(file.read_text(encoding="utf-8"))]


def ran(block: str) -> str:
    """A block with the output of its commands."""
    return "".join(f"$ {command}\n{output(command)}" for command, _ in commands(block))


def commands(block: str) -> list[tuple[str, str]]:
    """The commands of a console block, and what it shows below each."""
    return [(part.partition("\n")[0], part.partition("\n")[2]) for part in re.split(r"(?m)^\$ ", block)[1:]]


def output(command: str, folder: Path = ROOT, fails: tuple[int, ...] = (2, 127)) -> str:
    """What a command prints, as in a pipe 120 columns wide.

    Args:
        folder: where it runs; fails: exit codes of its first program that are mistakes of the command (1 says that
            something checked is not as it should be, or that a pipe was closed).

    Raises:
        AssertionError: when it ends with one of these.
    """
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": tools, "COLUMNS": "120", "NO_COLOR": "1"}
    script = f"{command}\nexit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode not in fails, f"{command}: {done.returncode}: {done.stderr}"
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


def main() -> int:
    """Write the files anew, or check them."""
    wrong = 0
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        made = CONSOLE.sub(lambda found: f"```console\n{ran(found[1])}```", text)
        if "--check" in sys.argv[1:]:
            wrong |= made != text
        elif made != text:
            file.write_text(made, encoding="utf-8")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())

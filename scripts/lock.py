"""Writes constraints.txt: the version of every package that make installs, with all that these require.

Usage: python scripts/lock.py [--upgrade]

pip resolves every extra of pyproject.toml at once and installs nothing. What is pinned stays as it is, unless
--upgrade is given: then everything becomes as new as pyproject.toml allows, but torch, whose version stays.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "constraints.txt"
HEAD = "# What make installs, to the version: written by scripts/lock.py, never by hand.\n"
OTHERS = ("nvidia-", "cuda-", "triton")  # what torch's build for a GPU brings, at versions that torch itself fixes


def pinned() -> dict[str, str]:
    """The versions in constraints.txt."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    return dict(line.split("==", 1) for line in lines if "==" in line and not line.startswith("#"))


def resolved(constraints: dict[str, str]) -> dict[str, str]:
    """Everything that pip would install into an empty environment."""
    wanted = LOCK.with_suffix(".wanted")
    wanted.write_text("".join(f"{name}=={version}\n" for name, version in constraints.items()), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-"]
    try:
        done = subprocess.run(
            [*command, "-c", str(wanted), f"{ROOT}[dev,docs]"], check=True, stdout=subprocess.PIPE, text=True
        )
    finally:
        wanted.unlink()
    found = (each["metadata"] for each in json.loads(done.stdout)["install"])
    return {each["name"]: each["version"].partition("+")[0] for each in found if each["name"] != "clados"}


def main() -> int:
    """Write the file."""
    before = pinned()
    kept = {"torch": before["torch"]} if "--upgrade" in sys.argv[1:] else before
    versions = {name: version for name, version in resolved(kept).items() if not name.startswith(OTHERS)}
    lines = (f"{name}=={versions[name]}\n" for name in sorted(versions, key=str.casefold))
    LOCK.write_text(HEAD + "".join(lines), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

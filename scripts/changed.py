"""Prints the tests of what has changed since main, for `make quick`; where nothing has, a fast choice of all.

A change of src/clados/FOLDER/FILE.py asks for tests/FOLDER/test_FILE*.py, or for all of tests/FOLDER where there is no
such file; a new file without tests of its name asks for what holds of every part. A changed test asks for itself. The
rules of the whole repository are always among them, first.
"""

import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[1]
ALWAYS = ["tests/test_rules.py", "tests/test_names.py", "tests/test_files.py", "tests/test_readme.py"]
EVERY_PART = ["tests/nn/test_structure.py", "tests/nn/test_own_parts.py"]
OTHERWISE = ["tests/spec/test_part.py", "tests/nn/test_structure.py", "tests/objectives/test_text.py"]
APART = "tests/fuzz/"  # has a target of its own


def git(*words: str) -> list[str]:
    """The lines that git prints; none where it fails."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []


def changes() -> list[str]:
    """The files that differ from where this branch left main, committed or not."""
    base = git("merge-base", "HEAD", "origin/main") or git("merge-base", "HEAD", "main") or ["HEAD"]
    return [*git("diff", "--name-only", *base), *git("ls-files", "--others", "--exclude-standard")]


def added() -> list[str]:
    """The files that main does not have."""
    base = git("merge-base", "HEAD", "origin/main") or git("merge-base", "HEAD", "main") or ["HEAD"]
    new = git("diff", "--name-only", "--diff-filter=A", *base)
    return [*new, *git("ls-files", "--others", "--exclude-standard")]


def asked_by(file: str, new: bool = False) -> Iterator[str]:
    """The tests of one file, a path from the repository's root; they may be none."""
    path = PurePosixPath(file)
    if path.suffix == ".py" and path.parts[0] == "tests" and not file.startswith(APART):
        if path.name.startswith("test_") and (ROOT / path).exists():
            yield file
    elif path.parts[:2] == ("src", "clados") and path.suffix == ".py":
        folder = Path("tests", *path.parts[2:-1])
        named = sorted((ROOT / folder).glob(f"test_{path.stem}*.py"))
        if named:
            yield from (each.relative_to(ROOT).as_posix() for each in named)
        elif new:
            yield from EVERY_PART
        elif len(folder.parts) > 1:
            near = (
                each.as_posix() for each in (folder, *folder.parents) if len(each.parts) > 1 and (ROOT / each).exists()
            )
            yield next(near, OTHERWISE[0])


def chosen(files: Iterable[str], new: Collection[str] = ()) -> list[str]:
    """The tests to run, each once, the rules first; ``new`` are the files that main does not have."""
    of_them = [test for file in files for test in asked_by(file, file in new)]
    return list(dict.fromkeys([*ALWAYS, *(of_them or OTHERWISE)]))


if __name__ == "__main__":
    sys.stdout.write("\n".join(chosen(changes(), added())) + "\n")

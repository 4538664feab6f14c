"""What the formats share: whether a file is there as such, and JSON files that hold an object."""

from pathlib import Path
from typing import Any

from clados.checkpoints.errors import CheckpointError
from clados.files import read_json

POINTER = b"version https://git-lfs"


def check_is_data(file: Path) -> None:
    """Refuse a file that is absent, or the pointer that Git LFS leaves where a download was not finished.

    Raises:
        CheckpointError: for these.
    """
    try:
        with file.open("rb") as opened:
            begins = opened.read(len(POINTER))
    except OSError as error:
        raise CheckpointError(f"{file}: {(error.strerror or str(error)).lower()}") from error
    if begins == POINTER:
        raise CheckpointError(f"{file}: a pointer of Git LFS, not the file itself; `git lfs pull` brings it")


def read_object(file: Path) -> dict[str, Any]:
    """A JSON file that holds an object.

    Raises:
        CheckpointError: it is absent or holds something else.
    """
    found = read_json(file, CheckpointError)
    if not isinstance(found, dict):
        raise CheckpointError(f"{file}: it holds a {type(found).__name__}, not an object")
    return found

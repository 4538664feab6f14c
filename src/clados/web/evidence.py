"""What `clados verify` has kept of its proofs: beside the package in a wheel, in ``docs`` in a clone."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clados import models
from clados.files import JsonObject

_PACKAGE = Path(models.__file__).parents[1]
_FOLDERS = (_PACKAGE / "verification", _PACKAGE.parents[1] / "docs" / "verification")


@dataclass(frozen=True)
class KeptProof:
    """A proof as it was last run: whether it held, what it saw, when, and with which versions."""

    name: str
    status: str
    evidence: str
    day: str
    versions: str


def kept_proofs(card: str) -> list[KeptProof]:
    """The proofs of a model; none where none was kept."""
    return [*_read(card)]


def _read(card: str) -> Iterator[KeptProof]:
    file = next((folder / f"{card}.json" for folder in _FOLDERS if (folder / f"{card}.json").is_file()), None)
    if file is not None:
        proofs = JsonObject.read(file)
        for name in (*proofs.keys(),):
            row = proofs.inside(name)
            yield KeptProof(name, *(row.take(word, str, "") for word in ("status", "evidence", "day", "versions")))

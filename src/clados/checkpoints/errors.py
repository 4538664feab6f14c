"""What can be wrong with a checkpoint, each in one line that names the file."""

from typing import TYPE_CHECKING

from clados.errors import CladosError, CladosWarning

if TYPE_CHECKING:
    from clados.checkpoints.report import Report


class CheckpointError(CladosError):
    """Files that cannot be read or written, or whose tensors do not fit their own config; then ``report`` tells all."""

    def __init__(self, message: str, report: "Report | None" = None) -> None:
        super().__init__(printable(message))
        self.report = report


def printable(text: str) -> str:
    """A text of one line, characters that no terminal should get as their escapes: names in files may hold any."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class OwnNames(CladosWarning):
    """A model was written under Clados's own names, since no layout of others' files holds it."""


class LayoutError(CheckpointError):
    """Files that are whole, but of a model that no declared layout describes."""

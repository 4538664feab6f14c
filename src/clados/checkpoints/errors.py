"""What can be wrong with a checkpoint, each in one line that names the file."""

from typing import TYPE_CHECKING

from clados.errors import CladosError

if TYPE_CHECKING:
    from clados.checkpoints.report import Report


class CheckpointError(CladosError):
    """Files that cannot be read or written, or whose tensors do not fit their own config; then ``report`` tells all."""

    def __init__(self, message: str, report: "Report | None" = None) -> None:
        super().__init__(message)
        self.report = report


class LayoutError(CheckpointError):
    """Files that are whole, but of a model that no declared layout describes."""

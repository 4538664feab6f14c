"""Weights and configs of models on disk: read from and written to the layouts that others use."""

from clados.checkpoints.errors import CheckpointError, LayoutError
from clados.checkpoints.load import from_pretrained, reading
from clados.checkpoints.report import Report
from clados.checkpoints.save import save_pretrained, save_single_file
from clados.nn.kinds.model import WholeModel

__all__ = [
    "CheckpointError",
    "LayoutError",
    "Report",
    "from_pretrained",
    "reading",
    "save_pretrained",
    "save_single_file",
]

WholeModel.save_pretrained = save_pretrained

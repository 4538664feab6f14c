"""DO: training. ``fit`` runs a stage on any source; ``pretrain`` goes from a card to a trained small model."""

from clados.train.learns import Learned, learns
from clados.train.loop import Result, Run, Trainer, fit
from clados.train.pretrain import Choices, Plan, planned, pretrain

__all__ = [
    "Choices",
    "Learned",
    "Plan",
    "Result",
    "Run",
    "Trainer",
    "fit",
    "learns",
    "planned",
    "pretrain",
]

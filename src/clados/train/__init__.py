"""DO: training. ``fit`` runs a stage on any source; ``pretrain`` goes from a card to a trained small model."""

from clados.train.learns import ShortRun, learns
from clados.train.loop import Result, Trainer, fit
from clados.train.pretrain import Choices, Plan, planned, pretrain
from clados.train.unit import Run, SupervisedUnit, Unit

__all__ = [
    "Choices",
    "ShortRun",
    "Plan",
    "Result",
    "Run",
    "SupervisedUnit",
    "Trainer",
    "Unit",
    "fit",
    "learns",
    "planned",
    "pretrain",
]

"""DO: what a model learns. ``task(objective)`` gives what training by it takes, from rows to measure."""

from clados.objectives.base import Batch, Loss, LossTerm, Setting, VocabIds
from clados.objectives.measures import Measure, Sample
from clados.objectives.memory import Memory
from clados.objectives.owned import Frozen, Owned
from clados.objectives.routing import training_loss
from clados.objectives.tasks import Listed, Small, Source, SourceConfig, Task, measure, runs, task

__all__ = [
    "Batch",
    "Frozen",
    "Listed",
    "Loss",
    "LossTerm",
    "Measure",
    "Memory",
    "Owned",
    "Sample",
    "Setting",
    "Small",
    "Source",
    "SourceConfig",
    "Task",
    "VocabIds",
    "measure",
    "runs",
    "task",
    "training_loss",
]  # fmt: skip

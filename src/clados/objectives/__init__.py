"""DO: what a model learns. ``task(objective)`` gives what training by it takes, from rows to measure."""

from clados.objectives.base import Batch, Loss, LossTerm, Setting, VocabIds
from clados.objectives.measure import Measure, Sample, measure
from clados.objectives.routing import training_loss
from clados.objectives.task import Listed, Small, Source, SourceConfig, Task, runs, task

__all__ = [
    "Batch", "Listed", "Loss", "LossTerm", "Measure", "Sample", "Setting", "Small", "Source", "SourceConfig", "Task",
    "VocabIds", "training_loss", "measure", "runs", "task",
]  # fmt: skip

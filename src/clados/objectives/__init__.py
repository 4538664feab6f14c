"""DO: what a model learns. ``prepare(objective, examples, random, setting)`` and ``loss(objective, model, batch)``."""

from clados.objectives import actions, images, pairs, text  # noqa: F401  (they register themselves)
from clados.objectives.base import Batch, Loss, Part, Setting, Words, loss, measured, prepare, runs
from clados.objectives.routing import learned

__all__ = ["Batch", "Loss", "Part", "Setting", "Words", "learned", "loss", "measured", "prepare", "runs"]

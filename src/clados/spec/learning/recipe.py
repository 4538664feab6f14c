"""Recipes: stages in order, with the paper's numbers."""

from clados.spec.core.part import Part
from clados.spec.core.ranges import BelowOne
from clados.spec.heads.base import Head
from clados.spec.learning.objectives.base import Objective
from clados.spec.learning.optimisers import Optimiser
from clados.spec.learning.schedules import Schedule


class Stage(Part, kw_only=True):
    """One run of the trainer, with the paper's numbers; ``None`` where the paper gives none."""

    name: str
    objective: Objective
    data: str  # what the paper trained on, in a few words
    optimiser: Optimiser
    schedule: Schedule
    batch: int | None = None  # sequences, or examples
    length: int | None = None  # tokens of a sequence
    steps: int | None = None
    clip: float | None = None  # of the gradient's norm
    average: BelowOne | None = (
        None  # decay at each update of the average of weights that is kept; None: the last weights
    )
    exponent: float | None = None  # a language is drawn by its share of the data to this power
    head: Head | None = None  # put in place of the model's own


class Recipe(Part):
    """Stages in order."""

    stages: tuple[Stage, ...]

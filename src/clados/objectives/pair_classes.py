"""Classes of two texts that are read together, or a number (Devlin et al. 2019, §4.1)."""

from typing import Any, ClassVar

from clados import spec as s
from clados.data.examples import ComparedTexts
from clados.objectives.text_classes import TextClassesTask


class PairClassesTask(TextClassesTask, objective=s.PairClasses):
    """Pairs of texts and their classes; of a pair that is too long the longer text loses its end."""

    reads: ClassVar[type[Any]] = ComparedTexts

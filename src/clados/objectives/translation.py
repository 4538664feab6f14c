"""A text and its translation (Vaswani et al. 2017, §5.4)."""

from typing import Self

from clados import spec as s
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Loss
from clados.objectives.pairs import PairTask
from clados.objectives.tasks import Small
from clados.objectives.text import lm_loss


class TranslationTask(PairTask[s.Translation], objective=s.Translation):
    """The tokens of the target, given the source."""

    small = Small(params="600K", steps=350, batch=32)
    longer = Small(steps=1500, batch=32)

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        """Smoothed (Szegedy et al. 2016, §7, cited there): the label keeps 1 - e + e / V, the rest e / V."""
        return Loss({"lm": lm_loss(model, model.states(**batch.inputs), batch, self.objective.smoothing)})

    @property
    def held_out(self) -> Self:
        """Without smoothing."""
        return type(self)(self.objective.but(smoothing=0.0))

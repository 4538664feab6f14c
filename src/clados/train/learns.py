"""Does it learn? A short run, measured on held-out data against what needs no model."""

import time
from dataclasses import dataclass, field

from clados.objectives import task
from clados.reports.log import Entry
from clados.train.choices import Choices
from clados.train.log import Show
from clados.train.loop import Trainer
from clados.train.plan import Plan, initial_model
from clados.train.pretrain import ready_plan

TARGETS = 20_000  # that are measured, at least, where the held-out data have as many


@dataclass(frozen=True)
class ShortRun:
    """What a short run came to.

    Attributes:
        start, end: the loss on held-out data before and after; of text, the mean over its tokens alone, marks aside.
        baseline: the same of guesses without a model, ``loss`` being the one to beat.
        targets: how many predictions the losses are means of.
        measures: all that was measured at the end.
        trainer: with the trained model and the plan's sources.
    """

    card: str
    start: float
    end: float
    baseline: dict[str, float]
    targets: int
    seconds: float
    measures: dict[str, float]
    entries: list[Entry]
    trainer: Trainer = field(repr=False)
    plan: Plan = field(repr=False)

    @property
    def margin(self) -> float:
        """How far the end is below the baseline."""
        return self.baseline["loss"] - self.end


def learns(choices: Choices, *, targets: int | None = None, show: Show | None = None) -> ShortRun:
    """Train as ``choices`` say, writing nothing, and measure before and after.

    With ``Choices(shuffled=True)`` as a control that must not succeed.

    Raises:
        CladosError: as ``planned``.
    """
    plan = ready_plan(choices, show)
    return measured_run(plan, plan.trainer(initial_model(plan), show=show), targets)


def measured_run(plan: Plan, trainer: Trainer, targets: int | None = None) -> ShortRun:
    """Run a plan's trainer and measure before and after, on as many targets as the task asks for."""
    began = time.perf_counter()
    one, baseline = task(plan.stage.objective), plan.baseline()
    targets = targets or one.targets or TARGETS
    trainer.unit.text_only = True
    with trainer.evaluating():
        first = trainer.unit.evaluate(trainer.devices, targets)
    result = trainer.fit()
    with trainer.evaluating():
        last = trainer.unit.evaluate(trainer.devices, targets)
    return ShortRun(
        card=plan.card,
        start=one.main_loss(first),
        end=one.main_loss(last),
        baseline=baseline,
        targets=int(last["targets"]),
        seconds=time.perf_counter() - began,
        measures=last,
        entries=result.entries,
        trainer=trainer,
        plan=plan,
    )

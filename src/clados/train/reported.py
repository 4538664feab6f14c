"""The report that a run leaves in its folder: what its model makes is asked here, the page is drawn of files alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from clados import spec as s
from clados.apply.ready import Ready, load
from clados.data.examples import Captioned, Episode, Labelled, PointSample, Protein
from clados.data.packing import generator
from clados.errors import CladosError
from clados.files import model_found
from clados.objectives import Setting, Source, Task, task
from clados.objectives.rollouts import RolloutTask
from clados.playground.kept import guess_of, kept_samples
from clados.playground.trials import precise
from clados.reports.run import KEPT_SAMPLES, LOG, REPORT, write_report, write_samples
from clados.reports.samples import KeptSample
from clados.train.log import Show
from clados.train.supervised import HELD_OUT

LARGEST_TRIED = 400_000_000  # bytes of weights: what is larger is asked nothing when its run is over
TEXTS, EXAMPLES = 2, 6  # of what is held out whose guesses are shown: texts, and all else
COUNTED_EXAMPLES: dict[type[Any], str] = {  # as what they are counted; else in tokens
    Labelled: "images",
    Captioned: "images",
    Episode: "windows",
    Protein: "proteins",
    PointSample: "point clouds",
}


class Planned(Protocol):
    """A run that is decided, as far as its examples are concerned."""

    @property
    def stage(self) -> s.Stage: ...
    @property
    def setting(self) -> Setting: ...
    @property
    def held_out(self) -> Source: ...


def run_units(one: Task[Any, Any]) -> dict[str, str]:
    """What the loss of a run is a mean of, and what is counted of how fast it learns."""
    counted = "prompts" if isinstance(one, RolloutTask) else COUNTED_EXAMPLES.get(one.reads, "tokens")
    return {"loss": one.objective.loss_unit, "examples": counted}


@contextmanager
def reporting(
    folder: Path, plan: Planned, show: Show, *, writes: bool = True, so_far: Callable[[], Ready] | None = None
) -> Iterator[None]:
    """Leave a report of the run that goes on meanwhile; where it fails, of its curves so far.

    Args:
        writes: whether this is the process that does.
        so_far: gives the model that has come of a run which was stopped, where its folder has none yet.
    """
    log = folder / LOG
    before = log.stat().st_mtime_ns if log.exists() else 0
    try:
        yield
    except CladosError:
        if writes and log.exists() and log.stat().st_mtime_ns != before:
            leave_report(folder, None, show)
        raise
    if writes:
        leave_report(folder, plan, show, so_far)


def leave_report(folder: Path, plan: Planned | None, show: Show, so_far: Callable[[], Ready] | None = None) -> None:
    """Ask the model that has come of a run, or has come of it so far, and draw the run's page.

    Whatever fails is told, and the run is as it was; where the model cannot be asked, the page has its curves.

    Args:
        plan: of the run; None: nothing is asked.
        so_far: as for ``reporting``.
    """
    with spared(f"{folder / KEPT_SAMPLES} is not written", show):
        if plan and (ready := _asked(folder, so_far)):
            write_samples(folder, samples_of_run(ready, folder, plan, show))
    with spared(f"{folder / REPORT} is not written", show):
        write_report(folder)


def _asked(folder: Path, so_far: Callable[[], Ready] | None) -> Ready | None:
    """The model of a run that is asked; None where there is none, and where it is too large."""
    if made := model_found(folder):
        small = sum(each.stat().st_size for each in made.glob("*.safetensors")) <= LARGEST_TRIED
        return precise(load(made)) if small else None
    if so_far is None:
        return None
    ready = so_far()
    small = sum(each.numel() * each.element_size() for each in ready.model.parameters()) <= LARGEST_TRIED
    return precise(ready) if small else None


@contextmanager
def spared(what: str, show: Show) -> Iterator[None]:
    """Whatever fails while a report is drawn is told: a run is worth more than its picture.

    Args:
        what: fails then, in a few words.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 (as the docstring says)
        show.note(f"{what}: {error}")


def samples_of_run(ready: Ready, folder: Path, plan: Planned, show: Show) -> list[KeptSample]:
    """What a model guesses of some of what was held out, and what it makes of a few usual questions.

    Where either fails, it is told, and what was made before is kept.
    """
    found: list[KeptSample] = []
    for what, some in (("guesses", _guesses(ready, plan)), ("usual questions", kept_samples(ready, str(folder)))):
        with spared(f"{folder / KEPT_SAMPLES} lacks {what}", show):
            for each in some:
                found.append(each)  # those before an error are kept
    return found


def _guesses(ready: Ready, plan: Planned) -> Iterator[KeptSample]:
    """Of examples that lie far apart, each prepared as it is for an evaluation."""
    one, number = task(plan.stage.objective).held_out, len(plan.held_out)
    most = TEXTS if plan.setting.model.reads(s.Tokens) else EXAMPLES
    for index in range(0, number, max(1, number // most))[:most]:
        row = plan.held_out.at(index)
        try:
            batch = one.prepare([row], [generator(HELD_OUT, index)], plan.setting).to(ready.device)
            found = guess_of(ready, one, batch, getattr(row, "image", None))
        except CladosError:  # some are learned from several examples at once, or beside a teacher
            return
        if found:
            yield found

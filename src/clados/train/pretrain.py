"""From a card to a trained small model, after what it starts from; what ``clados pretrain`` does."""

import warnings
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from clados.checkpoints import save_pretrained
from clados.checkpoints.errors import CheckpointError, OwnNames
from clados.checkpoints.formats.directory import SAFE
from clados.checkpoints.formats.few_bits import FEW_BITS
from clados.checkpoints.metadata import preprocessing, write_metadata
from clados.files import holds_model, write_json
from clados.names import cache_folder
from clados.reports.run import RUN
from clados.train import saved
from clados.train.choices import Choices
from clados.train.devices import world
from clados.train.log import Show
from clados.train.loop import CHECKPOINTS, Result, Trainer
from clados.train.plan import Plan, initial_model
from clados.train.planned import kept_folder, planned
from clados.train.reported import LARGEST_TRIED, reporting
from clados.train.run_folder import STAGES, holding, recorded_run, recorded_values
from clados.train.start import start

SO_FAR = "model"  # the folder of a checkpoint that has the model as it was then


def pretrain(
    choices: Choices,
    out: Path,
    *,
    resume: bool = False,
    show: Show | None = None,
    stop: Callable[[], bool] = bool,
    plan: Plan | None = None,
) -> Result:
    """Train a small model of a card and write it as a directory that ``clados`` and transformers read.

    ``out`` gets the model and its tokenizer, run.json (the run as resolved), log.jsonl, report.html and checkpoints/,
    where each on the way has the model as it is then, to be tried.

    Args:
        resume: go on from the last checkpoint in ``out``; from the start where the run ended before its first. The
            choices must be the same, but for ``steps``, which may have grown.
        plan: what ``planned(choices)`` gave, when it is at hand.
        stop: asked after each step; when it says so, the run is saved and ends.

    Raises:
        CladosError: for what is wrong with choices or data, before anything is written; when ``out`` holds a run
            already and this is not its resumption, or another process trains in it.
        OSError: ``out`` cannot be written to.
    """
    if resume:
        recorded_run(out)
    else:
        choices.refuse_unread()
    with holding(out, resume=resume) if world().first else nullcontext():
        plan = plan or planned(choices)
        if plan.before or plan.teaching:
            if world().first and not resume:
                write_json(out / RUN, plan.json())
            made = with_start(choices, out, show, stop, plan=plan)
            if isinstance(made, Result):
                return made
            plan = made
            if world().first and resume and not saved.checkpoints(out / CHECKPOINTS):
                write_json(out / RUN, plan.json())  # before, it was planned without what it starts from
        trainer = plan.trainer(initial_model(plan), out, show)
        trainer.kept = partial(_write_so_far, trainer, plan)
        with reporting(out, plan, trainer.show, writes=trainer.world.first):
            result = carry_out(trainer, out, plan.json(), resume=resume, stop=stop)
            trained = trainer.trained() if result.finished else None
            if trained is not None and trainer.world.first:
                save_pretrained(trained, out, tokenizer=plan.tokenizer, also=partial(_write_facts, plan))
                if (out / FEW_BITS).exists():
                    mb, whole = ((out / name).stat().st_size / 1e6 for name in (FEW_BITS, SAFE))
                    trainer.show.note(f"{FEW_BITS} weighs {mb:.2f} MB, {SAFE} {whole:.2f} MB")
        trainer.world.wait()
    return result


def _write_facts(plan: Plan, folder: Path) -> None:
    """What else a model's directory says of it."""
    write_metadata(folder, labels=plan.facts.classes, images=preprocessing(plan.model))


def _write_so_far(trainer: Trainer, plan: Plan, checkpoint: Path) -> None:
    """Write the model as it is at a checkpoint beside its tensors, if it is not large."""
    unit = trainer.unit
    if sum(each.numel() * each.element_size() for each in unit.model.parameters()) > LARGEST_TRIED:
        return

    def also(folder: Path) -> None:
        _write_facts(plan, folder)
        write_json(folder / RUN, plan.json())

    trained = unit.trained(unit.model.state_dict())  # a copy: what the objective owns goes with it
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OwnNames)  # it is said at the end
            save_pretrained(trained, checkpoint / SO_FAR, tokenizer=plan.tokenizer, also=also)
    except CheckpointError as error:
        trainer.show.note(str(error))


def carry_out(
    trainer: Trainer, out: Path, content: Mapping[str, Any], *, resume: bool, stop: Callable[[], bool]
) -> Result:
    """Train in a folder that is held, from the last checkpoint there where a run is resumed.

    Args:
        content: of run.json.
    """
    trainer.stop = stop
    trainer.begin = lambda: write_json(out / RUN, content)
    begun = bool(saved.checkpoints(out / CHECKPOINTS))
    if resume and not begun:
        trainer.continues({**trainer.notes, **recorded_values(out)}, str(out / RUN))
    return trainer.fit(resume=begun)


def with_start(
    choices: Choices,
    out: Path | None = None,
    show: Show | None = None,
    stop: Callable[[], bool] = bool,
    *,
    plan: Plan | None = None,
) -> Plan | Result:
    """The plan of a run, with what it starts from, and its teacher, trained where these were not there.

    They are kept for the next, an earlier stage of its own below ``out``. Gives the result of a run on the way instead,
    where that was stopped.

    Args:
        plan: what ``planned(choices)`` gave, when it is at hand.

    Raises:
        CladosError: as ``pretrain``.
    """
    show, plan = show or Show(), plan or planned(choices)
    if plan.teaching and plan.taught:
        wanted, folder = plan.teaching.choices, plan.taught.folder
        show.note(f"{choices.model} learns from {wanted.model}, which is trained small first and kept in {folder}")
        resume = (folder / RUN).exists()
        result = pretrain(wanted, folder, resume=resume, show=show, stop=stop, plan=plan.teaching)
        if not result.finished:
            return result
        plan = planned(choices)
    choices = plan.choices
    if plan.before is None:
        return plan
    before, stage = plan.before.choices, plan.published
    folder = folder_before(choices, before, out)
    if before.model != choices.model:
        show.note(f"{choices.model} starts from {before.model}, which is trained small first and kept in {folder}")
    else:
        show.note(f"{choices.model}: stage '{before.stage}' comes before '{stage.name}'")
    if not world().agreed(holds_model(folder)):
        result = pretrain(before, folder, resume=(folder / RUN).exists(), show=show, stop=stop)
        if not result.finished:
            return result
    return planned(choices, start(folder, choices.declaration, stage, plan.facts))


def folder_before(choices: Choices, before: Choices, out: Path | None = None) -> Path:
    """Where that is kept which is trained first: another card's model for all, a run's own earlier stage below it."""
    kept = kept_folder(before)
    if before.model != choices.model:
        return kept
    return (out or cache_folder() / "stages" / kept.name) / STAGES / str(before.stage)


def ready_plan(choices: Choices, show: Show | None = None) -> Plan:
    """The plan of a run whose start is there: trained and kept where it was not.

    Raises:
        CladosError: as ``planned``.
    """
    plan = with_start(choices, show=show)
    assert isinstance(plan, Plan)
    return plan

"""From choices to a plan: data, tokenizer, model and run, and what each stage of a recipe starts from."""

import hashlib
import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from clados import spec as s
from clados.errors import InputError
from clados.files import holds_model
from clados.models.declared import declared
from clados.names import cache_folder
from clados.nn.make import build
from clados.objectives import Setting, SourceConfig, VocabIds, task
from clados.objectives.rollouts import RolloutTask
from clados.small import small_model
from clados.spec.core.declaration import dropping
from clados.train.chain import why_not
from clados.train.choices import Choices
from clados.train.devices import world
from clados.train.fitting import Facts, FitContext, facts_of, headed, sized, tokenizer_for
from clados.train.judging import critic_of, judges_of, pretraining_text
from clados.train.optimisers import peak_lr, published_lr
from clados.train.plan import Plan
from clados.train.scaled import (
    numbered,
    rate_model,
    recipe_size,
    scaled_batch,
    scaled_length,
    scaled_stage,
    scaled_steps,
)
from clados.train.sources import run_data
from clados.train.start import Start, grown, start, tuned
from clados.train.teacher import check_teacher, student, teacher_of
from clados.train.unit import Run
from clados.version import __version__

CARRIED_CHOICES = ("steps", "minutes", "batch", "micro", "start", "sharded", "skip_bad")  # to earlier stages
MANY_LANGUAGES = "languages"  # the embedded set of models that draw languages
BEST_EVALUATIONS = 10  # of a run whose best weights are kept
TRIED = 3  # steps that are timed to know how many fit into some minutes


def planned(choices: Choices, begun: Start | None = None) -> Plan:
    """Read the data, train the tokenizer, size the model and settle the run. Writes nothing.

    What a tuned model starts from, and the teacher of a student, is planned only where it is not there yet;
    ``with_start`` trains it.

    Args:
        begun: what it starts from, when it is at hand.

    Raises:
        CladosError: for an unknown model, size or set, data that cannot be read or are of the wrong kind, a budget that
            cannot be met.
    """
    declaration, size, chain = choices.declaration, choices.size, choices.chain
    recipe, paper, stage = declaration.recipe_at(size), declaration.at(size), chain[-1]
    one = task(stage.objective)
    if refusal := one.refusal(headed(paper, stage)):
        raise InputError(f"{choices.card_id} cannot learn so: {refusal}")
    choices, taught, teaching = _teacher(choices, paper)
    before = None
    usual = None if stage.exponent is None else MANY_LANGUAGES
    data = run_data(one, choices.data or usual, choices.mix, skip_bad=choices.skip_bad)
    data.say_unmarked(one)
    kept, held = data.kept, data.held
    trained_as = size or recipe_size(declaration, stage, choices.params, kept)
    stage = numbered(stage, declaration, trained_as)
    length, facts = choices.length or scaled_length(stage, one), facts_of(kept, held)
    judges = judges_of(one, choices.reward)
    if taught:
        length = choices.length or min(length, taught.most or length)
        taught.fits(length)
    facts = replace(facts, scales=one.scaled(facts.scales, kept, headed(paper, stage)))
    if begun is None:
        begun, before = _planned_start(choices, length, facts)
    if begun:
        length = choices.length or (0 if isinstance(stage, s.Tuning) else begun.length) or length
        length = min(length, begun.most or length) if choices.length is None else length
        begun.fits(length)
        tokenizer, facts, model = begun.tokenizer, begun.facts, begun.model
        if taught and (tokenizer is None or taught.tokenizer is None or tokenizer.key != taught.tokenizer.key):
            raise InputError(f"{taught.folder}: the teacher's vocabulary is another than that of {begun.folder}")
        if isinstance(stage, s.Tuning):
            tokenizer = tokenizer and grown(tokenizer, paper.vocab, one.marks(kept), one.end)
            model = tuned(paper, stage, begun, tokenizer, kept)
    elif taught and one.teacher_differs:
        tokenizer = taught.tokenizer
        share = length / stage.length if stage.length else 1.0
        context = FitContext(kept, tokenizer, length, facts, share)
        model = one.beside(sized(declaration, size, choices.params, stage, context), taught.model)
    elif taught:
        tokenizer = taught.tokenizer
        model = student(headed(paper, stage), one.teacher, taught, FitContext(kept, tokenizer, length, facts))
    else:
        tokenizer = tokenizer_for(declaration.model, kept, choices.vocab, one.marks(kept))
        share = length / stage.length if stage.length else 1.0
        model = sized(declaration, size, choices.params, stage, FitContext(kept, tokenizer, length, facts, share))
    if choices.dropout is not None:
        model = dropping(model, choices.dropout)
    published = stage
    suited = task(one.suited(model, paper)).suggested(kept)
    stage = scaled_stage(stage.but(objective=suited), paper, model)
    cache = None if choices.cache is None else Path(choices.cache)
    config = SourceConfig(
        length, choices.seed, tokenizer, facts.scales, choices.shuffled, model.writes, cache, model=model
    )
    train, held_out = data.sources(task(stage.objective), config, stage.exponent)
    if begun and begun.module and begun.objective:
        model = task(begun.objective).handed_on(model, begun.module, train)
    if tokenizer:
        tokenizer.chat_template = one.chat_template(tokenizer, model.writes)
    run = Run(
        steps=choices.steps or 1,
        batch=choices.batch or scaled_batch(stage, one),
        micro=choices.micro,
        lr=choices.lr or peak_lr(stage, rate_model(choices.card_id, stage, declaration.at(trained_as)), model),
        seed=choices.seed,
        dtype=choices.dtype,
        sharded=choices.sharded,
        best=isinstance(one, RolloutTask) and one.judged,
    )
    teacher: Any = taught and (taught.module or build(taught.model, device="meta"))
    setting = Setting(model, length, VocabIds.of(tokenizer) if tokenizer else None, teacher)
    plan = Plan(
        choices=choices,
        card=choices.model,
        published=published,
        published_lr=published_lr(published, declaration.at(trained_as)),
        published_size=trained_as,
        stage=stage,
        model=model,
        run=run,
        setting=setting,
        tokenizer=tokenizer,
        facts=facts,
        train=train,
        held_out=held_out,
        data=data,
        start=begun,
        taught=taught,
        judges=judges,
        critic=critic_of(stage.objective, choices.reward, tokenizer),
        text=pretraining_text(stage.objective, config),
        before=before,
        teaching=teaching,
        not_run=tuple(f"stage '{each.name}' {reason}" for each in recipe.stages if (reason := why_not(recipe, each))),
        stages=len(chain),
    )
    if begun:
        begun.reads(plan.batch())
    return replace(plan, run=_paced(run, choices.steps or _steps(plan)))


def _paced(run: Run, steps: int) -> Run:
    """Four evaluations on the way, nine where the best weights are kept; a checkpoint every tenth of the run."""
    parts = BEST_EVALUATIONS if run.best else 5
    return replace(run, steps=steps, every=max(1, -(-steps // parts)), save_every=max(10, steps // 10), held_out=64)


def _steps(plan: Plan) -> int:
    """How many steps fit into the minutes, by timing a few on a model that is thrown away."""
    if plan.choices.minutes is None:
        return scaled_steps(plan.stage)
    setting = plan.setting
    if plan.taught and plan.teaching:  # so long as it is not trained, any weights take its time
        setting = replace(setting, teacher=build(plan.taught.model))
    trial = replace(plan, run=replace(plan.run, steps=TRIED + 1), setting=setting).trainer(build(plan.model))
    trial.model.train()
    trial.step(0)
    began = time.perf_counter()
    for each in range(1, TRIED + 1):
        trial.step(each)
    seconds = trial.world.summed([(time.perf_counter() - began) / TRIED / trial.world.size])[0]
    return max(plan.choices.least, int(60 * plan.choices.minutes / plan.stages / seconds))


# ---------------------------------------------------------------- what a student learns from


def _teacher(choices: Choices, pupil: s.Model) -> tuple[Choices, Start | None, Plan | None]:
    """The choices with their teacher, if any, and what it is; its plan where it is neither named nor kept."""
    one = task(choices.chain[-1].objective)
    if not one.teacher or choices.teacher is not None:
        return choices, teacher_of(one, choices.teacher, pupil), None
    wanted = _teacher_choices(choices)
    folder = kept_folder(wanted)
    if world().agreed(holds_model(folder)):
        choices = choices.taught_by(str(folder))
        return choices, teacher_of(one, choices.teacher, pupil), None
    plan = _sketch(wanted)
    found = Start(folder, plan.model, None, plan.tokenizer, Facts(), 0, "")
    check_teacher(one, found, pupil)
    return choices, found, plan


def _teacher_choices(choices: Choices) -> Choices:
    """The choices of the small model that teaches a student."""
    one = task(choices.chain[-1].objective)
    named = one.teacher if ":" in choices.model and not one.teaches else one.teacher.partition(":")[0]
    same: dict[str, Any] = {name: getattr(choices, name) for name in ("params", "vocab", "length", "dtype")}
    return Choices(model=named, objective=one.teaches or None, **same)


# ---------------------------------------------------------------- what a tuned model starts from


def _planned_start(choices: Choices, length: int, facts: Facts) -> tuple[Start | None, Plan | None]:
    """What the last stage of a chain starts from: what is there, or else its plan too."""
    before, stage = _before(choices, length), choices.chain[-1]
    if isinstance(before, Path):
        return start(before, choices.declaration, stage, facts), None
    if before is None:
        return None, None
    folder = kept_folder(before) if before.model != choices.model else Path(f"stage '{before.stage}'")
    if holds_model(folder):
        return start(folder, choices.declaration, stage, facts), None
    plan = _sketch(before)
    return Start(folder, plan.model, None, plan.tokenizer, plan.facts, plan.setting.length, ""), plan


@lru_cache(4)
def _sketch(choices: Choices) -> Plan:
    return planned(choices)


def _before(choices: Choices, length: int) -> Path | Choices | None:
    """What the last stage of a chain starts from: a directory that is named, or the choices of the run before it."""
    *earlier, stage = choices.chain
    if choices.start is not None and (not earlier or choices.stage is not None):
        return Path(choices.start)
    if not isinstance(stage, s.Tuning) or task(stage.objective).teacher:  # a student starts from its teacher
        return None
    longest = length if isinstance(_position(declared(choices.card_id).model), s.Learned) else None
    usual = Choices(model=choices.model, seed=choices.seed, dtype=choices.dtype)
    own: dict[str, Any] = {"params": choices.params, "vocab": choices.vocab, "length": longest}
    if earlier:
        how: dict[str, Any] = {name: getattr(choices, name) for name in CARRIED_CHOICES}
        if task(earlier[-1].objective).reads is task(stage.objective).reads:
            how |= {"data": choices.data, "mix": choices.mix}
        return replace(usual, **how, **own | {"length": choices.length or longest}, stage=earlier[-1].name)
    card, _, size = stage.start.partition(":")
    if shipped := _shipped(choices, card):
        return shipped
    named = stage.start if ":" in choices.model else card
    return replace(usual, **own, model=named if size else card, seed=0)


def first_run(choices: Choices) -> Choices | None:
    """The run of what the last stage of a chain starts from, or of its teacher; None where these are directories."""
    stage = choices.chain[-1]
    one = task(stage.objective)
    if one.teacher and choices.teacher is None:
        return _teacher_choices(choices)
    before = _before(choices, choices.length or scaled_length(stage, one))
    return before if isinstance(before, Choices) else None


def check_start(choices: Choices) -> None:
    """Plan what a run starts from, where that would be trained first.

    Raises:
        CladosError: as ``planned``, of what it starts from.
    """
    stage = choices.chain[-1]
    before = _before(choices, choices.length or scaled_length(stage, task(stage.objective)))
    if isinstance(before, Choices):
        _sketch(before)


def _shipped(choices: Choices, card: str) -> Path | None:
    """The small model of a card that the package brings along, where nothing that is chosen is another in it."""
    ships = small_model(card)
    free = choices.params is None and choices.vocab == Choices.vocab and choices.size is None
    return ships.folder if ships and free and (choices.length or 0) <= ships.length else None


def _position(model: s.Model) -> s.Position | None:
    text = model.reads(s.Tokens)
    return text.position if text else None


def kept_folder(choices: Choices) -> Path:
    """Where the small model of some choices is kept for those that start from it, by all that it is made from."""
    made_from = (__version__, repr(declared(choices.card_id)), repr(choices))
    name = hashlib.sha256("\n".join(made_from).encode()).hexdigest()[:12]
    return cache_folder() / "small" / f"{choices.model.replace(':', '-')}-{name}"

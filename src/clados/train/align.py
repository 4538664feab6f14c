"""The later stages of a recipe one after the other, each from what came before it; what ``clados align`` does."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clados import spec as s
from clados.catalog.lineage import ancestors
from clados.catalog.load import catalog
from clados.data.errors import BadLines, DataError
from clados.data.readers import read
from clados.data.templates import on_one_line, without_template
from clados.errors import InputError
from clados.files import holds_model, write_text
from clados.models.declared import declared
from clados.names import did_you_mean
from clados.objectives import Task, runs, task
from clados.objectives.judges import judge_of
from clados.objectives.rollouts import RolloutTask
from clados.reports.run import REPORT, RUN
from clados.small import PREFIX, small_model
from clados.train.align_report import Walked, alignment_report, keep_answers
from clados.train.align_told import told_differs, trained_first
from clados.train.choices import Choices
from clados.train.devices import world
from clados.train.fitting import SMALL_PARAMS
from clados.train.judging import begins_as_judge
from clados.train.log import Show
from clados.train.planned import check_start, planned
from clados.train.pretrain import folder_before, pretrain
from clados.train.reinforced import FARTHEST
from clados.train.reported import spared
from clados.train.run_folder import check_options
from clados.train.scaled import scaled_batch, scaled_length, scaled_steps, small_rate, template_tokens
from clados.train.swapped import learning
from clados.train.walk import Walk

FURTHER_DATA = {"instructions": "conversations"}  # of a stage that goes on: what was asked once, in several turns
USUAL_START = "gpt-2"  # the small model that stands for a decoder of whose ancestors none comes along
GROUP = 8  # answers to a prompt where GRPO stands in the place of PPO; its paper's 64 take as many times longer
# times the rate where adapters learn from answers: DeepSpeed-Chat's reward rises by 0.8 deviations with it, and by 0.06
# without (seed 0)
ADAPTED_RATE = 20
SMALL_SIZE = s.Size(layers=2, d_model=128, heads=4)  # about that of what comes along


@dataclass(frozen=True)
class Leg:
    """One stage of a walk, decided.

    Attributes:
        stage: as the recipe has it; learned: its objective, or what stands in its place.
        start: a stage's name, a small model's id, a card, or the folder of a stage that was walked before.
        judges: likewise, and functions; none for a stage that learns without.
        without: why it is not trained; empty where it is.
        differs: in what it is not the paper's.
        data: the user's, where it reads them; else its embedded set.
        lengths: the lines of ``differs`` that say how long sequences are, whatever it starts from.
    """

    stage: s.Tuning
    learned: s.Objective
    start: str
    without: str
    differs: tuple[str, ...]
    judges: tuple[str, ...] = ()
    data: str | None = field(default=None, repr=False)
    lengths: tuple[str, ...] = field(default=(), repr=False)

    def json(self) -> dict[str, Any]:
        """As plain data."""
        said = {"stage": self.stage.name, "objective": repr(self.learned), "start": self.start}
        return {
            **said,
            "judges": [*self.judges],
            "data": self.stage.data,
            "not trained": self.without,
            "differs": [*self.differs],
        }


def legs(asked: Walk) -> list[Leg]:
    """The plan of a walk: each stage that starts from a trained model, after its start and judges. Trains nothing.

    Raises:
        InputError: a recipe without such stages, a stage that it has not, one that cannot be trained and was asked for
            by its name, a judge that is not there, and what was asked for and no stage would use.
        DataError: data of a stage that it cannot read.
        SpecError: a budget that cannot be met.
    """
    card, _, size = asked.model.partition(":")
    recipe = declared(card).recipe_at(size or None)
    later = [each for each in recipe.stages if isinstance(each, s.Tuning)]
    if not later:
        raise InputError(
            f"{card} has no stage that starts from a trained model: clados pretrain {asked.model} trains it"
        )
    names = [each.name for each in later]
    for name in (*asked.stages, *asked.own_data):
        if name not in names:
            raise InputError(
                f"{card} has no stage '{name}'{did_you_mean(name, names) or '; it has ' + ', '.join(names)}"
            )
    for name in () if asked.reward is None else asked.reward.split(","):
        judge_of(name.strip())
    if asked.start is not None and not (asked.start and Path(asked.start).is_dir()):
        raise InputError(f"start is '{asked.start}'; it must be the folder of an earlier walk")
    found: dict[str, Leg] = {}
    for stage in _in_order({each.name: each for each in later if not asked.stages or each.name in asked.stages}, later):
        found[stage.name] = _leg(asked, stage, found, recipe)
    if refused := [each for each in found.values() if each.without and each.stage.name in asked.stages]:
        raise InputError(f"{card}: stage '{refused[0].stage.name}' {refused[0].without}")
    _refuse_unused(asked, [*found.values()])
    return [*found.values()]


def _refuse_unused(asked: Walk, plan: Sequence[Leg]) -> None:
    """What was asked for and no stage of the plan would use, and a budget that cannot be met."""
    walked = [each for each in plan if not each.without]
    if not any(_swapped(asked, each.stage) for each in walked) and asked.method != "ppo":
        raise InputError(
            f"method is '{asked.method}', and no stage of {asked.model} that is walked learns from a judge"
        )
    if asked.reward is not None and not any(each.judges for each in walked):
        raise InputError(f"reward is '{asked.reward}', and no stage of {asked.model} that is walked has a judge")
    if asked.data is not None and not any(each.data == asked.data for each in walked):
        raise InputError(f"data is '{asked.data}', and no stage of {asked.model} that is walked learns from such")
    for name in asked.own_data:
        if name not in _names(walked):
            raise InputError(f"data is of stage '{name}', and {asked.model} is walked without it")
    if asked.start is not None:
        taken = {name for each in walked for name in (each.start, *each.judges)} - {*_names(plan)}
        if not any(Path(name).parent == Path(asked.start) for name in taken):
            raise InputError(f"start is '{asked.start}', and no stage of {asked.model} that is walked needs one of it")
    if asked.params is not None:
        first = [each for each in walked if each.start == each.stage.start and each.start not in _names(plan)]
        if not first and asked.start is not None:
            raise InputError(
                f"params is {asked.params}, and start is '{asked.start}': a model of an earlier walk has its own size"
            )
        if not first:
            raise InputError(f"params is {asked.params}, and no stage of {asked.model} needs a model that is new")
        for each in first:
            check_start(choices_of(asked, each, Path()))


def _names(plan: Sequence[Leg]) -> list[str]:
    return [each.stage.name for each in plan]


def _in_order(walked: dict[str, s.Tuning], later: Sequence[s.Tuning]) -> list[s.Tuning]:
    """The stages that are walked, each after what it starts from and its judges."""
    found = dict[str, s.Tuning]()

    def visit(stage: s.Tuning) -> None:
        for name in (stage.start, *_judging(stage, later)):
            if name in walked and name not in found:
                visit(walked[name])
        found[stage.name] = stage

    for each in walked.values():
        if each.name not in found:
            visit(each)
    return [*found.values()]


def _judging(stage: s.Tuning, later: Sequence[s.Stage]) -> tuple[str, ...]:
    """The stages that judge a stage's answers: those of the recipe, or where people judged its last reward model."""
    if stage.judges or not runs(stage.objective) or not task(stage.objective).judged:
        return stage.judges
    return tuple([each.name for each in later if runs(each.objective) and task(each.objective).judging][-1:])


def _leg(asked: Walk, stage: s.Tuning, before: dict[str, Leg], recipe: s.Recipe) -> Leg:
    learned, differs = stage.objective, list[str]()
    if not runs(learned):
        return Leg(stage, learned, "", f"learns by {type(learned).__name__}, which nothing runs yet", ())
    if swapped := _swapped(asked, stage):
        learned = learning(declared(asked.model.partition(":")[0]), swapped).recipe.stages[0].objective
        differs.append(f"learns by {without_template(learned)} in the place of {type(stage.objective).__name__}")
    one = task(learned)
    if asked.method == "dpo" and one.judging:
        return Leg(stage, learned, "", "judges answers, and dpo learns from their ranking itself", ())
    start, missing = _start(asked, stage, before, {each.name for each in recipe.stages})
    if missing:
        return Leg(stage, learned, start, missing, ())
    if start not in (stage.start, f"{PREFIX}{stage.start.partition(':')[0]}"):
        differs.append(f"starts from {start} in the place of {stage.start}")
    judges: tuple[str, ...] = ()
    if one.judged:
        judges, missing, other = _judges(asked, stage, before, recipe)
        if missing:
            return Leg(stage, learned, start, missing, ())
        differs += [*other, *_suited(asked, one)]
        if begins_as_judge(learned) and not any(each in before or Path(each).is_dir() for each in judges):
            differs.append("a head on the model foresees rewards, as no model judges that could begin a critic")
    pace = _pace(asked, stage, one)
    length = asked.length or scaled_length(stage, one)
    lengths = _unlike("length", length, stage.length)
    if asked.length is None and length > one.length:
        lengths.append(f"length {length}, as its template alone takes about {template_tokens(learned)} tokens")
    differs += [*_unlike("steps", pace["steps"], stage.steps), *_unlike("batch", pace["batch"], stage.batch), *lengths]
    if rate := pace["lr"]:
        published = getattr(stage.optimiser, "lr", 0.0)
        differs.append(f"rate {rate:g}, at which a small model moves in so few steps, published {published:g}")
    own = _data(asked, stage, one)
    data = own or _further_data(one, before.get(start))
    if isinstance(one, RolloutTask) and one.judged:
        differs.append(
            f"keeps the weights whose held-out answers are judged best, within {FARTHEST:g} nats of the start"
        )
    differs.append(f"learns from {own or f'the embedded set {data or one.data}'}")
    return Leg(stage, learned, start, "", tuple(differs), judges, data, tuple(lengths))


def _unlike(name: str, here: int | None, published: int | None) -> list[str]:
    """A line for a number that is another than the published one."""
    return [f"{name} {here:,}, published {published:,}"] if here and published and here != published else []


def _judges(
    asked: Walk, stage: s.Tuning, before: dict[str, Leg], recipe: s.Recipe
) -> tuple[tuple[str, ...], str, list[str]]:
    """Who judges a stage's answers, why nobody can, and in what they are not the paper's."""
    papers = _listed(stage.judges) or "people"
    if asked.reward is not None:
        return (
            tuple(map(str.strip, asked.reward.split(","))),
            "",
            [f"is judged by {asked.reward} in the place of {papers}"],
        )
    found = {name: _earlier(asked, name, before) for name in _judging(stage, recipe.stages)}
    able = {name: folder for name, (folder, missing) in found.items() if not missing}
    if not able:
        why = "; ".join(f"'{name}', which {missing}" for name, (_, missing) in found.items())
        return (), f"is judged by {why or papers}: name who judges here (--reward)", []
    other = [f"is judged by {_listed(able)} in the place of people"] if not stage.judges else []
    other += [f"is judged without '{name}', which {missing}" for name, (_, missing) in found.items() if missing]
    return tuple(able.values()), "", other


def _suited(asked: Walk, one: Task[Any, Any]) -> list[str]:
    """What of an objective's numbers is another for a small model."""
    paper = declared(asked.model.partition(":")[0]).model
    suited = s.part_fields(one.suited(paper.resized(SMALL_SIZE), paper))
    return [
        f"{name} {suited[name]}, " + ("not published" if value is None else f"published {value}")
        for name, value in s.part_fields(one.objective).items()
        if suited[name] != value
    ]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{each}'" for each in names)


def _earlier(asked: Walk, name: str, before: dict[str, Leg]) -> tuple[str, str]:
    """An earlier stage, walked here or before, and why it is not there."""
    if leg := before.get(name):
        return name, leg.without
    if asked.start is None:
        return "", "is not walked"
    folder = Path(asked.start) / name
    return str(folder), "" if holds_model(folder) else f"is not walked, and not in {asked.start}"


def _swapped(asked: Walk, stage: s.Tuning) -> str | None:
    """The objective in the place of the recipe's, as ``Choices.objective`` names it."""
    if asked.method == "ppo" or not runs(stage.objective) or not task(stage.objective).judged:
        return None
    samples = f"samples={GROUP}," if asked.method == "grpo" else ""
    return f"{asked.method}:{samples}template={getattr(stage.objective, 'template', s.Template())!r}"


def _start(asked: Walk, stage: s.Tuning, before: dict[str, Leg], own: set[str]) -> tuple[str, str]:
    """What a stage starts from, and why it cannot."""
    card = stage.start.partition(":")[0]
    if stage.start in own:
        if stage.start in before or asked.start is not None or asked.stages:
            start, missing = _earlier(asked, stage.start, before)
            other = "" if start else ": walk it too (--stages), or name the folder of an earlier walk (--start)"
            return start, f"starts from '{stage.start}', which {missing}{other}" if missing else ""
        card = asked.model.partition(":")[0]
    length = asked.length or template_tokens(stage.objective)
    as_named = asked.params or task(stage.objective).teacher  # a student begins with layers of its teacher
    return stage.start if as_named else _small_start(card, length) or stage.start, ""


def _small_start(card: str, length: int) -> str:
    """The small model of a card's kind that stands for it: itself, its nearest ancestor, or the usual decoder.

    It reads texts of so many tokens. One that translates writes another language than its descendants go on with.
    """
    kind, cards = type(declared(card).model), catalog()
    nearest = [card, *dict.fromkeys(edge.parent for edge in ancestors(cards, card)), USUAL_START]
    for each in nearest:
        small = small_model(each)
        if small and length <= small.length and type(declared(each).model) is kind and "translate" not in small.verbs:
            return f"{PREFIX}{each}"
    return ""


def _data(asked: Walk, stage: s.Tuning, one: Task[Any, Any]) -> str | None:
    """The user's data of a stage, or those of every stage where it reads such examples."""
    if (own := asked.own_data.get(stage.name)) is not None:
        try:
            one.learnable(read(own, BadLines(asked.skip_bad)))
        except DataError as error:
            raise DataError(f"data of stage '{stage.name}': {error}") from error
        return own
    if asked.data is None:
        return None
    examples = read(asked.data, BadLines(asked.skip_bad))
    try:
        one.learnable(examples)
    except DataError:
        return None
    return asked.data


def _further_data(one: Task[Any, Any], earlier: Leg | None) -> str | None:
    """The embedded set of a stage that starts from one which has learned what it would by the same objective."""
    learned_it = earlier and earlier.data is None and type(task(earlier.learned)) is type(one)
    return FURTHER_DATA.get(one.data) if learned_it else None


def _pace(asked: Walk, stage: s.Tuning, one: Task[Any, Any]) -> dict[str, Any]:
    """Steps of a stage; of what judges, or is judged, batch and rate too, else the paper's, brought to the size.

    Those have the numbers with which a small model is tried: the rates of papers, which move a large model little, move
    a small one not at all in so few steps, and a batch of one answer (ChatLLaMA's) shows it few.
    """
    if one.usual:
        return {"steps": asked.steps or scaled_steps(stage), "batch": scaled_batch(stage, one), "lr": None}
    steps = asked.steps or min(stage.steps or one.small.steps, one.small.steps)
    lr = small_rate(one.small, stage)
    if lr and isinstance(one, RolloutTask) and isinstance(stage.trains, s.LowRank):
        lr *= ADAPTED_RATE
    return {"steps": steps, "batch": one.small.batch or one.batch, "lr": lr}


def align(
    asked: Walk, out: Path, *, resume: bool = False, show: Show | None = None, stop: Callable[[], bool] = bool
) -> bool:
    """Walk through a recipe's later stages; each is a folder of ``out``, and report.html tells of all.

    Args:
        resume: go on with a walk in ``out``; what is finished stays.

    Returns:
        Whether it came to its end; not where it was stopped, after the run going on was saved.

    Raises:
        CladosError: as ``legs`` and ``pretrain``.
        InputError: no stage can be trained, there is no walk to go on with, or it has other options.
    """
    show, plan = show or Show(), legs(asked)
    able = [leg for leg in plan if not leg.without]
    if not able:
        raise InputError(
            f"{asked.model}: no stage can be trained here: "
            + "; ".join(f"'{each.stage.name}' {each.without}" for each in plan)
        )
    if resume and not walk_begun(out):
        raise InputError(f"{out}: there is no walk to resume")
    for leg in able if resume else ():
        check_options(out / leg.stage.name, choices_of(asked, leg, out))
    walked = list[Walked]()
    for leg in able:
        folder = out / leg.stage.name
        show.note(f"{asked.model}: stage '{leg.stage.name}' starts from {leg.start}")
        if not (resume and holds_model(folder)):
            begun = resume and (folder / RUN).exists()
            if not pretrain(choices_of(asked, leg, out), folder, resume=begun, show=show, stop=stop).finished:
                return False
        told, differs = _told(leg.learned), told_differs(leg, plan, asked.length)
        walked.append(Walked(leg.stage.name, leg.learned, told, leg.start, differs, _begun(asked, leg, out), folder))
        if world().first:
            with spared(f"{out / REPORT} is not written", show):
                keep_answers(walked[-1])
                write_text(out / REPORT, alignment_report(asked.model, walked, [each for each in plan if each.without]))
    return True


def first_trained(asked: Walk, plan: Sequence[Leg], out: Path) -> set[str]:
    """What stages start from that is trained before them, as it neither comes along nor is kept."""
    first = [each for each in plan if not each.without and each.start not in _names(plan)]
    return {leg.start for leg in first if trained_first(choices_of(asked, leg, out), out / leg.stage.name)}


def walk_begun(out: Path) -> bool:
    """Whether a walk has begun in a folder."""
    return any(out.glob(f"*/{RUN}"))


def _told(learned: s.Objective) -> str:
    """What a stage learns, for a reader."""
    template = on_one_line(learned)
    return f"{without_template(learned)}{template and f', which reads and writes {template}'}"


def begun_from(leg: Leg, out: Path) -> Path:
    """What a stage starts from: a stage's folder of this walk, or what is named."""
    return out / leg.start if (out / leg.start / RUN).exists() else Path(leg.start)


def _begun(asked: Walk, leg: Leg, out: Path) -> Path:
    """The folder of the model that a stage, which has run, began from: trained first where it was not there."""
    choices = choices_of(asked, leg, out)
    if choices.start is not None:
        return Path(choices.start)
    plan = planned(choices)
    if plan.before:
        return folder_before(choices, plan.before.choices, out / leg.stage.name)
    assert plan.start is not None  # a card's model, which is kept for all
    return plan.start.folder


def choices_of(asked: Walk, leg: Leg, out: Path) -> Choices:
    """The run of a stage, those before it being in ``out``."""
    start = begun_from(leg, out)
    judges = [str(out / each) if (out / each / RUN).exists() else each for each in leg.judges]
    one, swapped = task(leg.learned), _swapped(asked, leg.stage)
    first = declared(asked.model.partition(":")[0]).recipe.stages[0].name
    known = str(start) != leg.stage.start  # a card, which is trained first
    size = asked.model.partition(":")[2]  # the published one says whose stages are walked, not how large they are
    more: dict[str, Any] = {"reward": ",".join(judges)} if judges else {}
    if swapped:
        more |= {"objective": swapped}
    return Choices(
        model=asked.model,
        stage=first if swapped else leg.stage.name,
        start=str(start) if known else None,
        params=None if known else asked.params or (SMALL_PARAMS if size else None),
        data=leg.data,
        length=asked.length,
        **_pace(asked, leg.stage, one),
        seed=asked.seed,
        dtype=asked.dtype,
        skip_bad=asked.skip_bad,
        **more,
    )

"""The small selves of models: trained once by their own recipes on embedded data, and kept."""

import hashlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clados import spec as s
from clados.catalog.load import catalog
from clados.checkpoints import save_pretrained
from clados.checkpoints.metadata import read_metadata
from clados.data.templates import begun
from clados.files import write_json
from clados.objectives import Task, runs, task
from clados.objectives.tasks import Small
from clados.proofs.proof import Subject
from clados.small import SmallModel, small_model
from clados.spec.core.part import part_fields
from clados.spec.core.scale import mixes
from clados.train.chain import trainable
from clados.train.choices import Choices
from clados.train.learns import ShortRun, measured_run
from clados.train.plan import Plan, initial_model
from clados.train.planned import planned
from clados.train.pretrain import ready_plan
from clados.train.scaled import small_rate
from clados.train.swapped import learning

SEEDS = (0, 1, 2)


BYTES = 300  # tokens of a small vocabulary that begins with every byte
SCRIPTS = 512  # tokens of one that has letters of many languages
OBJECTIVES = Task.__module__.rpartition(".")[0]
# times as many steps where adapters or upper layers alone learn (of Sparrow's answers 0.204 are then right, before
# 0.124), and times the rate where that is adapters (of DeepSpeed-Chat's 0.173, at half of it 0.139)
PARTLY, ADAPTED_RATE = 3, 4
WHOLE = 2  # times as many where the questions are learned too (of OpenChatKit's 0.215, before 0.146)
# times as many after another start that was trained for the proof alone: it knows less than a small model that ships
# (of Dolly's answers 0.180 are then right, before 0.136; of SeeKeR's 0.280, before 0.192)
OWN_START = 4
SHORT = 32  # tokens of a row from which encoder and decoder learn to read and write in hundreds of steps


def of_bytes(model: s.Model) -> bool:
    """Whether its vocabulary begins with every byte."""
    return any(isinstance(part, s.Vocabulary) and part.kind == "bytes" for part in s.parts(model))


@dataclass(frozen=True)
class SmallRun:
    """The result of one run, as it is kept in its model's folder."""

    seed: int
    shuffled: bool
    start: float
    end: float
    baseline: Mapping[str, float]
    measures: Mapping[str, float]
    targets: int
    seconds: float
    day: str  # on which it was trained


def stage_of(declaration: s.Declaration) -> s.Stage:
    """The stage that is proven: the last that can be trained and needs no judge, or else the first.

    Where that goes on from an earlier one that is measured by the same loss it is the earlier: their small selves read
    the same data, and the later have no more to learn there.
    """
    earlier, stage = {each.name: each for each in _stages(declaration)}, _stages(declaration)[-1]
    while isinstance(stage, s.Tuning) and stage.start in earlier and _measured_alike(earlier[stage.start], stage):
        stage = earlier[stage.start]
    return stage


def _measured_alike(one: s.Stage, other: s.Stage) -> bool:
    ours, theirs = (task(each.objective).held_out.objective for each in (one, other))
    return bool(ours == theirs)


def _stages(declaration: s.Declaration) -> list[s.Stage]:
    return [declaration.recipe.stages[0], *trainable(declaration.recipe)]


def learned_by(subject: Subject) -> tuple[str, ...]:
    """How a model's small self is trained and measured, beside its declaration: its setting, and its task's code."""
    stage = stage_of(subject.declaration)
    if not runs(stage.objective):
        return ()
    one = task(stage.objective)
    mixture = (repr(one.mixture),) if mixes(subject.declaration.model) else ()
    ships = _shipped(stage) if one.before and isinstance(stage, s.Tuning) else None
    start = (f"{ships.id} {ships.seconds} {ships.value}",) if ships else ()
    scaled = _scaled(stage) if one.before and isinstance(stage, s.Tuning) else (1, 1)
    changed = (repr(scaled),) if scaled != (1, 1) else ()
    last = _stages(subject.declaration)[-1]
    earlier = (stage.name,) if stage.objective != last.objective else ()
    given = given_to(stage.objective)
    return repr(one.small), repr(one.longer), *mixture, *start, *changed, *earlier, *given, code_of(one)


def given_to(learned: s.Objective) -> tuple[str, ...]:
    """What every answer of a template begins with, where answers are learned: it is given to the model, not learned."""
    words = part_fields(learned)
    begins = begun(words["template"]) if "template" in words and "learns" in words else ""
    return (f"given: {begins}",) if begins else ()


def applied_by(subject: Subject) -> tuple[str, ...]:
    """What a model's work is shown with, beside its declaration: what ships of it, or how it is trained."""
    ships = shipped(subject)
    if ships is None:
        return learned_by(subject)
    return f"{ships.id} {ships.seconds} {ships.value}", code_of(task(stage_of(subject.declaration).objective))


def shipped(subject: Subject) -> SmallModel | None:
    """The small model that ships of this very model, where it learned by the objective that is proven."""
    ships, learned = small_model(subject.card.id), stage_of(subject.declaration).objective
    return ships if ships and type(read_metadata(ships.folder).objective) is type(learned) else None


def code_of(one: Task[Any, Any]) -> str:
    """A checksum of the files in which an objective's task stands, and those that it inherits from."""
    kinds = [each for each in type(one).__mro__ if each.__module__.startswith(OBJECTIVES) and each is not Task]
    files = dict.fromkeys(inspect.getsourcefile(each) or "" for each in kinds)
    texts = [Path(file).read_text(encoding="utf-8") for file in files if file and Path(file).is_file()]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def choices(
    subject: Subject,
    seed: int,
    *,
    shuffled: bool = False,
    longer: bool = False,
    objective: str | None = None,
    stage: s.Stage | None = None,
) -> Choices:
    """How a model's small self is trained; ``longer`` where its work asks for it. A teacher or start comes first.

    Args:
        objective: another than the model's own; stage: another than is proven.
    """
    declaration = learning(subject.declaration, objective) if objective else subject.declaration
    asked, stage = stage, stage or stage_of(declaration)
    named = stage.name if asked or stage != _stages(declaration)[-1] else None
    one = task(stage.objective)
    small = (one.mixture if mixes(declaration.model) else None) or (one.longer if longer else None) or one.small
    least = SCRIPTS if stage.exponent is not None else BYTES if of_bytes(subject.declaration.model) else 0
    chosen: dict[str, Any] = asdict(replace(small, vocab=max(small.vocab, least)))
    del chosen["relative"]
    chosen["lr"] = small_rate(small, stage)
    if not one.teacher and one.before and isinstance(stage, s.Tuning):
        chosen |= {"params": None, "vocab": Choices.vocab, "length": None}
        longer_by, faster_by = _scaled(stage)
        chosen |= {"steps": longer_by * chosen["steps"], "lr": chosen["lr"] and faster_by * chosen["lr"]}
        if not _shipped(stage):
            chosen["start"], named = str(start_folder(subject, stage, one.before)), stage.name
    found = Choices(model=subject.card.id, seed=seed, shuffled=shuffled, objective=objective, stage=named, **chosen)
    return found.taught_by(str(teacher_folder(subject, one))) if one.teacher else found


def _scaled(stage: s.Tuning) -> tuple[int, int]:
    """Times as many steps, and times the rate: by what share of the weights learns, what it learns, and its start."""
    adapters = isinstance(stage.trains, s.LowRank)
    if adapters or isinstance(stage.trains, s.Upper):
        return PARTLY, ADAPTED_RATE if adapters else 1
    if task(stage.objective).learns_questions:
        return WHOLE, 1
    return 1 if _shipped(stage) else OWN_START, 1


def _shipped(stage: s.Tuning) -> SmallModel | None:
    """The small model that ships and that a stage begins from, if there is one."""
    return small_model(stage.start.partition(":")[0])


def start_folder(subject: Subject, stage: s.Tuning, before: Small) -> Path:
    """What a tuned small self starts from where no small model ships: an earlier stage's, or another model's.

    It is trained as it would be to prove it, but of the size, and for as long, as ``before`` says; an encoder with a
    decoder on as many tokens in short rows, where it can read longer ones later.
    """
    earlier = next((each for each in subject.declaration.recipe.stages if each.name == stage.start), None)
    one = subject if earlier else replace(subject, card=catalog()[stage.start.partition(":")[0]])
    asked = choices(one, SEEDS[0], longer=True, stage=earlier)
    if asked.start is None and asked.params is not None:
        sized = {name: value for name, value in asdict(before).items() if value is not None and name != "relative"}
        asked = replace(asked, **sized)
        if _reads_longer(one.declaration.model) and asked.batch and asked.length:
            asked = replace(asked, batch=asked.batch * asked.length // SHORT, length=SHORT)
    run_of(one, asked)
    return folder_of(one, asked)


def _reads_longer(model: s.Model) -> bool:
    """Whether an encoder and its decoder, which learn from short rows, have positions for longer ones."""
    text = model.reads(s.Tokens)
    return model.writes == "answers" and not (text and isinstance(text.position, s.Learned))


def teacher_folder(subject: Subject, one: Task[Any, Any]) -> Path:
    """The small self of a model's teacher, trained for what it teaches, for as long as its work asks for."""
    teacher, asked = _teacher(subject, one)
    run_of(teacher, asked)
    return folder_of(teacher, asked)


def _teacher(subject: Subject, one: Task[Any, Any]) -> tuple[Subject, Choices]:
    teacher = replace(subject, card=catalog()[one.teacher.partition(":")[0]])
    return teacher, choices(teacher, SEEDS[0], longer=True, objective=one.teaches or None)


def untaught(subject: Subject) -> SmallRun | None:
    """A student with nobody to teach it, trained for as long; None where it has no teacher.

    It has the teacher's vocabulary, and may have as many parameters as that. One that is tuned is of the teacher's
    model, whose weights it would else begin with.
    """
    stage = stage_of(subject.declaration)
    one = task(stage.objective)
    if not one.untaught:
        return None
    teacher, its = _teacher(subject, one)
    own = choices(subject, SEEDS[0])
    asked = replace(own, teacher=None, objective=one.untaught, params=its.params, vocab=its.vocab)
    if isinstance(stage, s.Tuning):
        subject, asked = teacher, replace(asked, model=teacher.card.id, stage=None)
    return run_of(subject, asked)


def trained(subject: Subject, seed: int, *, shuffled: bool = False, longer: bool = False) -> SmallRun:
    """The run of a seed; trained now, unless the same run is kept already, by the same code of its objective."""
    return run_of(subject, choices(subject, seed, shuffled=shuffled, longer=longer))


def run_of(subject: Subject, asked: Choices) -> SmallRun:
    """The run of some choices, trained now or kept."""
    folder = folder_of(subject, asked)
    kept = folder / "verified.json"
    plan = planned(asked)
    names = {each.name for each in fields(SmallRun)}
    chosen = {name: value for name, value in asdict(asked).items() if name != "start"}
    code = code_of(task(plan.stage.objective))
    mark: dict[str, Any] = {"declaration": repr(plan.model), "stage": repr(plan.stage), "choices": chosen, "code": code}
    mark["lr"] = plan.run.lr
    mark |= {"start": plan.start.checksum} if plan.start else {}
    if kept.exists():
        stored: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        same = json.loads(json.dumps(mark))
        if same | stored.pop("mark") == same and stored.keys() == names:
            return SmallRun(**stored)
    plan = ready_plan(asked)
    learned = measured_run(plan, plan.trainer(initial_model(plan)))
    run = _run(learned, asked)
    _keep(folder, learned, plan)
    kept.write_text(json.dumps({**asdict(run), "mark": mark}, indent=2), encoding="utf-8")
    return run


def folder_of(subject: Subject, asked: Choices) -> Path:
    """Where a run's model is kept."""
    kind = "shuffled" if asked.shuffled else "seed"
    names = kind, asked.seed, asked.steps, asked.vocab, asked.objective, asked.stage
    name = "-".join(str(each) for each in names if each not in (None, ""))
    return subject.folder / subject.card.id / name


def _run(learned: ShortRun, asked: Choices) -> SmallRun:
    figures = learned.start, learned.end, learned.baseline, learned.measures, learned.targets, learned.seconds
    return SmallRun(asked.seed, asked.shuffled, *figures, day=str(datetime.now(UTC).date()))


def _keep(folder: Path, learned: ShortRun, plan: Plan) -> None:
    """The directory that ``clados pretrain`` would have written."""
    save_pretrained(learned.trainer.trained(), folder, tokenizer=plan.tokenizer)
    write_json(folder / "run.json", plan.json())

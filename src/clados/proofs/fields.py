"""Proof ``fields``: every field of a declaration matters; each one changed is noticed, by a number or a refusal."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from clados import spec as s
from clados.checkpoints import CheckpointError
from clados.checkpoints.mapping.detect import replace_heads
from clados.errors import CladosError
from clados.objectives import runs, task
from clados.proofs import unseen
from clados.proofs.cases import structures, unpadded
from clados.proofs.file_references import FileReference
from clados.proofs.mutations import Mutant, mutants
from clados.proofs.parity import TOLERANCE, Case, cases, comparison_key, distance
from clados.proofs.produced import Produced
from clados.proofs.proof import Finding, Subject
from clados.proofs.references import OracleReference
from clados.train.chain import trainable, why_not

# Fields that no forward pass in evaluation shows, and what shows them.
OTHERWISE: tuple[tuple[str, Callable[[s.Declaration, s.Model, s.Model, str], str]], ...] = (
    (r"(^|\.)init(\.|$)|^temperature$", unseen.moments),
    (r"(^|\.)dropout$", unseen.dropout),
    (r"\.residual$", unseen.left_out),
    (r"^warmest$", unseen.warmest),
    (r"inputs\.context$", unseen.context),
    (r"^inputs\.image$", unseen.image_side),
    (r"^(diffusion|sampler|guidance|drawn)(\.|$)", unseen.painting),
    (r"\.layer_scale$", unseen.moments),
    (r"\.mlp\.(balance|z|jitter|capacity\.(training|least))$", unseen.routing),
    (r"(^|\.)vocab\.", unseen.roles),
)
ChangeRows = dict[str, dict[str, Any]]  # rows by ``_word``
CHECKED: dict[tuple[str, frozenset[str]], ChangeRows] = {}  # changes of this process, by all that they rest on
BROKE = "not counted: "  # before the name of an error that is no refusal
# Of a recipe: what the paper took, where a run on a small machine takes its own; of a generator its tables, which are
# the model's, and experts, which it has not; and spans longer than small texts.
EXCLUDED = re.compile(
    r"\.(batch|length|epochs|size|trains\.layers|generator\.(d_embedding|experts)|denoisers\[[56]\]\.mean|bounds)$"
)


def prove_fields(subject: Subject) -> Finding:
    """Each word of each unlike structure, and of the recipe, changed once in every way.

    Unlike structures share most of their parts: a word of an equal part in its place is changed in the first alone.
    """
    recipe = subject.declaration.recipe
    rows, lacking = model_fields(subject), ""
    try:
        rows = [*rows, *recipe_fields(subject)]
    except CladosError as error:
        lacking = str(error)
    missed = [row for row in rows if _missed(row)]
    by = Counter(row["noticed"] for row in rows if row not in missed)
    how = ", ".join(f"{number} by {how}" for how, number in by.most_common())
    evidence = f"{len(rows) - len(missed)} of {len(rows)} changes noticed ({how})"
    able = trainable(recipe)
    judged = "learns from judgements, which nobody gives here"
    idle = [f"'{each.name}' {why_not(recipe, each) or judged}" for each in recipe.stages if each not in able]
    lacking = "; ".join([*([lacking] if lacking else []), *idle])
    evidence += f"; missing: those of the recipe, {lacking}" if lacking else ""
    if missed and not any(row.get("compared", True) for row in missed):
        return Finding("missing", f"{evidence}; the others show in numbers, and there is no reference", tuple(rows))
    if missed:
        return Finding("fails", f"{evidence}; not: {'; '.join(row['change'] for row in missed[:8])}", tuple(rows))
    return Finding("holds", evidence, tuple(rows))


def model_fields(subject: Subject) -> list[dict[str, Any]]:
    """Each change of a structure: where, what, and what noticed it (empty: nothing did).

    Results are cached by the model, its references, its layouts and its objective.
    """
    declaration, rows, noticed_before = subject.declaration, [], set[str]()
    objective = declaration.recipe.stages[0].objective
    with cases(subject.card.id, declaration, usual=True) as every:
        for size, model in unlike(declaration).items():
            against = [case for case in every if case.size == size]
            shown = objective if runs(objective) else None  # an objective that makes no batch shows no word
            rests_on = repr((model, [comparison_key(case) for case in against], declaration.layouts, shown))
            key = (rests_on, frozenset(noticed_before))
            if key not in CHECKED:
                CHECKED[key] = dict(_changes(declaration, against, model, noticed_before))
            rows += [{"size": size, "compared": bool(against), **row} for row in CHECKED[key].values()]
            noticed_before |= {word for word, row in CHECKED[key].items() if not _missed(row)}
    return rows


def _changes(
    declaration: s.Declaration, against: Sequence[Case], model: s.Model, but: set[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """A row for each change of a word that is none of those."""
    usual = against[0].declared if against else model
    for mutant in mutants(usual):
        if (word := _word(usual, mutant)) not in but:
            yield word, {"change": str(mutant), "noticed": noticed(declaration, against, mutant)}


def _word(model: s.Model, mutant: Mutant) -> str:
    """A change of a word by its place and the part that says it: structures with equal ones share it."""
    *above, _ = mutant.path.split(".")
    return repr((str(mutant), type(model), s.reach(model, ".".join(above)) if above else model, mutant.new))


def _missed(row: dict[str, Any]) -> bool:
    """Whether nothing noticed a change, or it only broke the program."""
    return not row["noticed"] or row["noticed"].startswith(BROKE)


def unlike(declaration: s.Declaration) -> dict[str, s.Model]:
    """One structure of each that is made of other parts or other choices; those that differ in numbers are alike."""
    unlike: dict[tuple[tuple[str, str], ...], tuple[str, s.Model]] = {}
    for size, model in structures(declaration).items():
        unlike.setdefault(tuple(_skeleton(model)), (size, model))
    return dict(unlike.values())


def _skeleton(part: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The types of the parts, what is true, what is chosen, and which numbers stand."""
    for name, value in s.part_fields(part).items():
        for i, each in enumerate(value if isinstance(value, tuple) else (value,)):
            value = repr(each) if isinstance(each, bool | str | None) else type(each).__name__
            yield f"{path}.{name}{i}", value
            if isinstance(each, s.Part):
                yield from _skeleton(each, f"{path}.{name}{i}")


def noticed(declaration: s.Declaration, against: Sequence[Case], mutant: Mutant) -> str:
    """What notices a change; empty when nothing does, or when it only breaks the program."""
    if mutant.part is None:
        return "the declaration's refusal"
    try:
        return _noticed(declaration, against, mutant)
    except CladosError:
        return "refusal"
    except Exception as error:  # noqa: BLE001 (whatever else a change breaks does not count as noticing it)
        return f"{BROKE}{type(error).__name__}"


def _noticed(declaration: s.Declaration, against: Sequence[Case], mutant: Mutant) -> str:
    for pattern, shows in OTHERWISE:
        if (
            re.search(pattern, mutant.path)
            and against
            and (how := shows(declaration, against[0].declared, mutant.part, mutant.path))
        ):
            return how
    for case in against:
        if how := compared(case, mutant.part):
            return how
    return ""


@torch.no_grad()
def compared(case: Case, changed: s.Model) -> str:
    """Whether a changed model differs from a reference, which stays as it is: a refusal, a number, or what is learned.

    The last notices parameters that no output shows: frozen zeros, a head that gives no output.
    """
    reference = case.reference
    try:
        ported = changed.but(**reference.port)
        if isinstance(reference, FileReference):
            ported = replace_heads(ported, reference.layout.architectures[reference.architecture])
        module = reference.filled(ported)
        outputs = module(**reference.inputs)
    except (s.SpecError, CheckpointError):
        return "refusal"
    for name, expected in reference.results.outputs.items():
        if name not in outputs:
            return "refusal"
        if not distance(unpadded(reference.inputs, outputs[name]), expected) <= TOLERANCE:
            return "an oracle's numbers" if isinstance(reference, OracleReference) else "numbers"
    learned = {name for name, _ in module.named_parameters()}
    return "another set of parameters" if learned != reference.results.gradients.keys() else ""


def recipe_fields(subject: Subject) -> list[dict[str, Any]]:
    """The same of each stage of the recipe that can be trained: what it produces when it is changed must differ."""
    rows, able = [], trainable(subject.declaration.recipe)
    for number, stage in enumerate(subject.declaration.recipe.stages):
        if stage not in able:
            continue
        declaration = subject.declaration.but(recipe=s.Recipe((stage,)))  # what it starts from is nothing to it
        usual = Produced(declaration)
        for mutant in recipe_changes(declaration):
            how = "the declaration's refusal" if mutant.part is None else _produces(usual, mutant.part)
            change = f"recipe.{mutant}".replace("stages[0]", f"stages[{number}]")
            rows.append({"size": "recipe", "change": change, "noticed": how})
    return rows


def recipe_changes(declaration: s.Declaration) -> list[Mutant]:
    """The changes of a recipe of one stage that a short run on a small machine has to notice."""
    return [
        mutant
        for mutant in mutants(declaration.recipe)
        if not EXCLUDED.search(mutant.path) and mutant.path != "stages" and not _says_nothing(declaration, mutant)
    ]


def _says_nothing(declaration: s.Declaration, mutant: Mutant) -> bool:
    """What changes nothing.

    A head that is there already, or that the objective does not read; the share of a loss beside no teacher's; which
    tensors decay where none does or all are alike; how long a rate stays, or falls from the first step to the last: a
    short run has its share of both; how often languages are drawn where the text is of one.
    """
    stage = declaration.recipe.stages[0]
    if mutant.path.endswith(".exponent") and stage.exponent is None:
        return True
    if mutant.path.endswith(".head") and mutant.part is not None:
        read = task(stage.objective).heads
        return mutant.new in declaration.model.own_heads or bool(read and mutant.new and mutant.new.slot not in read)
    if mutant.path.endswith("objective.videos"):  # of which no data are here
        return True
    if mutant.path.endswith(".share") and getattr(stage.objective, "teacher", "") == "none":
        return True
    low_rank = isinstance(stage, s.Tuning) and isinstance(stage.trains, s.LowRank)  # all matrices, and no table
    unread = (
        isinstance(stage, s.Tuning) and isinstance(stage.trains, s.AllBut) and "inputs.tokens.*" in stage.trains.names
    )
    if mutant.path.endswith(".decays") and unread and mutant.new == "products":  # no table learns
        return True
    if mutant.path.endswith(".decays"):
        return low_rank or not getattr(stage.optimiser, "decay", 0)
    if mutant.path.endswith(".steps") and mutant.new and isinstance(stage.schedule, s.Cosine | s.LinearDecay):
        return not stage.schedule.warmup and stage.schedule.over is None
    return mutant.path.endswith(".steps") and isinstance(stage.schedule, s.Constant)


def _produces(usual: Produced, changed: s.Recipe) -> str:
    try:
        return usual.differs(changed)
    except CladosError:
        return "refusal"
    except Exception as error:  # noqa: BLE001 (as above)
        return f"{BROKE}{type(error).__name__}"

"""Any objective on any structure that can learn by it: ``clados pretrain bert --objective electra``."""

import re
from typing import Any

from clados import spec as s
from clados.catalog.card import declaration_of
from clados.catalog.counts import card_and_size
from clados.catalog.load import catalog
from clados.checkpoints.errors import LayoutError
from clados.checkpoints.mapping.parsing import value
from clados.errors import CladosError, InputError
from clados.names import did_you_mean
from clados.objectives import Task, runs, task
from clados.spec.core.registry import KINDS

EXAMPLES = "electra, or masked-tokens:rate=0.3"
_VALUE = (
    "allowed are numbers, True, False, None, texts in quotation marks, parts, and several of these in round brackets, "
    "as in masked-tokens:rate=0.3"
)


def learning(declaration: s.Declaration, objective: str) -> s.Declaration:
    """A declaration whose first stage learns by another objective; its numbers, the rate and the schedule, stay.

    The model keeps the heads that the objective reads; what it lacks of them comes from the card that was named.

    Args:
        objective: a card's id ("electra", "deberta:v3-base") or an objective's own name ("replaced-tokens"), perhaps
            with fields ("masked-tokens:rate=0.3").

    Raises:
        CladosError: for an unknown name, and an objective that nothing runs.
    """
    learned, source, heads, _ = _named(objective)
    if not runs(learned):
        raise InputError(f"objective is {objective}: nothing runs {type(learned).__name__} yet")
    one = task(learned)

    def headed(model: s.Model) -> s.Model:
        own = {each.slot: each for each in model.own_heads}
        kept = tuple(each for slot in one.heads if (each := own.get(slot, heads.get(slot))))
        return model.but(heads=kept) if own and kept else model

    def begun(recipe: s.Recipe, model: s.Model) -> s.Recipe:
        able = source is not None and not one.refusal(model)
        suited = one.suited(model, source) if able else learned  # type: ignore[arg-type]
        return recipe.but(stages=(recipe.stages[0].but(objective=suited, head=None),))

    sizes = {name: headed(model) for name, model in declaration.models().items()}
    recipes = {name: begun(declaration.recipe_at(name), model) for name, model in sizes.items()}
    whole = headed(declaration.model)
    return declaration.but(model=whole, sizes=sizes, recipe=begun(declaration.recipe, whole), recipes=recipes)


def text_task() -> Task[Any, Any]:
    """The task of plain text, for what learns from some of it beside its own examples."""
    return task(_named("next-token")[0])


def named_stage(objective: str) -> str:
    """The stage whose objective a name means, as "pretraining of electra"; empty for an objective's own name."""
    return _named(objective)[-1]


def _named(name: str) -> tuple[s.Objective, s.Model | None, dict[str, s.Head], str]:
    """The objective of a name, the model for which its numbers are, its heads by slot, and the stage that it is of."""
    before, colon, after = name.partition(":")
    if not before.strip():
        said = "empty" if not name.strip() else f"'{name}'"
        raise InputError(f"objective is {said}; a model or an objective's own name is allowed, as {EXAMPLES}")
    pieces = _parted(after)
    fields, bare = [each for each in pieces if "=" in each], [each for each in pieces if "=" not in each]
    kinds = {_kebab(kind.__name__): kind for kind in KINDS.values() if issubclass(kind, s.Objective)}
    kind = kinds.get(_kebab(before))
    if lacking := bare if kind else bare[1:]:  # of a card one may be its size
        raise InputError(f"objective is {name}: '{lacking[0]}' has no value; a field is given as FIELD=VALUE")
    if kind:
        return _with(kind, {}, fields, name), None, {}, ""
    try:
        card, found = card_and_size(":".join([before, *(bare if fields or not colon else bare or [""])]))
        declaration = declaration_of(card)
    except CladosError as error:
        if before in catalog():
            raise
        near = did_you_mean(before, [*catalog(), *kinds]) or f"; allowed are names such as {EXAMPLES}"
        raise InputError(f"objective is {name}: no model and no objective is called '{before}'{near}") from error
    size = found.name if bare else None
    stage, model = declaration.recipe_at(size).stages[0], declaration.at(size)
    heads = {each.slot: each for each in (*model.own_heads, *([stage.head] if stage.head else []))}
    learned = _with(type(stage.objective), s.part_fields(stage.objective), fields, name)
    return learned, model, heads, f"{stage.name} of {card.id}" + (f":{size}" if size else "")


def _parted(text: str) -> list[str]:
    """What stands between the commas that are in no brackets and no quotation marks."""
    found, depth = [""], 0
    for each in re.findall(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|.", text, re.DOTALL):
        depth += (each in "([{") - (each in ")]}")
        if each == "," and depth == 0:
            found.append("")
        else:
            found[-1] += each
    return [each.strip() for each in found if each.strip()]


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower().replace("_", "-")


def _with(kind: type[s.Objective], known: dict[str, Any], fields: list[str], name: str) -> s.Objective:
    """An objective with some fields as they are written."""
    given = dict[str, Any]()
    for key, text in (map(str.strip, each.split("=", 1)) for each in fields):
        if key in given:
            raise InputError(f"objective is {name}: {key} is given twice")
        try:
            given[key] = value(text)
        except (LayoutError, s.SpecError) as error:
            reason = error if isinstance(error, s.SpecError) else error.__cause__
            said = str(reason) if isinstance(reason, s.SpecError) else f"{key} is '{text}', which is no value; {_VALUE}"
            raise InputError(f"objective is {name}: {said}") from error
    try:
        return kind(**known | given)
    except s.SpecError as error:
        raise InputError(f"objective is {name}: {error}") from error

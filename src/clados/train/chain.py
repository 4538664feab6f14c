"""Which stages of a recipe lead to the one that is trained."""

from clados import spec as s
from clados.errors import InputError
from clados.names import did_you_mean
from clados.objectives import runs, task


def stages_to(card: str, recipe: s.Recipe, name: str | None = None) -> tuple[s.Stage, ...]:
    """The stages of one run, in order: each starts from the one before it; the last is the one that is named.

    Where none is named it is the last that can be trained and needs no judge, with all that it starts from; of a recipe
    in which each is a judge or needs one, the last that can be trained.

    Raises:
        InputError: for a name that no stage has, and a stage that nothing trains, or that starts from such a one.
    """
    if name is None:
        able = trainable(recipe) or [each for each in recipe.stages if not why_not(recipe, each)]
        if not able:
            raise InputError(f"{card} learns by {type(recipe.stages[0].objective).__name__}, which nothing runs yet")
        return _chain(recipe, able[-1])
    names = [each.name for each in recipe.stages]
    if name not in names:
        raise InputError(f"{card} has no stage '{name}'{did_you_mean(name, names) or '; it has ' + ', '.join(names)}")
    stage = recipe.stages[names.index(name)]
    if reason := why_not(recipe, stage):
        raise InputError(f"{card}: stage '{name}' {reason}")
    return _chain(recipe, stage)


def trainable(recipe: s.Recipe) -> list[s.Stage]:
    """The stages that can be trained and need no judge."""
    return [each for each in recipe.stages if not why_not(recipe, each) and task(each.objective).usual]


def why_not(recipe: s.Recipe, stage: s.Stage) -> str:
    """Why a stage cannot be trained; empty for one that can."""
    for each in _chain(recipe, stage):
        if not runs(each.objective):
            front = "" if each is stage else f"starts from '{each.name}', which "
            return f"{front}learns by {type(each.objective).__name__}, which nothing runs yet"
    return ""


def _chain(recipe: s.Recipe, stage: s.Stage) -> tuple[s.Stage, ...]:
    earlier = {each.name: each for each in recipe.stages[: recipe.stages.index(stage)]}
    if isinstance(stage, s.Tuning) and stage.start in earlier:
        return (*_chain(recipe, earlier[stage.start]), stage)
    return (stage,)

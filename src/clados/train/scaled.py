"""A published stage brought to a small machine: every number of a run that is not the paper's, and why.

The rule: a run takes the paper's number where that is smaller, and else what a small machine does in minutes. Where
sizes have rates of their own, the numbers are those of the size that the run is scaled from. A rate is brought to the
width, a warmup to the steps (``train.optimisers``); nothing else changes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from clados import spec as s
from clados.catalog.card import declaration_of
from clados.catalog.lineage import ancestors
from clados.catalog.load import catalog
from clados.data.templates import pieces
from clados.objectives import Task
from clados.objectives.rollouts import RolloutTask
from clados.objectives.tasks import Small
from clados.spec.core.scale import nearest_size, width
from clados.train.fitting import SMALL_PARAMS, stage_like, usable_sizes
from clados.train.optimisers import is_relative
from clados.train.trained import check_layered

USUAL_STEPS = 300
LETTERS_A_TOKEN = 2  # in a token of a small vocabulary, at least: about 2.2 of a template in English
NUMBERS = ("optimiser", "schedule", "batch", "length", "steps", "clip", "average")  # of a stage, how it is trained


@dataclass(frozen=True)
class ScaledNumber:
    """A number of a run, and the published one; None where the paper gives none."""

    here: int | float
    published: int | float | None

    def __str__(self) -> str:
        def text(number: int | float) -> str:
            return f"{number:,}" if isinstance(number, int) else f"{number:.4f}" if number > 0.1 else f"{number:.2e}"

        published = "no number published" if self.published is None else f"published: {text(self.published)}"
        return f"{text(self.here)} ({published})"


def recipe_size(declaration: s.Declaration, stage: s.Stage, params: str | None, examples: Sequence[Any]) -> str:
    """The published size whose numbers train a model of a budget: the one that it is scaled from.

    Where the paper trains that at the rate of the declared size it is the declared one, whose width the rate is for.
    """
    usable = usable_sizes(declaration, stage, examples)
    near = nearest_size(usable, params or SMALL_PARAMS) if usable else declaration.own_size
    like = stage_like(declaration.recipe_at(near), stage)
    return declaration.own_size if like is None or _same_rate(like, stage) else near


def numbered(stage: s.Stage, declaration: s.Declaration, size: str) -> s.Stage:
    """The stage with the numbers of a published size."""
    like = stage_like(declaration.recipe_at(size), stage)
    return stage.but(**{name: getattr(like, name) for name in NUMBERS}) if like else stage


def scaled_steps(stage: s.Stage) -> int:
    """Steps of a run of a stage: 300, or the paper's where these are fewer."""
    return min(stage.steps or USUAL_STEPS, USUAL_STEPS)


def scaled_length(stage: s.Stage, task: Task[Any, Any]) -> int:
    """Tokens of a sequence: the objective's usual, or the paper's where these are fewer.

    They are more where the words of its template alone do not fit: then as much is left beside them as else there is.
    """
    usual, template = min(stage.length or task.length, task.length), template_tokens(task.objective)
    room = usual - task.answer(usual) if isinstance(task, RolloutTask) else usual  # what a prompt may take
    return usual if template <= room else usual * (room + template) // room


def template_tokens(learned: s.Objective) -> int:
    """Tokens of a template's own words, at most about; 0 of an objective without one."""
    template = getattr(learned, "template", None)
    if not isinstance(template, s.Template):
        return 0
    prompt = max(map(_letters, (template.prompt, template.bare or "")))
    return (_letters(template.opening) + prompt + _letters(template.answer)) // LETTERS_A_TOKEN


def _letters(pattern: str) -> int:
    return sum(len(text) for text, _ in pieces(pattern))


def scaled_batch(stage: s.Stage, task: Task[Any, Any]) -> int:
    """Examples of a step: the objective's usual, or the paper's where these are fewer."""
    return min(stage.batch or task.batch, task.batch)


def small_rate(small: Small, stage: s.Stage) -> float | None:
    """The rate with which a small model is tried; another where the optimiser's is a share of the weights."""
    return small.relative if small.relative and is_relative(stage.optimiser) else small.lr


def rate_model(card: str, stage: s.Stage, paper: s.Model) -> s.Model:
    """The model whose width a stage's rate is meant for, of the card's and of those that it took the rate from.

    It is the widest of them; where the rate is a share of the weights, the narrowest.

    A recipe that is taken over from an ancestor, optimiser and schedule as they are, has the ancestor's rate, which was
    found at the ancestor's width: a small child of a large model is not trained by the large model's rate. A rate that
    is a share of the weights is published alike for narrow and wide sizes, so it fits the narrowest of them as it is.
    """
    cards = catalog()
    named = dict.fromkeys(edge.parent for edge in ancestors(cards, card))
    above = [declaration_of(cards[each]) for each in named if each in cards and cards[each].runnable]
    if is_relative(stage.optimiser):
        own = declaration_of(cards[card])
        every = [model for each in (own, *above) for model in _at_rate(each, each.sizes, stage)]
        return min([paper, *every], key=width)
    taken = [model for each in above for model in _at_rate(each, (each.own_size, *each.recipes), stage)]
    return max([paper, *taken], key=width)


def _at_rate(declaration: s.Declaration, sizes: Iterable[str], stage: s.Stage) -> list[s.Model]:
    """The models of those sizes that have a stage of the same rate."""
    alike = (size for size in sizes if any(_same_rate(one, stage) for one in declaration.recipe_at(size).stages))
    return [declaration.at(size) for size in alike]


def _same_rate(one: s.Stage, other: s.Stage) -> bool:
    return one.optimiser == other.optimiser and one.schedule == other.schedule


def scaled_stage(stage: s.Stage, paper: s.Model, model: s.Model) -> s.Stage:
    """The stage for a model of fewer layers: of upper layers the same share is trained, rounded up."""
    if not isinstance(stage, s.Tuning) or not isinstance(stage.trains, s.Upper):
        return stage
    share = -(-stage.trains.layers * _layers(model) // _layers(paper))
    return stage.but(trains=s.Upper(share))


def _layers(model: s.Model) -> int:
    """Layers of the stack that writes."""
    check_layered(model, "Upper")
    size: Any = model.size
    layers: int = (size.decoder if isinstance(size, s.Sides) else size).layers
    return layers

"""The recipe of a model, stage by stage, and what its card says of training and results."""

from clados.catalog.card import Card, CardSize, declaration_of
from clados.catalog.sentences import brief
from clados.html import Child, el
from clados.spec.learning.recipe import Stage
from clados.spec.learning.tuning import Tuning
from clados.web.request import PageRequest
from clados.web.views.parts import evidence, table

_FACTS = {"lr_peak": "peak learning rate", "optimizer": "optimiser", "sft": "SFT", "ppo": "PPO", "rl": "RL", "lm": "LM"}


def fact_name(name: str) -> str:
    """What a fact of training is called."""
    return _FACTS.get(name, name.replace("_", " "))


def recipe_section(asked: PageRequest, card: Card, size: CardSize | None) -> list[Child] | None:
    """The stages in order with the paper's numbers, then the facts of training."""
    say = asked.say
    recipe = declaration_of(card).recipe_at(size.name if size else None) if card.runnable else None
    stages = [el("li", _stage(asked, each)) for each in recipe.stages] if recipe else []
    named = [*card.training.items(), *((say("result"), each) for each in card.headlines)]
    rows: list[list[Child]] = [[say.phrase(fact_name(name)), str(value), evidence(say, value)] for name, value in named]
    shown: list[Child] = [el("ol", stages, class_="stages")] if stages else []
    if rows:
        shown += [
            el("h3", say("Training and results")),
            table([say("fact"), say("value"), say("evidence")], rows, name="facts"),
        ]
    return shown or None


def _stage(asked: PageRequest, stage: Stage) -> list[Child]:
    say = asked.say
    numbers = {"batch": stage.batch, "length": stage.length, "steps": stage.steps, "clip": stage.clip}
    said: dict[str, Child] = {"objective": say.phrase(brief(stage.objective)), "data": stage.data}
    if isinstance(stage, Tuning) and stage.start:
        said["starts from"] = say.phrase(str(stage.start))
    said |= {
        name: say.phrase(brief(part)) for name, part in (("optimiser", stage.optimiser), ("schedule", stage.schedule))
    }
    for name, number in numbers.items():
        said[name] = el("span", say("not published"), class_="unknown") if number is None else f"{number:,}"
    if stage.average is not None:
        said["average of weights"] = f"{stage.average:g}"
    rows = [el("div", el("dt", say(name)), el("dd", value)) for name, value in said.items()]
    return [el("h3", say.phrase(stage.name)), el("dl", rows)]

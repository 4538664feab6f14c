"""The stops of the tour: which models, how they are trained, and what each can do afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clados import spec as s
from clados.catalog.card import Card
from clados.catalog.load import card
from clados.models.declared import declared
from clados.train.learns import Learned, measured_run
from clados.train.log import Show
from clados.train.pretrain import Choices, Plan, module, planned

# Sizes and rates that come under the unigram entropy within a minute or two on two cores.
STOPS = {
    "bert": Choices(model="bert", params="1M", data="english", vocab=1024, length=64, batch=32, lr=3e-3),
    "gpt-2": Choices(model="gpt-2", params="1M", data="english", vocab=1024, length=64, batch=32, lr=3e-3),
    "t5": Choices(model="t5", params="1M", data="english", vocab=1024, length=64, batch=32, lr=3e-3),
}

PROMPTS = {
    "bert": ("a [MASK] of land", "the act of [MASK] something", "a person who [MASK] a book"),
    "gpt-2": ("a person who", "the act of", "What is"),
    "t5": ("a small <extra_id_0> used to", "the <extra_id_0> of a person", "a state in <extra_id_0> United States"),
}


@dataclass(frozen=True)
class Stop:
    """One model of the tour, trained."""

    card: Card
    declared: s.Declaration
    plan: Plan
    learned: Learned
    samples: tuple[tuple[str, str], ...]  # what it was given, what it made of it

    @property
    def margin(self) -> float:
        """Nats by which the end is under the unigram entropy."""
        return self.learned.baseline["unigram"] - self.learned.end

    def json(self) -> dict[str, Any]:
        """The figures."""
        return {
            "id": self.card.id,
            "parameters": s.count(self.plan.model).total,
            "steps": self.plan.run.steps,
            "seconds": round(self.learned.seconds, 1),
            "targets": self.learned.targets,
            "start": round(self.learned.start, 4),
            "end": round(self.learned.end, 4),
            "unigram": round(self.learned.baseline["unigram"], 4),
            "bigram": round(self.learned.baseline["bigram"], 4),
            "under_unigram": round(self.margin, 4),
            "samples": [list(each) for each in self.samples],
        }


def stop(choices: Choices, folder: Path, show: Show, write: Callable[[Any, Any, str], str]) -> Stop:
    """Plan, train, measure and try one model; its directory is written below ``folder``.

    Args:
        write: what a trained model makes of a prompt: (model, tokenizer, prompt) -> text.

    Raises:
        CladosError: as ``planned``.
    """
    plan = planned(choices)
    name = plan.card.partition(":")[0]
    trainer = plan.trainer(module(plan), folder / name, show)
    learned = measured_run(plan, trainer)
    trainer.model.eval()
    samples = tuple((prompt, write(trainer.model, plan.tokenizer, prompt)) for prompt in PROMPTS[name])
    return Stop(card(name), declared(name), plan, learned, samples)


def lit(stops: Mapping[str, Stop]) -> set[str]:
    """The ids to light in the family tree."""
    return {each.card.id for each in stops.values()}

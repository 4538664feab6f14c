"""The stops of the tour: which models, how they are trained, and what each can do afterwards."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clados import spec as s
from clados.apply.ready import Ready
from clados.catalog.card import Card
from clados.catalog.counts import card_and_size
from clados.catalog.load import card
from clados.catalog.sizes import model_of
from clados.checkpoints import save_pretrained
from clados.errors import InputError
from clados.files import write_json, write_text
from clados.objectives import Measure, measure
from clados.objectives.tasks import NATS
from clados.reports.run import LOG, RUN, write_report, write_samples
from clados.reports.samples import ContinuedText, FilledText, GuessedText
from clados.tour.guessed import guessed_example, sample_continued, sample_filled
from clados.train.choices import Choices
from clados.train.learns import ShortRun, measured_run
from clados.train.log import Log, Show
from clados.train.plan import Plan, initial_model
from clados.train.planned import planned

MARK = "tour.txt"  # the file by which a folder of the tour is known
MINUTES = 3.5  # of training, for all three
Samples = tuple[FilledText | ContinuedText, ...]

# What each is shown as an example of its objective: two sentences, so that the second can follow the first.
_SENTENCES = "A person who bakes and sells bread. The oven is hot every morning, and the shop opens at six."
_SHORTER = "A person who makes bread. The oven is hot."  # where the model has few positions
MASKED = ("of or relating [MASK] the body", "a person [MASK] makes bread", "the act [MASK] making something")
BEGUN = ("a person who", "the act of", "of or relating to")
GAPPED = (
    "of or relating <extra_id_0> the body of an animal",
    "a person <extra_id_0> makes and sells bread",
    "the act <extra_id_0> making something",
)


# How each is trained, at a size that learns within its minutes: on the pages of WordNet, whose definitions repeat the
# same turns ("a person who", "of or relating to"). Masked words and spans give few targets a text and need the most: a
# masked word is guessed by how often it occurs for some two thousand steps before its neighbours are used. The least
# steps are those that each needs to learn more than how often tokens occur.
_USUAL = (
    Choices(model="bert", params="300K", vocab=512, length=24, batch=64, lr=1.5e-3, minutes=0.52 * MINUTES, least=2300),
    Choices(model="gpt-2", params="1M", vocab=2048, length=64, batch=16, lr=4e-3, minutes=0.20 * MINUTES, least=250),
    Choices(model="t5", params="1M", vocab=1024, length=48, batch=24, lr=5e-2, minutes=0.28 * MINUTES, least=500),
)


def stops(minutes: float) -> dict[str, Choices]:
    """The three models and how each is trained: the usual run, in this number of minutes for all three.

    Fewer minutes ask for fewer steps at least; a busy machine takes longer.
    """
    share = minutes / MINUTES
    return {usual.model: _shared(usual, share) for usual in _USUAL}


def _shared(usual: Choices, share: float) -> Choices:
    least = max(1, int(usual.least * min(1.0, share)))
    return replace(usual, data="wordnet", dropout=0.0, minutes=(usual.minutes or 0.0) * share, least=least)


@dataclass(frozen=True)
class Stop:
    """One model of the tour, trained."""

    card: Card
    published: s.Model
    plan: Plan
    learned: ShortRun
    measure: Measure
    samples: Samples
    example: GuessedText

    @property
    def margin(self) -> float:
        """Nats by which the end is under the unigram entropy."""
        return self.learned.baseline["unigram"] - self.learned.end

    @property
    def clear(self) -> bool:
        """Whether that is enough to say that it has learned."""
        return self.margin >= NATS

    @property
    def said(self) -> list[str]:
        """What came of each sample, as a text."""
        return [each.in_short for each in self.samples]

    def json(self) -> dict[str, Any]:
        """The figures."""
        return {
            "id": self.card.id,
            "parameters": s.count_parameters(self.plan.model).total,
            "steps": self.plan.run.steps,
            "seconds": round(self.learned.seconds, 1),
            "targets": self.learned.targets,
            "start": round(self.learned.start, 4),
            "end": round(self.learned.end, 4),
            "unigram": round(self.learned.baseline["unigram"], 4),
            "bigram": round(self.learned.baseline["bigram"], 4),
            "under_unigram": round(self.margin, 4),
            "measure": {"name": self.measure.name, "value": self.measure.value, "trivial": self.measure.trivial},
            "samples": [[each.given, said] for each, said in zip(self.samples, self.said)],
        }


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds something else than what the tour wrote there.

    Raises:
        CladosError: it does.
    """
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / MARK).exists())):
        raise InputError(f"{folder}: holds something else than a model of the tour; name another --out")


def stop(choices: Choices, folder: Path, progress: Callable[[str], Show]) -> Stop:
    """Plan, train, measure and try one model, and write it to ``folder``, in place of an earlier one of the tour.

    The folder gets what a run leaves, too: its log, its samples and its report.

    Raises:
        CladosError: as ``planned`` and ``check``.
    """
    check_folder(folder)
    plan = planned(choices)
    model = initial_model(plan)
    trainer = plan.trainer(model, show=progress(plan.card))
    learned = measured_run(plan, trainer)
    trainer.trained()
    mark = f"{plan.card} as the tour trains it\n"
    save_pretrained(model, folder, tokenizer=plan.tokenizer, also=lambda fresh: write_text(fresh / MARK, mark))
    objective = plan.stage.objective
    ready = Ready(
        model=model, name=plan.card, tokenizer=plan.tokenizer, objective=objective, length=plan.setting.length
    )
    example, samples = guessed_example(ready, _SENTENCES, _SHORTER), tried(objective.verb, ready)
    write_json(folder / RUN, plan.json())
    log = Log(folder / LOG)
    for entry in learned.entries:
        log(entry)
    log.close()
    write_samples(folder, [example, *samples])
    write_report(folder)
    return Stop(
        card=card(plan.card),
        published=model_of(*card_and_size(plan.card)),
        plan=plan,
        learned=learned,
        measure=measure(ready, plan.held_out),
        samples=samples,
        example=example,
    )


def tried(verb: str, ready: Ready) -> Samples:
    """What a model makes of a few prompts that suit its verb; nothing for one that has no prompts here."""
    if verb == "fill":
        texts = GAPPED if ready.required_tokenizer.sentinels else MASKED
        return tuple(sample_filled(ready, text) for text in texts)
    return tuple(sample_continued(ready, text, seed) for seed, text in enumerate(BEGUN)) if verb == "generate" else ()

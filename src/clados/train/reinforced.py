"""Learning from judged answers: each step samples them, has them judged, and goes over them.

What a step samples is a function of the weights, the seed and its number; nothing is carried to the next but the
coefficient of the distance from the start, where that is adapted. Nothing is dropped: a ratio of probabilities is to
say how far the weights have moved.
"""

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from clados import spec as s
from clados.data.packing import generator
from clados.data.sampler import Sampler
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives import Batch, Loss, LossTerm, Setting, Source, task, training_loss
from clados.objectives.base import Judge
from clados.objectives.judges import judge_scores, recorded_name
from clados.objectives.reinforcement import entropy
from clados.objectives.rollouts import Beginning, Prompt, RolloutTask
from clados.objectives.sampling import Rollout, Sampled, foreseen, log_likelihood
from clados.train.devices import ALONE, Devices, World, world
from clados.train.supervised import HELD_OUT
from clados.train.swapped import text_task
from clados.train.trained import OWNED, hold
from clados.train.unit import Run, Unit

MICRO = 32  # answers whose scores of the vocabulary are computed at once, where nobody says
FARTHEST = 20.0  # nats of an answer from the start; weights whose answers are farther away are not kept
PRETRAINING = "pretraining"  # the part of the loss that learns from text beside the answers


@dataclass
class ReinforcedUnit(Unit):
    """A model that learns from its own answers to prompts.

    Attributes:
        judges: by name; an answer's score is the sum of theirs.
        critic: what foresees rewards, in the state in which it begins; without one a head on the model does.
        text: rows of the pretraining text, where some of it is mixed in.
        noted: of the last step's answers reward, nats from the start, tokens, entropy; and the coefficient.
    """

    model: WholeModel
    stage: s.Stage
    setting: Setting
    source: Source
    run: Run
    judges: Mapping[str, Judge]
    held_out: Source | None = None
    text: Source | None = None
    critic: WholeModel | None = None
    noted: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = task(self.stage.objective)
        assert isinstance(found, RolloutTask)
        self.task: RolloutTask[Any] = found
        self.next_token = text_task()
        self.device = next(self.model.parameters()).device
        self.world, run = world(), self.run
        if run.sharded:
            raise InputError("sharded is True; a model that writes while it learns is whole on each device")
        if self.task.judged and not self.judges:
            raise InputError(f"{type(self.stage.objective).__name__} learns from judgements, and no judge is given")
        shared = self.world.rank, self.world.size
        self.sampler = Sampler(len(self.source), run.seed, run.batch, *shared)
        self.texts = Sampler(len(self.text), run.seed + 1, run.batch, *shared) if self.text else None
        self.kl = self.task.kl
        self.start = copy.deepcopy(self.model)  # the stage's starting weights, before anything is restored
        self.micro = run.micro or MICRO

    def equip(self, model: WholeModel) -> None:  # type: ignore[override]
        hold(self.stage, model, self.run.seed)
        model.add_module(OWNED, Beginning(model, self.start, copy.deepcopy(self.critic)))

    # ------------------------------------------------------------ a step

    def updates(self, step: int) -> Iterator[Sequence[Batch]]:
        """A step's answers are sampled and judged, and learned from in minibatches, each pass in another order."""
        self.model.eval()
        found = self.rollout(self._prompts(step), self._seed(5, step), self.world)
        summed = partial(self.world.summed, device=self.device)
        self.noted = {**found.figures(summed), "kl_coefficient": self.kl}
        chosen = self.task.chosen(found)
        aimed = self.task.aims(found, self.kl, summed)
        aims = {name: value[chosen] for name, value in aimed.items()}
        answers = Sampled(found.ids, found.begins, found.written).rows(chosen)
        parts = min(self.task.minibatches, len(chosen))
        for each in range(self.task.passes):
            order = generator(self.run.seed, 6, step, each, self.world.rank).permutation(len(chosen))
            for number, rows in enumerate(np.array_split(order, parts)):
                yield [*self._learned(answers, aims, rows), *self._text(step, each * parts + number)]
        nats, judged = summed([found.kl.sum(), torch.tensor(len(found))])
        self.kl = self.task.adapted(self.kl, nats / judged, round(judged))

    def batches(self, step: int) -> list[Batch]:
        """The prompts of a step, as one batch."""
        return [self._prepared(self._prompts(step))]

    def rollout(self, prompts: Sequence[Prompt], seed: int, together: World = ALONE) -> Rollout:
        """Judged answers to prompts, as many to each as the objective asks for, those to one side by side.

        Args:
            together: processes each of which has prompts of its own; the first asks the judges, once for all answers.

        Raises:
            InputError: as ``judge_scores``.
        """
        several = [prompt for prompt in prompts for _ in range(self.task.samples)]
        with torch.no_grad():
            made = self.task.answers(self.model, several, self.setting, seed)
            cuts = [slice(at, at + self.micro) for at in range(0, len(several), self.micro)]
            known = [self._known(made.rows(cut)) for cut in cuts]
        log_p, log_start, values, spread = (torch.cat(each) for each in zip(*known))
        everywhere = together.gathered(([prompt.asked for prompt in several], self.texts_of(made)))
        asked, answers = ([text for each in everywhere for text in each[side]] for side in (0, 1))
        scores = together.once(lambda: self._scores(asked, answers))
        before = sum(len(each[0]) for each in everywhere[: together.rank])
        judged = torch.tensor(scores[before : before + len(several)]).to(log_p)
        return Rollout(made.ids, made.begins, made.written, log_p, log_start, values, spread, judged)

    def texts_of(self, made: Sampled) -> list[str]:
        """Answers as texts, without what ends them."""
        decode = self.setting.required_vocab_ids.required_decode
        rows = zip(made.labels.tolist(), made.written.sum(1).tolist())
        return [decode(ids[:number]).strip() for ids, number in rows]

    def _known(self, made: Sampled) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Of the tokens of answers: log p, log p0, the values before them, the entropy of what might have come."""
        inputs, places, labels = made.inputs(), made.places, made.labels
        states, logits = foreseen(self.model, inputs, places)
        owned: Any = self.model.owned
        _, begun = foreseen(owned.start.model, inputs, places)
        values = owned.values(states, inputs, places) if self.task.valued else torch.zeros_like(states[..., 0])
        return log_likelihood(logits, labels), log_likelihood(begun, labels), values, entropy(logits)

    def _scores(self, prompts: Sequence[str], answers: Sequence[str]) -> list[float]:
        """The sum of the judges' scores of each answer; 0 without judges."""
        found = [judge_scores(judge, name, prompts, answers) for name, judge in self.judges.items()]
        return [sum(each) for each in zip(*found)] if found else [0.0] * len(answers)

    def _learned(self, answers: Sampled, aims: Mapping[str, Tensor], rows: Any) -> list[Batch]:
        """A minibatch, in parts that are computed at once."""
        cuts = [torch.from_numpy(rows[at : at + self.micro]) for at in range(0, len(rows), self.micro)]
        return [self._batch(answers.rows(cut.to(self.device)), aims, cut.to(self.device)) for cut in cuts]

    def _batch(self, some: Sampled, aims: Mapping[str, Tensor], rows: Tensor) -> Batch:
        targets = {"places": some.places, "labels": some.labels, "written": some.written}
        number = {"tokens": int(some.written.sum()), "answers": len(some.ids)}
        weights = {name: number[of] for name, of in self.task.terms.items()} | ({PRETRAINING: 0} if self.texts else {})
        targets |= {name: value[rows] for name, value in aims.items()}
        return Batch(some.inputs(), targets, weights, some.ids.numel())

    def _text(self, step: int, update: int) -> list[Batch]:
        """What of the pretraining text is learned beside a minibatch."""
        if not self.texts or not self.text:
            return []
        updates = self.task.passes * self.task.minibatches
        rows = [self.text.at(index, epoch) for epoch, index in self.texts.step(step * updates + update)]
        batch = self.next_token.prepare(rows, [generator(0)] * len(rows), self.setting)
        weights = {**dict.fromkeys(self.task.terms, 0), PRETRAINING: batch.weights["lm"]}
        return [replace(batch, weights=weights).to(self.device)]

    def loss(self, batch: Batch) -> Loss:
        if not batch.weights.get(PRETRAINING):
            return training_loss(self.task, self.model, batch)
        lm = self.next_token.loss(self.model, replace(batch, weights={"lm": batch.weights[PRETRAINING]}))
        return Loss({PRETRAINING: LossTerm(self.stage.objective.pretraining * lm.sum, lm.weight)})  # type: ignore[attr-defined]

    def _prompts(self, step: int) -> list[Prompt]:
        return [self.source.at(index, epoch) for epoch, index in self.sampler.step(step)]

    def _prepared(self, prompts: Sequence[Prompt]) -> Batch:
        return self.task.prepare(prompts, [], self.setting).to(self.device)

    def _seed(self, *numbers: int) -> int:
        return int(generator(self.run.seed, *numbers, self.world.rank).integers(2**62))

    # ------------------------------------------------------------ what is kept, and measured

    @property
    def carried(self) -> dict[str, Tensor]:
        return (
            {"kl": torch.tensor([self.kl], dtype=torch.float64)} if getattr(self.task.objective, "target", None) else {}
        )

    def resume(self, carried: Mapping[str, Tensor]) -> None:
        self.kl = float(carried["kl"]) if "kl" in carried else self.kl

    def evaluate(self, devices: Devices, targets: int = 0) -> dict[str, float]:
        """Reward and the rest of answers to held-out prompts, drawn from a fixed seed; the first process has them."""
        if self.held_out is None:
            return {}
        prompts = [self.held_out.at(each) for each in self.watched]
        return self.world.once(lambda: self.task.figures(self.rollout(prompts, HELD_OUT)))

    @property
    def watched(self) -> list[int]:
        """The numbers of the held-out prompts that are answered in an evaluation, by which weights are chosen."""
        number = len(self.held_out) if self.held_out else 0
        chosen: list[int] = np.sort(generator(HELD_OUT).permutation(number)[: self.run.held_out]).tolist()
        return chosen

    def judged(self, found: Mapping[str, float]) -> float:
        """Minus the reward, and infinite where answers are farther from the start than ``FARTHEST``."""
        return found["loss"] if found["kl"] <= FARTHEST else math.inf

    @property
    def recorded(self) -> dict[str, Any]:
        judges = [*map(recorded_name, self.judges)]
        facts = {"length": self.setting.length, "examples": len(self.source), "judges": judges}
        return {"declaration": repr(getattr(self.model, "spec", None)), "stage": repr(self.stage), **facts}

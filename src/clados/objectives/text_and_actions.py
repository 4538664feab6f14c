"""The next token, where it is of a text or of an action (Reed et al. 2022, eq. 2)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from clados import spec as s
from clados.apply.demonstrated import SHOWN
from clados.apply.ready import Ready
from clados.apply.time_steps import Sequenced, TimeSteps, sequenced
from clados.data import packing
from clados.data.examples import DataError, Episode, Text
from clados.data.packing import Packed, generator
from clados.data.values import discrete, to_bins
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, LossTerm, Random, Setting, padded
from clados.objectives.measures import Measure, Sample, share
from clados.objectives.tasks import Listed, Small, Source, SourceConfig, Task
from clados.objectives.text import first_guesses, lm_loss, stream

BINS = 1024  # in which continuous actions are counted (§2.1)


class TextAndActionsTask(Task[s.TextAndActions, Packed | TimeSteps], objective=s.TextAndActions):
    """Blocks of texts, and windows of episodes as observation, separator and action, step after step."""

    data = "texts-and-episodes"
    batch = 16
    term: ClassVar[str] = "lm"
    small = Small(steps=300, length=96, batch=16)

    @property
    def heads(self) -> tuple[str, ...]:
        return ("lm",)

    def refusal(self, model: s.Model) -> str:
        if not model.reads(s.Multimodal):
            return f"TextAndActions learns from texts and numbers; this {type(model).__name__} reads {model.kinds_read}"
        return super().refusal(model)

    def learnable(self, examples: Sequence[Any]) -> Sequence[Any]:
        for each in examples:
            if not isinstance(each, Text | Episode):
                raise DataError(f"TextAndActions learns from texts and episodes; the data hold {type(each).__name__}")
        return examples

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        """Texts in blocks, and windows of every episode; prompts are drawn anew in each epoch."""
        texts = [each for each in examples if isinstance(each, Text)]
        episodes = [each for each in examples if isinstance(each, Episode)]
        if config.shuffled:
            random = generator(config.seed, 2)
            episodes = [replace(each, actions=random.permutation(each.actions)) for each in episodes]
        rows: list[Any] = [(each, at) for each in episodes for at in _starts(each, config.length + 1)]
        if texts:
            blocks = packing.TokenBlocks(stream(texts, config), config.length + 1, config.separator("eos", "bos"))
            rows += [(blocks, index) for index in range(len(blocks))]
        agents: dict[str, list[Episode]] = {}
        for each in episodes:
            agents.setdefault(_agent(each), []).append(each)

        def make(row: Any, epoch: int, index: int) -> Packed | TimeSteps:
            kept, at = row
            if not isinstance(kept, Episode):
                block: Packed = kept.at(at)
                return block
            return self._window(kept, at, agents[_agent(kept)], config.length + 1, generator(config.seed, epoch, index))

        return Listed(rows, make)

    def _window(self, row: Episode, at: int, same: Sequence[Episode], length: int, random: Random) -> TimeSteps:
        """TimeSteps from ``at`` on; after those of a prompt, if one is drawn."""
        steps = length // _tokens(row)
        others = [each for each in same if each is not row]
        pieces = [slice(at, at + steps)]
        whole = [row]
        if others and random.random() < self.objective.prompted:
            other, most = others[random.integers(len(others))], max(1, int(SHOWN * steps))
            last = max(0, len(other) - most)
            start = last if random.random() < self.objective.from_end else int(random.integers(last + 1))
            pieces, whole = [slice(start, start + most), slice(at, at + steps - most)], [other, row]
        return TimeSteps(
            np.concatenate([each.observations[piece] for each, piece in zip(whole, pieces)]),
            np.concatenate([each.actions[piece] for each, piece in zip(whole, pieces)]),
        )

    def prepare(self, rows: Sequence[Packed | TimeSteps], random: Sequence[Random], setting: Setting) -> Batch:
        """Each token but the last is seen; those of texts and actions are to be predicted, but for the first."""
        inputs = setting.model.reads(s.Multimodal)
        if inputs is None:
            raise InputError(self.refusal(setting.model))
        made = [as_tokens(each, inputs) for each in rows]
        ids, keep = padded([each.ids for each in made], 0, 2)
        local, _ = padded([each.local for each in made], -1, 2)
        learned, _ = padded([each.learned.astype(np.int64) for each in made], 0, 2)
        at = learned[:, 1:].flatten().nonzero()[:, 0]
        labels = ids[:, 1:].flatten()[at]
        read = {"input_ids": ids[:, :-1].contiguous(), "local_positions": local[:, :-1].contiguous()}
        tokens = read["input_ids"].numel() if keep is None else int(keep[:, :-1].sum())
        acts = local[:, 1:].flatten()[at] == inputs.of_actions
        return Batch(read, {"labels": labels, "at": at, "acts": acts}, {"lm": len(labels)}, tokens)

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        """The loss, and the share of actions that the first guess hits."""
        states, acts = model.states(**batch.inputs), batch.targets["acts"]
        parts = {"lm": lm_loss(model, states, batch)}
        labels = batch.targets["labels"][acts]
        if not len(labels):
            return Loss(parts)
        scores = model.heads["lm"](states.flatten(0, 1)[batch.targets["at"][acts]], model.inputs, {})
        return Loss(parts, {"accuracy": LossTerm((scores.argmax(-1) == labels).sum(), len(labels))})

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """The frequencies of tokens of texts, and of actions, each among its own."""
        total, number = 0.0, 0
        for mine, others in zip(_predicted(trained), _predicted(held_out)):
            if not len(others):
                continue
            counts = np.bincount(mine, minlength=int(others.max()) + 1) + 1.0
            total -= float(np.log(counts / counts.sum())[others].sum())
            number += len(others)
        actions = others  # the last
        found = {"loss": total / number}
        return found | ({"accuracy": float((actions == counts.argmax()).mean())} if len(actions) else {})

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of tokens of texts and actions that the first guess hits, against the most frequent one."""
        return share("next token@1", "the most frequent token", *first_guesses(self, ready, sample))


def _agent(row: Episode) -> str:
    """Who acted in an episode, and in what: its document's name up to the last part."""
    return row.document.rpartition("/")[0]


def _tokens(row: Episode | TimeSteps) -> int:
    """Tokens of a time step: those of the observation, the separator, those of the action."""
    return int(row.observations[0].size + 1 + row.actions[0].size)


def _starts(row: Episode, length: int) -> range:
    """Where windows of so many tokens begin in an episode."""
    return range(0, len(row), max(1, length // _tokens(row)))


def as_tokens(row: Packed | TimeSteps, inputs: s.Multimodal) -> Sequenced:
    """A row as tokens: of texts all are learned, of steps those of the actions (§2.1, §2.3)."""
    if isinstance(row, Packed):
        return Sequenced(row.ids, np.full(len(row.ids), -1), np.ones(len(row.ids), bool))
    return sequenced(row, inputs)


def _predicted(source: Any) -> tuple[Ids, Ids]:
    """The tokens of texts in a source, and the actions."""
    made = [source.at(i) for i in range(len(source))]
    texts = [each.ids for each in made if isinstance(each, Packed)]
    actions = [_choices(each.actions.ravel()) for each in made if isinstance(each, TimeSteps)]
    empty = np.zeros(0, np.int64)
    return np.concatenate([empty, *texts]), np.concatenate([empty, *actions])


def _choices(actions: NDArray[Any]) -> Ids:
    return discrete(actions) if np.issubdtype(actions.dtype, np.integer) else to_bins(actions, BINS, 0)

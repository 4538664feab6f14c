"""What the objectives have in common that learn from a model's own answers to prompts, judged."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from clados.apply.ready import Ready
from clados.data.examples import DataError, Dialogue, Pair
from clados.data.templates import (
    ASSISTANT,
    SPEAKERS,
    Conversation,
    Turn,
    conversation,
    written,
)
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Random, Setting, with_mask
from clados.objectives.measures import Measure, Sample
from clados.objectives.owned import Frozen, Owned
from clados.objectives.reinforcement import Totals, here
from clados.objectives.sampling import Rollout, Sampled, foreseen_reward, sample
from clados.objectives.tasks import Fitting, Objective, Small, Source, SourceConfig, Task, of_kind
from clados.objectives.templated import Templated
from clados.spec.core.scale import width


@dataclass(frozen=True, eq=False)
class Prompt:
    """What is asked, in the example's own words and as tokens that end where the answer begins."""

    asked: str
    ids: Ids


class Beginning(Owned):
    """Beside a model that learns from its own answers: the stage's starting weights, and what foresees rewards.

    That is a head on the model's last states, or a critic, a model of its own that begins as a judge (Ouyang et al.
    2022, §3.5). The head starts at 0: nothing is expected then, and advantages are what came.
    """

    def __init__(self, model: WholeModel, start: WholeModel, critic: WholeModel | None = None) -> None:
        super().__init__()
        self.start = Frozen(start)
        self.critic = critic
        self.value = None if critic else nn.Linear(width(model.spec), 1, device=next(model.parameters()).device)
        for each in self.value.parameters() if self.value else ():
            nn.init.zeros_(each)

    def values(self, states: Tensor, inputs: Mapping[str, Tensor], places: Tensor) -> Tensor:
        """The reward that is expected before each token, [rows, new].

        Args:
            states: [rows, new, d_model], the model's; inputs, places: what it read, and where it foresaw the tokens.
        """
        if self.critic is not None:
            return foreseen_reward(self.critic, inputs, places)
        assert self.value is not None
        found: Tensor = self.value(states.float())[..., 0]
        return found


class RolloutTask(Templated[Any], Task[Objective, Prompt]):
    """Answers are sampled and judged: the training unit samples, the task says what is aimed at.

    Attributes:
        terms: the parts of the loss, and of what each is a mean: "tokens" or "answers".
        valued: whether it learns what answers are worth.
    """

    objective: Objective
    writes = ("continues",)
    reads: ClassVar[type[Any]] = Pair
    data = "instructions"
    length = 96
    batch = 16
    usual = False
    judged = True
    small = Small(steps=30, lr=1.5e-4)
    term = "loss"
    terms: ClassVar[Mapping[str, str]] = {"policy": "tokens"}
    valued: ClassVar[bool] = False

    @property
    def heads(self) -> tuple[str, ...]:
        return ("lm",)

    @property
    def samples(self) -> int:
        """Answers to a prompt."""
        return 1

    @property
    def passes(self) -> int:
        """Over the answers of a step."""
        return getattr(self.objective, "passes", 1)

    @property
    def minibatches(self) -> int:
        """Updates of a pass."""
        return getattr(self.objective, "minibatches", 1)

    @property
    def kl(self) -> float:
        """The coefficient of the distance from the starting weights, at first."""
        return float(getattr(self.objective, "kl", 0.0) or 0.0)

    def adapted(self, kl: float, found: float, answers: int) -> float:
        """The coefficient for the next step; ``found``: nats from the start, the mean of these ``answers``."""
        return kl

    # ------------------------------------------------------------ prompts

    def learnable(self, examples: Sequence[Any]) -> Sequence[Any]:
        return of_kind(examples, Dialogue if isinstance(examples[0], Dialogue) else Pair)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        """The examples' prompts; of a dialogue what was said up to its last answer."""
        room, template = config.length - self.answer(config.length), self.closed(config.required_tokenizer)
        begins = config.required_tokenizer.frame[0]
        asked = [_asked(each) for each in self.learnable(examples)]
        texts = [written(template, each).text for _, each in asked]
        placed = config.required_tokenizer.encode_placed(texts)
        rows = [Prompt(words, np.array([*begins, *ids], np.int64)) for (words, _), (ids, _) in zip(asked, placed)]
        kept = tuple(row for row in rows if 0 < len(row.ids) <= room)
        if not kept:
            longest = f"the shortest has {min(len(row.ids) for row in rows)}" if rows else "there is none"
            raise DataError(
                f"no prompt has from 1 to {room} tokens, what {config.length} leave beside an answer: {longest}"
            )
        return Fitting(kept, dropped=len(rows) - len(kept))

    def answer(self, length: int) -> int:
        """The most tokens of an answer: half a sequence."""
        return max(1, length // 2)

    def prepare(self, rows: Sequence[Prompt], random: Sequence[Random], setting: Setting) -> Batch:
        """Prompts to write after, padded on the left."""
        longest = max(len(row.ids) for row in rows)
        ids = np.stack([np.pad(row.ids, (longest - len(row.ids), 0)) for row in rows])
        keep = np.arange(longest) >= longest - np.array([len(row.ids) for row in rows])[:, None]
        mask = with_mask(None if keep.all() else torch.from_numpy(keep))
        return Batch({"input_ids": torch.from_numpy(ids), **mask}, {}, {}, ids.size)

    def answers(self, model: WholeModel, prompts: Sequence[Prompt], setting: Setting, seed: int) -> Sampled:
        """An answer to each prompt, drawn from the seed."""
        batch = self.prepare(prompts, [], setting).to(next(model.parameters()).device)
        return sample(model, batch, self.answer(setting.length), setting.required_vocab_ids.ids.get("eos"), seed)

    def figures(self, found: Rollout) -> dict[str, float]:
        """What is watched of held-out answers; the loss is minus the reward."""
        figures = found.figures()
        return {"loss": -figures["reward"], **figures}

    # ------------------------------------------------------------ what is learned

    def chosen(self, found: Rollout) -> Tensor:
        """The rows that are learned from, all of them but where the best are chosen."""
        return torch.arange(len(found), device=found.ids.device)

    @abstractmethod
    def aims(self, found: Rollout, kl: float, summed: Totals = here) -> dict[str, Tensor]:
        """What the loss asks of each answer beside its tokens, each [rows, ...]; over the whole step's answers.

        Args:
            summed: adds up numbers over all processes, each of which has answers of its own.
        """

    # ------------------------------------------------------------ how it is judged

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        raise InputError(
            f"{type(self.objective).__name__} has no loss that guesses could have: its judges say what it is"
        )

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        raise InputError(f"{type(self.objective).__name__} is measured by its judges while it learns")


def _asked(example: Pair | Dialogue) -> tuple[str, Conversation]:
    """What an example asks, in its own words, and the conversation up to the answer that is to come."""
    said = conversation(example)
    if not said.turns:
        raise DataError(f"{example.document}: nothing is asked in it")
    last = said.turns[-1]
    words = (
        example.source
        if isinstance(example, Pair)
        else "\n".join(text for _, text in example.messages[: _open(example)])
    )
    return words, Conversation((*said.turns[:-1], Turn(last.prompt, None)), said.system)


def _open(example: Dialogue) -> int:
    """How many of a dialogue's messages come before its last answer."""
    roles = [role for role, _ in example.messages]
    number = len(roles)
    while number > 1 and roles[number - 1] == roles[-1] and SPEAKERS.get(roles[-1].lower()) == ASSISTANT:
        number -= 1
    return number

"""Answers that a model samples to prompts, and how likely their tokens are."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from clados import spec as s
from clados.apply.generate import generate
from clados.checkpoints.generation import GenerationConfig
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, with_mask
from clados.objectives.reinforcement import Totals, here


@dataclass(frozen=True, eq=False)
class Rollout:
    """Judged answers to prompts, side by side.

    Attributes:
        ids: [rows, length], each prompt with its answer behind it, padded on the right.
        begins: [rows], where the answers begin.
        written: [rows, new] bool, which of the tokens from there on are the answer's; its end token is one of them.
        log_p, log_start: [rows, new], of these tokens by the model that wrote them and by the stage's start.
        values: [rows, new], what was expected before each; entropy: [rows, new], of the tokens that might have come.
        scores: [rows], the judges'.
    """

    ids: Tensor
    begins: Tensor
    written: Tensor
    log_p: Tensor
    log_start: Tensor
    values: Tensor
    entropy: Tensor
    scores: Tensor

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def kl(self) -> Tensor:
        """log p - log p0 of each answer, [rows], nats."""
        return ((self.log_p - self.log_start) * self.written).sum(1)

    def figures(self, summed: Totals = here) -> dict[str, float]:
        """What is watched, each a mean over the answers: reward, nats from the start, tokens, entropy of a token.

        Args:
            summed: adds up numbers over all processes, each of which has answers of its own.
        """
        spread = (self.entropy * self.written).sum()
        own = torch.tensor(len(self)), self.written.sum(), self.scores.sum(), self.kl.sum(), spread
        number, tokens, reward, kl, entropy = map(float, summed(own))
        return {"reward": reward / number, "kl": kl / number, "length": tokens / number, "entropy": entropy / tokens}


@dataclass(frozen=True, eq=False)
class Sampled:
    """What was written to prompts: the first three of a ``Rollout``."""

    ids: Tensor
    begins: Tensor
    written: Tensor

    def inputs(self) -> dict[str, Tensor]:
        """What the model reads to say how likely they are: all but the last token of each row."""
        keep = torch.arange(self.ids.size(1) - 1, device=self.ids.device) < (self.begins + self.written.sum(1))[:, None]
        return {"input_ids": self.ids[:, :-1], **with_mask(None if bool(keep.all()) else keep)}

    @property
    def places(self) -> Tensor:
        """Where the tokens of the answers are foreseen, [rows, new]."""
        new = torch.arange(self.written.size(1), device=self.ids.device)
        return (self.begins[:, None] - 1 + new).clamp(max=self.ids.size(1) - 2)

    @property
    def labels(self) -> Tensor:
        """The tokens of the answers, [rows, new]."""
        return self.ids.gather(1, self.places + 1)

    def rows(self, chosen: slice | Tensor) -> "Sampled":
        """Some of the rows."""
        return Sampled(self.ids[chosen], self.begins[chosen], self.written[chosen])


def sample(model: WholeModel, prompts: Batch, new: int, eos: int | None, seed: int) -> Sampled:
    """An answer to each prompt, drawn token by token as likely as the model has it (temperature 1).

    Args:
        prompts: [rows, length] ids that are padded on the left; new: the most tokens of an answer; eos: what ends one.
    """
    given, keep = prompts.inputs["input_ids"], prompts.inputs.get("attention_mask")
    made = generate(
        model, given, attention_mask=keep, max_new_tokens=new, temperature=1.0, config=GenerationConfig(), seed=seed,
        eos=() if eos is None else eos, pad=0,
    ).clone()  # fmt: skip
    answers = made[:, given.size(1) :]
    ends = answers == (-1 if eos is None else eos)
    done = (ends.cumsum(1) - ends.long()) == 0
    begins = torch.full_like(given[:, 0], given.size(1)) if keep is None else keep.sum(1)
    moved = torch.arange(made.size(1), device=made.device)[None] + (given.size(1) - begins)[:, None]
    ids = made.gather(1, moved.clamp(max=made.size(1) - 1))
    inside = torch.arange(made.size(1), device=made.device) < (begins + done.sum(1))[:, None]
    return Sampled(ids * inside, begins, done)


def foreseen(model: WholeModel, batch: Mapping[str, Tensor], places: Tensor) -> tuple[Tensor, Tensor]:
    """The states from which the tokens of answers are foreseen, [rows, new, d_model], and scores of the vocabulary."""
    states = _states_at(model, batch, places)
    logits: Tensor = model.heads["lm"](states, model.written_inputs, {})
    return states, logits.float()


def foreseen_reward(critic: WholeModel, batch: Mapping[str, Tensor], places: Tensor) -> Tensor:
    """What a reward model finds of each text up to the places, [rows, new]."""
    found: Tensor = critic.heads[s.Scalar.slot].out(_states_at(critic, batch, places))[..., 0]
    return found.float()


def _states_at(model: WholeModel, batch: Mapping[str, Tensor], places: Tensor) -> Tensor:
    """Last states at places, [rows, new, d_model]."""
    states: Tensor = model.states(**batch)
    return states[torch.arange(len(states), device=states.device)[:, None], places]


def log_likelihood(logits: Tensor, labels: Tensor) -> Tensor:
    """log p of tokens, [rows, new], by scores of [rows, new, vocabulary]."""
    return logits.gather(-1, labels[..., None])[..., 0] - logits.logsumexp(-1)

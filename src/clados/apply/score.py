"""score: how good answers to prompts are, as a reward model finds."""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from clados import spec as s
from clados.apply.ready import ModelSource, Ready, batched, listed, load, pad_ids
from clados.data.examples import DataError, Pair
from clados.data.templates import closed, conversation, written
from clados.data.tokenizer import Tokenizer
from clados.errors import InputError
from clados.names import quotation
from clados.nn.memory import enough_memory


@enough_memory("scoring these answers", "give shorter texts, or a smaller batch")
@torch.inference_mode()
def score(
    source: ModelSource,
    prompts: str | Sequence[str],
    answers: str | Sequence[str],
    *,
    batch: int = 32,
    device: str | torch.device = "cpu",
) -> list[float]:
    """The reward of each answer to its prompt; texts of like length are read together.

    Args:
        prompts: as many as answers, or one for all of them.

    Raises:
        InputError: for a model without a reward, other numbers of prompts and answers.
        DataError: for an empty answer, a text of which the vocabulary knows nothing, and a prompt that leaves no room
            for an answer.
    """
    ready = load(source, "score", device=device)
    replies, asked = listed(answers), listed(prompts)
    ready.check_words(replies, "answer")
    ready.check_words(asked, "prompt")
    asked = asked * len(replies) if len(asked) == 1 else asked
    if len(asked) != len(replies):
        raise InputError(f"{len(asked)} prompts and {len(replies)} answers: give one prompt, or one for each answer")
    refuse_empty(asked, replies)
    return rewards(ready, asked, replies, batch=batch)


@torch.inference_mode()
def rewards(ready: Ready, asked: Sequence[str], replies: Sequence[str], *, batch: int = 32) -> list[float]:
    """The reward of each answer to its prompt, also of one that has no words, as a model may write.

    Raises:
        DataError: for a prompt that leaves no room for an answer.
    """
    template = getattr(ready.objective, "template", s.Template())
    cut = list[list[int]]()
    for prompt, row in zip(asked, judged_rows(ready.required_tokenizer, template, asked, replies)):
        if (ids := row.cut(ready.positions)) is None:
            said = f"the prompt {quotation(prompt)} is {row.asked} tokens long"
            raise DataError(f"{said}; with an answer {ready.positions} are allowed")
        cut.append(ids)
    rows = ready.known(cut)
    found, pad = [0.0] * len(rows), ready.required_tokenizer.ids.get("pad", 0)
    for numbers in batched(rows, batch, len):
        read, keep = pad_ids([rows[number] for number in numbers], pad, ready.device)
        rewards = ready.model(read, attention_mask=keep).rewards.float().tolist()
        for number, reward in zip(numbers, rewards):
            found[number] = reward
    return found


def refuse_empty(prompts: Sequence[str], answers: Sequence[str]) -> None:
    """Refuse answers without words.

    Raises:
        DataError: for the first of them.
    """
    for prompt, answer in zip(prompts, answers):
        if not answer.strip():
            raise DataError(f"the answer to {quotation(prompt)} is empty")


class JudgedRow(NamedTuple):
    """A prompt with an answer as tokens, and how many of them stand before the answer."""

    ids: list[int]
    asked: int

    def cut(self, most: int | None) -> list[int] | None:
        """So many tokens at most, the end of the answer left out; None where the prompt leaves no room for one."""
        if most is not None and self.asked > most - 2:
            return None
        return self.ids if most is None or len(self.ids) <= most else [*self.ids[: most - 1], self.ids[-1]]


def judged_rows(
    tokenizer: Tokenizer, template: s.Template, prompts: Sequence[str], answers: Sequence[str]
) -> list[JudgedRow]:
    """Prompts with their answers as they are judged: by the template, the end token last."""
    eos = tokenizer.roles.eos or ""
    form = closed(template, eos, continues=True)
    texts = [written(form, conversation(Pair("", prompt, answer))) for prompt, answer in zip(prompts, answers)]
    before, _ = tokenizer.frame
    close = [tokenizer.ids["eos"]] if eos and eos not in form.answer else []
    rows = []
    for text, (ids, places) in zip(texts, tokenizer.encode_placed([each.text for each in texts])):
        asked = len(before) + sum(end <= text.answers[0][0] for _, end in places)
        rows.append(JudgedRow([*before, *ids, *close], asked))
    return rows

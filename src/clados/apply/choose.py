"""choose: which of several answers a model finds likeliest, as T0 and Flan are measured (rank classification)."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from clados import spec as s
from clados.apply.chat import template_of
from clados.apply.logprobs import logprobs_of
from clados.apply.ready import ModelSource, Ready, listed, load
from clados.apply.write import prompt_ids
from clados.data.examples import DataError
from clados.data.templates import messages, written
from clados.errors import InputError


@dataclass(frozen=True)
class ScoredChoice:
    """An answer, its number among those given, from 0, and its log-probability."""

    text: str
    index: int
    logprob: float


def likeliest(
    source: ModelSource,
    prompt: str,
    choices: str | Sequence[str],
    *,
    per_token: bool = False,
    device: str | torch.device = "cpu",
) -> list[ScoredChoice]:
    """Answers by their log-probability behind a prompt, the likeliest first; of equal ones the first given.

    The sum over an answer's tokens, without regard to its length, as T0 is measured (Sanh et al. 2021, §5.2;
    bigscience-workshop/t-zero t0/model.py). Of a model that was tuned by a template, prompt and answer stand in it; of
    an encoder-decoder the end token counts.

    Args:
        per_token: whether the mean over an answer's tokens is taken instead (Brown et al. 2020, §2.4).

    Raises:
        InputError: for a model that does not write, and what is too long for it.
        DataError: for no choice, an empty one, a prompt without a token, or a text of which the vocabulary knows
            nothing.
    """
    ready = load(source, "generate", device=device)
    answers = listed(choices)
    ready.check_words(answers, "choice")
    ready.check_words([prompt], "prompt")
    if "" in (each.strip() for each in answers):
        raise DataError(f"choice {[each.strip() for each in answers].index('') + 1} is empty; it has no probability")
    given, rows = _rows(ready, prompt, answers)
    if not given:
        raise DataError("prompt is empty; a choice has a probability behind a text")
    longest = len(given) * (ready.spec.writes != "answers") + max(map(len, rows))
    if ready.positions is not None and longest > ready.positions:
        raise InputError(
            f"prompt and choice are {longest} tokens long; {ready.name} has positions for {ready.positions}"
        )
    found = logprobs_of(ready, ready.known([given] * len(rows)), ready.known(rows))
    scores = [sum(each) / (len(each) if per_token else 1) for each in found]
    return [ScoredChoice(answers[n], n, scores[n]) for n in sorted(range(len(scores)), key=lambda n: -scores[n])]


def _rows(ready: Ready, prompt: str, answers: Sequence[str]) -> tuple[list[int], list[list[int]]]:
    """The ids of the prompt, and of each answer behind it."""
    tokenizer, reads = ready.required_tokenizer, ready.spec.writes == "answers"
    if not isinstance(getattr(ready.objective, "template", None), s.Template):
        return prompt_ids(ready, prompt), tokenizer.encode_batch(answers, add_special_tokens=reads)
    form = template_of(ready)
    asked = written(form, messages([("user", prompt)])).text
    told = (written(form, messages([("user", prompt), ("assistant", each)])).text for each in answers)
    rows = tokenizer.encode_batch([asked, *(each[len(asked) :] for each in told)], add_special_tokens=False)
    before, after = tokenizer.frame
    return [*before, *rows[0], *(after if reads else [])], rows[1:]

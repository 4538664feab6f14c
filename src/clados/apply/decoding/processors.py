"""What changes the scores of tokens before one is chosen, in the order of transformers 5.23.0."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from clados.errors import InputError

# From the texts so far, [rows, length], and the scores of what may follow, float32 [rows, vocabulary], to new scores.
# The scores that are given may be overwritten.
Processor = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class Constraints:
    """Constraints on the generated tokens; by default none.

    Attributes:
        repetition_penalty: scores of tokens that are there already are divided by it (those below zero multiplied;
            Keskar et al. 2019, CTRL, §4.1).
        no_repeat_ngram_size: n-grams of this size occur once at most; 0: no limit.
        bad_words_ids: sequences of tokens that do not come.
        min_length: tokens before a text may end, those of the prompt or the start included.
        min_new_tokens: the same, of new tokens.
        forced_bos_token_id: the token after a start of one token.
        forced_eos_token_id: tokens of which one is the last of a text that is cut.
        suppress_tokens: tokens that never come; begin_suppress_tokens: not as the first.
    """

    repetition_penalty: float = 1.0
    no_repeat_ngram_size: int = 0
    bad_words_ids: Sequence[Sequence[int]] = ()
    min_length: int = 0
    min_new_tokens: int = 0
    forced_bos_token_id: int | None = None
    forced_eos_token_id: Sequence[int] = ()
    suppress_tokens: Sequence[int] = ()
    begin_suppress_tokens: Sequence[int] = ()


def processor(
    wanted: Constraints,
    start: int,
    new: int,
    ends: Tensor,
    vocab_size: int,
    attention_mask: Tensor | None,
    allowed: Callable[[Tensor], Tensor] | None = None,
) -> Processor | None:
    """One function for all constraints; None where there are none.

    Args:
        start: tokens of a text before the new ones; new: how many these may be.
        ends: ids that end a text.
        vocab_size: the size of the vocabulary; ids beyond it are ignored.
        attention_mask: [batch, start] of a decoder's prompts, 0 for the padding on their left.
        allowed: from the new tokens so far, [rows, new], which may follow: [rows, vocabulary] bool.
    """
    ends = ends[ends < vocab_size]
    suppress, begin, last = (
        _inside(ids, vocab_size, ends)
        for ids in (wanted.suppress_tokens, wanted.begin_suppress_tokens, wanted.forced_eos_token_id)
    )
    bad = [each for each in wanted.bad_words_ids if max(each) < vocab_size and list(each) not in ends[:, None].tolist()]
    first = wanted.forced_bos_token_id
    begins = start + (start == 1 and first is not None)
    least = max(wanted.min_length, start + wanted.min_new_tokens if wanted.min_new_tokens else 0)
    steps: list[Processor] = []
    if allowed is not None:
        steps.append(lambda ids, scores: scores.masked_fill(~allowed(ids[:, start:]), -torch.inf))
    if wanted.repetition_penalty != 1.0:
        pads = None if attention_mask is None else (attention_mask != 0).int().argmax(1)
        steps.append(_penalised(wanted.repetition_penalty, pads))
    if wanted.no_repeat_ngram_size:
        steps.append(_without_repeats(wanted.no_repeat_ngram_size))
    if bad:
        steps.append(_without_words(bad, ends.device))
    if least > start and ends.numel():
        steps.append(_without(ends, lambda length: length < least))
    if first is not None:
        steps.append(_only(_inside([first], vocab_size, ends), 1))
    if last.numel():
        steps.append(_only(last, start + new - 1))
    if suppress.numel():
        steps.append(_without(suppress, lambda length: True))
    if begin.numel():
        steps.append(_without(begin, lambda length: length == begins))
    if not steps:
        return None

    def process(ids: Tensor, scores: Tensor) -> Tensor:
        for step in steps:
            scores = step(ids, scores)
        return scores

    return process


def check_open(scores: Tensor) -> None:
    """Refuse to choose where no token is left, [rows, vocabulary].

    Raises:
        InputError: a row is -inf everywhere.
    """
    if bool((scores == -torch.inf).all(-1).any()):
        raise InputError("no token may come next: what is asked of the text rules them all out together")


def _inside(ids: Sequence[int], vocab_size: int, like: Tensor) -> Tensor:
    return like.new_tensor([each for each in ids if each < vocab_size], dtype=torch.long)


def _penalised(penalty: float, pads: Tensor | None) -> Processor:
    def process(ids: Tensor, scores: Tensor) -> Tensor:
        if pads is not None:  # beams of one text lie side by side
            left = pads.repeat_interleave(ids.size(0) // pads.size(0))[:, None]
            ids = ids.masked_fill(torch.arange(ids.size(1), device=ids.device) < left, scores.size(1))
        seen = scores.new_zeros(scores.size(0), scores.size(1) + 1, dtype=torch.bool)
        seen = seen.scatter_(1, ids.clamp(max=scores.size(1)), value=True)[:, :-1]
        return torch.where(seen, torch.where(scores < 0, scores * penalty, scores / penalty), scores)

    return process


def _without_repeats(size: int) -> Processor:
    def process(ids: Tensor, scores: Tensor) -> Tensor:
        length = ids.size(1)
        if length < size:
            return scores
        grams = ids.unfold(1, size, 1)  # [rows, length - size + 1, size]
        again = (grams[..., :-1] == ids[:, None, length - size + 1 :]).all(-1)
        banned = scores.new_zeros(scores.size(0), scores.size(1) + 1, dtype=torch.bool)
        banned.scatter_(1, grams[..., -1].masked_fill(~again, scores.size(1)).clamp(max=scores.size(1)), value=True)
        return scores.masked_fill(banned[:, :-1], -torch.inf)

    return process


def _without_words(sequences: Sequence[Sequence[int]], device: torch.device) -> Processor:
    single = torch.tensor([each[0] for each in sequences if len(each) == 1], dtype=torch.long, device=device)
    longer = [(torch.tensor(each[:-1], device=device), each[-1]) for each in sequences if len(each) > 1]

    def process(ids: Tensor, scores: Tensor) -> Tensor:
        scores = scores.index_fill(1, single, -torch.inf)
        for before, last in longer:
            if len(before) <= ids.size(1):
                scores[(ids[:, -len(before) :] == before).all(1), last] = -torch.inf
        return scores

    return process


def _without(tokens: Tensor, when: Callable[[int], bool]) -> Processor:
    def process(ids: Tensor, scores: Tensor) -> Tensor:
        return scores.index_fill(1, tokens, -torch.inf) if when(ids.size(1)) else scores

    return process


def _only(tokens: Tensor, length: int) -> Processor:
    def process(ids: Tensor, scores: Tensor) -> Tensor:
        if ids.size(1) != length:
            return scores
        return torch.full_like(scores, -torch.inf).index_fill_(1, tokens, 0.0)

    return process

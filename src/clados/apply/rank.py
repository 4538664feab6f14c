"""rank: which passages answer a question best."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from clados import spec as s
from clados.apply.embed import embed, similarity
from clados.apply.ready import ModelSource, Ready, batched, load, pad_ids
from clados.errors import InputError
from clados.nn.memory import enough_memory

PASSAGES = ("document", "passage", "corpus")  # names of a passage's prompt, in sentence-transformers' order


@dataclass(frozen=True)
class Ranked:
    """A passage, its number among those given, from 0, and its score: higher is better."""

    text: str
    index: int
    score: float


@enough_memory("ranking these passages", "give fewer tokens, or a smaller batch")
@torch.inference_mode()
def rank(
    source: ModelSource,
    query: str,
    texts: str | Sequence[str],
    *,
    top: int | None = None,
    query_prompt: str | None = None,
    passage_prompt: str | None = None,
    batch: int = 32,
    device: str | torch.device = "cpu",
) -> list[Ranked]:
    """Passages by how well they fit a question, the best first; of equal ones the first given first.

    A model that makes vectors gives their similarity by the directory's measure, as a rule the cosine; a cross-encoder,
    which reads question and passage together and has one class, its score before any sigmoid.

    Args:
        top: how many are given; None: all.
        query_prompt, passage_prompt: put before them; when None the directory's prompts of the names ``query``, and
            ``document``, ``passage`` or ``corpus``, where it has them, else its default one. A cross-encoder has none.

    Raises:
        InputError: for a model that does neither, and empty texts.
        DataError: for no passages, a query of which the vocabulary knows nothing, or a directory without a tokenizer.
    """
    if not query.strip():
        raise InputError("query is empty; there is nothing to rank by")
    ready = load(source, "rank", device=device)
    passages = ready.texts(texts, "rank", refuse=False)
    ready.check_words([query], "query")
    if ready.spec.head(s.Embedding.slot) is None:
        scores = _together(ready, query, passages, batch)
    else:
        prompts = ready.embedding.prompts
        first = prompts.get("query") if query_prompt is None else query_prompt
        known = (prompts[name] for name in PASSAGES if name in prompts)
        second = next(known, None) if passage_prompt is None else passage_prompt
        asked = embed(ready, query, prompt=first, normalise=False)
        found = embed(ready, passages, prompt=second, batch=batch, normalise=False)
        scores = similarity(ready, torch.cat([asked, found]))[0, 1:].tolist()
    order = sorted(range(len(passages)), key=lambda i: -scores[i])
    return [Ranked(passages[i], i, scores[i]) for i in order[:top]]


def _together(ready: Ready, query: str, passages: Sequence[str], batch: int) -> list[float]:
    """The score of each passage, read behind the question; pairs that are too long lose the passage's end."""
    rows = ready.known([ready.required_tokenizer.encode(query, each) for each in passages])
    ready.say_cut({number: len(row) for number, row in enumerate(rows)}, len(rows), ready.positions)
    scores = [0.0] * len(rows)
    types = (text := ready.spec.reads(s.Tokens)) is not None and text.types > 1
    asked = len(ready.required_tokenizer.encode(query))
    for numbers in batched(rows, batch, len):
        cut = [_cut(rows[number], ready.positions) for number in numbers]
        ids, keep = pad_ids(cut, ready.required_tokenizer.ids.get("pad", 0), ready.device)
        more = {"token_type_ids": (torch.arange(ids.size(1), device=ids.device) >= asked).long().expand_as(ids)}
        found = ready.model(ids, attention_mask=keep, **(more if types else {})).logits[:, 0].float().tolist()
        for number, score in zip(numbers, found):
            scores[number] = score
    return scores


def _cut(ids: list[int], most: int | None) -> list[int]:
    return ids if most is None or len(ids) <= most else [*ids[: most - 1], ids[-1]]

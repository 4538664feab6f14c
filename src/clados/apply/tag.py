"""tag: what the words of a text are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch

from clados.apply.ready import ModelSource, batched, load
from clados.apply.whole import read_ready
from clados.data.tokenizer import ReadText
from clados.nn.memory import enough_memory

ONE_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class TaggedPart:
    """A word, or several that are one entity: its place in the text, first character and the one after the last.

    Its probability is the mean over its words.
    """

    text: str
    tag: str
    start: int
    end: int
    probability: float


@enough_memory("tagging these texts", "give shorter texts, or a smaller batch")
@torch.inference_mode()
def tag(
    source: ModelSource,
    texts: str | Sequence[str],
    *,
    batch: int = 32,
    device: str | torch.device = "cpu",
) -> list[list[TaggedPart]]:
    """The tags of each text's words, by the first piece of each; punctuation marks are words of their own.

    Where the tags mark entities (``B-``, ``I-`` and ``O``), only these are given, each whole. Words beyond the model's
    positions are left out, and a warning says so.

    Raises:
        InputError: for a model that tags no words, and an empty text.
        DataError: for no texts, and a directory without a tokenizer.
    """
    ready = load(source, "tag", device=device)
    given = ready.texts(texts, "tag", refuse=False)
    places = [[each.span() for each in ONE_WORD.finditer(text)] for text in given]
    words = [joined([text[a:b] for a, b in some]) for text, some in zip(given, places)]
    rows = ready.read([text for text, _ in words])
    found: list[list[TaggedPart]] = [[] for _ in given]
    for numbers in batched(rows, batch, lambda row: len(row.ids)):
        scores = ready.model(**read_ready(ready, [rows[number] for number in numbers])).logits.float().softmax(-1)
        for number, each in zip(numbers, scores.cpu()):
            at, which = first_pieces(rows[number], words[number][1])
            best = each[at].max(-1)
            named = [ready.labels[i] if i < len(ready.labels) else str(i) for i in best.indices.tolist()]
            spans = [places[number][word] for word in which]
            parts = [
                TaggedPart(given[number][a:b], name, a, b, chance)
                for (a, b), name, chance in zip(spans, named, best.values.tolist())
            ]
            marked = any(name[:2] in ("B-", "I-") for name in ready.labels)
            found[number] = _entities(parts, given[number]) if marked else parts
    return found


def joined(words: Sequence[str]) -> tuple[str, list[int]]:
    """Words as a text, parted by spaces, and where each begins."""
    return " ".join(words), [0, *accumulate(len(word) + 1 for word in words[:-1])]


def first_pieces(read: ReadText, starts: Sequence[int]) -> tuple[list[int], list[int]]:
    """At which token each word begins, and which words these are: of some nothing is left, or they are cut off."""
    at, words, word = list[int](), list[int](), 0
    for place, (side, (first, last)) in enumerate(zip(read.sides, read.places)):
        if side is None or last <= first:
            continue
        while word < len(starts) and (word + 1 < len(starts) and starts[word + 1] < last):
            word += 1
        if word < len(starts) and last > starts[word] and (not words or words[-1] != word):
            at.append(place)
            words.append(word)
    return at, words


def _entities(parts: Sequence[TaggedPart], text: str) -> list[TaggedPart]:
    """Entities whole: a ``B-`` begins one, an ``I-`` of the same kind goes on with it."""
    groups: list[list[TaggedPart]] = []
    open_ = ""
    for each in parts:
        mark, _, kind = each.tag.partition("-")
        if mark == "I" and groups and kind == open_:
            groups[-1].append(each)
        elif mark in ("B", "I"):
            groups.append([each])
        open_ = kind if mark in ("B", "I") else ""
    return [
        TaggedPart(
            text[some[0].start : some[-1].end],
            some[0].tag.partition("-")[2],
            some[0].start,
            some[-1].end,
            sum(each.probability for each in some) / len(some),
        )
        for some in groups
    ]

"""A text from left to right, some of its spans after its end (Aghajanyan et al. 2022, §2.1)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from clados import spec as s
from clados.apply.ready import Ready
from clados.data import packing
from clados.data.packing import Packed
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, Random, Setting, VocabIds
from clados.objectives.denoised import only_hidden
from clados.objectives.measures import Measure, Sample, share
from clados.objectives.tasks import Small, Source, SourceConfig
from clados.objectives.text import TextTask, beside_bigram, first_guesses, lm_loss, next_tokens, packed_texts, stream

Ends = tuple[int, int]


class CausalMaskedTask(TextTask[s.CausalMasked, Packed], objective=s.CausalMasked):
    """Documents one after the other, cut into blocks, with masks in the place of the spans that follow them."""

    writes = ("continues",)
    data = "html"
    small = Small(params="600K", steps=160, length=64, batch=16, dropout=0.0)
    longer = Small(params="1M", steps=400, length=64, batch=16, dropout=0.0)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        """Blocks that fit with one span, which takes two masks and an end token; of more, the last are cut."""
        return packing.TokenBlocks(stream(examples, config), config.length - 2, config.separator("eos", "bos"))

    def row(self, texts: Sequence[Ids]) -> Packed:
        return packed_texts(texts)

    def prepare(self, rows: Sequence[Packed], random: Sequence[Random], setting: Setting) -> Batch:
        """Each token is predicted from those before it, but for the masks."""
        vocab_ids, room = setting.required_vocab_ids, setting.length + 1 if setting.length else None
        made = [moved(row.ids, self._spans(row, vocab_ids, draw), vocab_ids) for row, draw in zip(rows, random)]
        batch = next_tokens([Packed(each.ids[:room], each.ids[:room]) for each in made])
        hidden = torch.from_numpy(np.concatenate([each.hidden[1:room] for each in made]))
        asked = ~torch.isin(batch.targets["labels"], torch.tensor(vocab_ids.sentinels))
        at = batch.targets.get("at", torch.arange(len(asked)))
        targets = {"labels": batch.targets["labels"][asked], "at": at[asked], "hidden": hidden[asked]}
        return replace(batch, targets=targets, weights={"lm": int(asked.sum())})

    def _spans(self, row: Packed, vocab_ids: VocabIds, random: Random) -> list[Ends]:
        if len(row.ids) < 2:
            return []
        first = np.flatnonzero(np.diff(row.documents, prepend=-1))
        last = np.append(first[1:], len(row.ids))
        last -= ~vocab_ids.is_text[row.ids[last - 1]]  # the token that closes a document
        found = random_ends(self.objective, len(row.ids), random)
        return sorted(filter(None, (within(span, first, last) for span in found)))

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        return Loss({"lm": lm_loss(model, model.states(**batch.inputs), batch)})

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        return f"{super().compared(ends, baseline)}, {beside_bigram(ends, baseline)}"

    def batches(self, ready: Ready, sample: Sample) -> Iterator[Batch]:
        """The batches of a sample's rows; to be predicted are the spans that were moved."""
        return map(only_hidden, super().batches(ready, sample))

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of tokens of moved spans that the first guess hits, against the most frequent token."""
        return share("moved@1", "the most frequent token", *first_guesses(self, ready, sample))


class Moved(NamedTuple):
    """A text with its spans after its end, and which of its tokens are of these."""

    ids: Ids
    hidden: NDArray[np.bool_]


def random_ends(objective: s.CausalMasked, length: int, random: Random) -> list[Ends]:
    """Spans that do not overlap, both ends of each uniform; of n, the last of n^2 candidates that fit.

    (``get_spans_to_mask`` of github:facebookresearch/metaseq cm3_dataset.py, whose number may be none; the paper's is
    one at least. Its candidates without any token, which would lose one, are passed over.)
    """
    number = int(np.clip(random.poisson(objective.spans), *objective.bounds))
    drawn = random.random((number**2, 2))
    first, second = (np.sort(drawn, 1) if number == 1 else drawn).T
    ends = np.sort([(first * length).astype(int), (second * length + 0.5).astype(int)], axis=0)
    found: list[Ends] = []
    for start, end in ends.T[::-1].tolist():
        if len(found) < number and start < end and not any(start < b and a < end for a, b in found):
            found.append((start, end))
    return found


def within(span: Ends, first: Ids, last: Ids) -> Ends | None:
    """The part of a span in the document of which it has most; None where that is nothing."""
    starts, ends = np.maximum(span[0], first), np.minimum(span[1], last)
    most = int(np.argmax(ends - starts))
    return (int(starts[most]), int(ends[most])) if starts[most] < ends[most] else None


def moved(ids: Ids, spans: Sequence[Ends], vocab_ids: VocabIds) -> Moved:
    """A numbered mask in the place of each span; after the text the mask again, the span, and the end token.

    Raises:
        InputError: when there are more spans than sentinels, which are the masks.
    """
    if len(spans) > len(vocab_ids.sentinels):
        raise InputError(f"{len(spans)} spans are moved, but the vocabulary has {len(vocab_ids.sentinels)} sentinels")
    seen, stays, after, taken = ids.copy(), np.ones(len(ids), bool), [], []
    for mask, (start, end) in zip(vocab_ids.sentinels, spans):
        seen[start] = mask
        stays[start + 1 : end] = False
        after += [np.array([mask]), ids[start:end], np.array([vocab_ids.id("eos", "bos")])]
        taken += [np.zeros(1, bool), np.ones(end - start, bool), np.zeros(1, bool)]
    rest = seen[stays]
    return Moved(np.concatenate([rest, *after]), np.concatenate([np.zeros(len(rest), bool), *taken]))

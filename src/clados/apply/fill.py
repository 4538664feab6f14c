"""fill: what belongs into the blanks of a text."""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from clados.apply.blanks import BLANK, blank_ids, goes_on_behind, with_blank_tokens
from clados.apply.languages import text_language
from clados.apply.ready import ModelSource, Ready, batched, listed, load, pad_ids
from clados.data.stream import between, spaced
from clados.data.tokenizer import Tokenizer
from clados.errors import InputError
from clados.names import marked_languages, quotation, sentinel
from clados.nn.memory import enough_memory

_LONGEST = 10  # tokens of a restored span
_LONGEST_BLANK = 39  # of one that may be a sentence: as long as GLM's spans are in training


_Spans = list[tuple[list[int], float]]  # ids and log-probability of each


@dataclass(frozen=True)
class Candidate:
    """A candidate for a blank and its probability."""

    text: str
    probability: float


@dataclass(frozen=True)
class Filled:
    """A text with its blanks filled by the first candidates, and all candidates, a row a blank, the best first."""

    text: str
    blanks: tuple[tuple[Candidate, ...], ...]


@enough_memory("filling these texts", "give fewer tokens, or a smaller batch")
def fill(
    source: ModelSource,
    texts: str | Sequence[str],
    *,
    top: int = 5,
    language: str | None = None,
    batch: int = 32,
    device: str | torch.device = "cpu",
) -> list[Filled]:
    """Fill the blanks of each text: ``[MASK]``, ``<mask>`` or ``<extra_id_0>`` and so on.

    A masked model gives ``top`` words for each blank, every blank by itself. A model that has learned to restore spans
    writes one span of any length for each, the likeliest token after token; its probability is that of all its tokens.
    So does one that fills in blanks behind the text (GLM), which has marks of its own for blanks of sentences,
    ``[sMASK]``, and of a long span, ``[gMASK]``; each span sees those before it.
    One that writes the whole text anew (BART) is given what stands around the blanks, and ends a span, which may have
    no token at all, where it would write what follows.

    Args:
        language: of the texts, for models that mark it (mBART); it may be left out where there is but one.

    Raises:
        InputError: for a model that does neither, a text without a blank, one longer than the model's positions, and a
            language that the model does not mark, or that is lacking where it marks several.
        DataError: for no texts, one of which the vocabulary knows nothing, or a directory without a tokenizer.
    """
    if top < 1:
        raise InputError(f"top is {top}; it must be at least 1")
    ready, texts = load(source, "fill", device=device), listed(texts)
    for text in texts:
        if not BLANK.search(text):
            raise InputError(f"{quotation(text)} has no blank; write [MASK] where there is one")
    spelt, mark = bool(ready.required_tokenizer.sentinels), _language(ready, language)
    answers = ready.spec.writes == "answers"
    marked = [(_with_sentinels if answers and spelt else with_blank_tokens)(ready, text) for text in texts]
    ready.check_words(marked, said=texts)
    tokenizer = ready.required_tokenizer
    plain = tokenizer.encode_batch(marked) if mark is None else _in_language(tokenizer, marked, mark)
    rows = ready.known(ready.marked_for("fill", plain))
    ready.check_fit(rows)
    found: dict[int, Filled] = {}
    for numbers in batched(rows, batch, len):
        some = [rows[number] for number in numbers]
        if answers:
            found |= zip(numbers, _restored(ready, some) if spelt else _rewritten(ready, some, mark))
        else:
            found |= zip(numbers, _infilled(ready, some) if ready.spec.writes else _unmasked(ready, some, top))
    return [found[number] for number in range(len(texts))]


def _language(ready: Ready, said: str | None) -> int | None:
    """The id that marks the texts' language, where the model has learned to restore texts with such marks."""
    code = text_language(ready.objective, ready.required_tokenizer, said, ready.name)
    return None if code is None else marked_languages(ready.required_tokenizer.special)[code]


def _in_language(tokenizer: Tokenizer, texts: Sequence[str], mark: int) -> list[list[int]]:
    """The ids of texts as they were learned: sentences with an end token each, their language last."""
    end, found = tokenizer.id("eos"), []
    for text in texts:
        rows = tokenizer.encode_batch(spaced(text, between(tokenizer)), add_special_tokens=False)
        found.append([*(each for row in rows for each in (*row, end)), mark])
    return found


# ---------------------------------------------------------------- masks


@torch.inference_mode()
def _unmasked(ready: Ready, rows: Sequence[list[int]], top: int) -> list[Filled]:
    tokenizer, model = ready.required_tokenizer, ready.model
    ids, keep = pad_ids(rows, tokenizer.ids.get("pad", 0), ready.device)
    blank = ids == tokenizer.id("mask")
    places = blank.nonzero()
    states = model.blanks(ids, keep, blank)[places[:, 0], places[:, 1]]
    likely = (
        model.heads["lm"](states, model.inputs, {})
        .float()
        .softmax(-1)[:, : tokenizer.size]
        .topk(min(top, tokenizer.size))
    )
    ids[places[:, 0], places[:, 1]] = likely.indices[:, 0]
    blanks: list[list[tuple[Candidate, ...]]] = [[] for _ in rows]
    for row, chances, chosen in zip(places[:, 0].tolist(), likely.values.tolist(), likely.indices.tolist()):
        blanks[row].append(tuple(Candidate(_said(tokenizer, token), chance) for token, chance in zip(chosen, chances)))
    filled = [tokenizer.decode(each[: len(row)]).strip() for each, row in zip(ids.tolist(), rows)]
    return [Filled(text, tuple(each)) for text, each in zip(filled, blanks)]


def _said(tokenizer: Tokenizer, token: int) -> str:
    """A word as text; one that goes on from the word before keeps WordPiece's mark of it."""
    (raw,) = tokenizer.tokens([token])
    return raw if raw.startswith("##") else tokenizer.decode([token], skip_special_tokens=False).strip()


# ---------------------------------------------------------------- spans


def _with_sentinels(ready: Ready, text: str) -> str:
    """Every blank as a sentinel, numbered in order."""
    known = len(ready.required_tokenizer.sentinels)
    count = len(BLANK.findall(text))
    if count > known:
        raise InputError(f"{quotation(text)} has {count} blanks; {ready.name} has {known} sentinels")
    numbers = iter(range(count))
    return BLANK.sub(lambda _: sentinel(next(numbers)), text)


def _restored(ready: Ready, rows: Sequence[list[int]]) -> list[Filled]:
    """Each span in the place of its sentinel."""
    marks = ready.required_tokenizer.sentinels
    return [_whole(ready, row, marks, found) for row, found in zip(rows, restored(ready, rows))]


def _whole(ready: Ready, row: list[int], marks: Collection[int], found: _Spans) -> Filled:
    """A text with each span in the place of its mark."""
    tokenizer, left = ready.required_tokenizer, iter(found)
    blanks = tuple((Candidate(tokenizer.decode(ids).strip(), math.exp(log)),) for ids, log in found)
    whole = [each for token in row for each in (next(left)[0] if token in marks else [token])]
    return Filled(tokenizer.decode(whole).strip(), blanks)


@torch.inference_mode()
def restored(ready: Ready, rows: Sequence[list[int]]) -> list[_Spans]:
    """For each row the spans that stand for its sentinels, in order: ids and log-probability, the likeliest token each.

    The sentinels are put before their spans, and not left to the model, so that there is a span for every one. A span
    has a token at least, as in training, and ends where the model writes any sentinel or the end.
    """
    tokenizer, model = ready.required_tokenizer, ready.model
    ids, keep = pad_ids(rows, tokenizer.ids.get("pad", 0), ready.device)
    marks = [[token for token in row if token in tokenizer.sentinels] for row in rows]
    ends = {*tokenizer.sentinels, *(tokenizer.ids[role] for role in ("eos", "pad") if role in tokenizer.ids)}
    room = 1 + max(map(len, marks)) * (_LONGEST + 1)
    memory, cache = model.encode(ids, keep), model.cache(len(rows), room)

    def read(written: Tensor, found: Sequence[_Spans]) -> Tensor:
        out = model(
            decoder_input_ids=written, encoder_outputs=memory, attention_mask=keep, cache=cache, logits_to_keep=1
        )
        logits: Tensor = out.logits[:, -1]
        return logits

    return _spans(ids.new_full((len(rows), 1), ready.spec.vocab.start or 0), read, marks, ends, _LONGEST)


@torch.inference_mode()
def _infilled(ready: Ready, rows: Sequence[list[int]]) -> list[Filled]:
    """Each span in the place of its blank: written after the text, at the blank's place (Du et al. 2022, §2.1-2.2)."""
    tokenizer, model, blanks = ready.required_tokenizer, ready.model, blank_ids(ready)
    places = [[place for place, token in enumerate(row) if token in blanks] for row in rows]
    behind = goes_on_behind(ready)
    longest = min(_LONGEST_BLANK, (ready.positions or _LONGEST_BLANK + 2) - 2)
    ids, keep = pad_ids([row[::-1] for row in rows], tokenizer.ids.get("pad", 0), ready.device)
    ids, keep = ids.flip(1), torch.ones_like(ids).bool() if keep is None else keep.flip(1)  # padded on the left
    length, room = ids.size(1), max(map(len, places)) * (longest + 1)
    keep = torch.cat([keep, keep.new_ones(len(rows), room)], 1)
    cache = model.cache(len(rows), length + room)

    def read(written: Tensor, found: Sequence[_Spans]) -> Tensor:
        past = cache.used
        if past:
            at = torch.tensor([[_place(*each, behind)] for each in zip(rows, places, found)], device=ready.device)
        else:
            at = (keep[:, :length].cumsum(1) - 1).clamp(min=0)
            at = torch.stack([at, torch.zeros_like(at)], -1)
        seen = keep[:, : past + written.size(1)]
        out = model(written, position_ids=at, attention_mask=seen, cache=cache, logits_to_keep=1)
        logits: Tensor = out.logits[:, -1]
        return logits

    ends = {tokenizer.ids[role] for role in ("eos", "pad") if role in tokenizer.ids}
    found = _spans(ids, read, [[ready.spec.vocab.start or 0] * len(each) for each in places], ends, longest)
    return [_whole(ready, row, blanks, spans) for row, spans in zip(rows, found)]


def _place(row: list[int], places: list[int], spans: _Spans, behind: int | None) -> tuple[int, int]:
    """Where the last token of a row's last span stands: in the text, and in the span."""
    place, count = places[len(spans) - 1], len(spans[-1][0]) + 1
    return place + count * (row[place] == behind), count


def _spans(
    written: Tensor,
    read: Callable[[Tensor, Sequence[_Spans]], Tensor],
    marks: Sequence[list[int]],
    ends: set[int],
    longest: int,
) -> list[_Spans]:
    """For each row a span after each of its marks, the likeliest token after token.

    Args:
        written: what is read first, [rows, length].
        read: scores of the next token, [rows, vocabulary], after these tokens, given the spans so far.
        ends: tokens that end a span and are in none.
    """
    found: list[_Spans] = [[] for _ in marks]
    mute = torch.tensor(sorted(ends), device=written.device)
    while True:
        logs = read(written, found).float().log_softmax(-1)
        begun = torch.tensor([bool(spans) and not spans[-1][0] for spans in found], device=written.device)
        logs[:, mute] = logs[:, mute].masked_fill(begun[:, None], -torch.inf)
        best = logs.max(-1)
        likeliest = zip(found, marks, best.indices.tolist(), best.values.tolist())
        column = [_next(*each, ends, longest) for each in likeliest]
        if all(token is None for token in column):
            return found
        written = torch.tensor([[token or 0] for token in column], device=written.device)


def _next(spans: _Spans, marks: list[int], token: int, log: float, ends: set[int], longest: int) -> int | None:
    """What comes next in a row: the token, which goes into its span, the next mark, or nothing more.

    ``marks`` is emptied when the last span has ended.
    """
    if not marks:
        return None
    if spans and token not in ends and len(spans[-1][0]) < longest:
        ids, total = spans[-1]
        spans[-1] = [*ids, token], total + log
        return token
    if len(spans) == len(marks):
        marks.clear()
        return None
    spans.append(([], 0.0))
    return marks[len(spans) - 1]


@dataclass
class _Anew:
    """A text that is written anew: its parts are given, the spans between them are the model's."""

    parts: list[list[int]]
    spans: list[list[int]] = field(default_factory=list)
    log: list[float] = field(default_factory=list)
    at: int = 0  # in the part that is being written
    open: bool = False  # a span is being written, and no part

    def next(self, guess: int, log: float) -> int | None:
        """The next token, the model's guess where a span goes on; None after the end."""
        while True:
            part = self.parts[len(self.spans)] if not self.open else []
            if self.at < len(part):
                self.at += 1
                return part[self.at - 1]
            if not self.open and len(self.spans) == len(self.parts) - 1:
                return None
            if not self.open:
                self.spans.append([])
                self.log.append(0.0)
                self.open, self.at = True, 0
            following = next((each[0] for each in self.parts[len(self.spans) :] if each), None)
            if guess != following and len(self.spans[-1]) < _LONGEST:
                self.spans[-1].append(guess)
                self.log[-1] += log
                return guess
            self.open = False


@torch.inference_mode()
def _rewritten(ready: Ready, rows: Sequence[list[int]], start: int | None = None) -> list[Filled]:
    """Each span where its mask stood; ``start`` begins what is written, else the vocabulary's."""
    tokenizer, model, mask = ready.required_tokenizer, ready.model, ready.required_tokenizer.id("mask")
    ids, keep = pad_ids(rows, tokenizer.ids.get("pad", 0), ready.device)
    texts = []
    for row in rows:
        ends = [*(at for at, token in enumerate(row) if token == mask), len(row)]
        texts.append(_Anew([row[a:b] for a, b in zip([0, *(end + 1 for end in ends)], ends)]))
    room = max(len(row) + _LONGEST * row.count(mask) for row in rows)
    room = min(room, ready.positions or room)
    memory, cache = model.encode(ids, keep), model.cache(len(rows), room)
    begin = ready.spec.written_vocab.start if start is None else start
    written = ids.new_full((len(rows), 1), begin or 0)
    for _ in range(room):
        out = model(
            decoder_input_ids=written, encoder_outputs=memory, attention_mask=keep, cache=cache, logits_to_keep=1
        )
        best = out.logits[:, -1].float().log_softmax(-1).max(-1)
        column = [text.next(*each) for text, *each in zip(texts, best.indices.tolist(), best.values.tolist())]
        if all(token is None for token in column):
            break
        written = torch.tensor([[token or 0] for token in column], device=ready.device)
    found = []
    for text in texts:
        spans = [*text.spans, *([] for _ in text.parts[len(text.spans) + 1 :]), []]
        whole = tokenizer.decode([token for each in zip(text.parts, spans) for ids in each for token in ids]).strip()
        logs = [*text.log, *(0.0 for _ in spans)]
        blanks = tuple((Candidate(tokenizer.decode(ids).strip(), math.exp(log)),) for ids, log in zip(spans[:-1], logs))
        found.append(Filled(whole, blanks))
    return found


def written_spans(tokenizer: Tokenizer, written: Sequence[int]) -> dict[int, list[int]]:
    """Where the tokens of each span stand in what is to be written: sentinel to places."""
    found: dict[int, list[int]] = {}
    current: list[int] = []
    for at, token in enumerate(written):
        if token == tokenizer.ids.get("eos"):
            break
        if token in tokenizer.sentinels:
            current = []
            found.setdefault(token, current)
        else:
            current.append(at)
    return found

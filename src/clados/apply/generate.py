"""generate: a model writes on, one token at a time, from what it has written so far."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.errors import check_seed
from clados.nn.blanks import blank_positions
from clados.nn.kinds import checked, shaped
from clados.nn.sight import Cache


@torch.inference_mode()
def generate(
    model: nn.Module,
    input_ids: Tensor,
    *,
    attention_mask: Tensor | None = None,
    max_new_tokens: int,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    beams: int = 1,
    length_penalty: float = 1.0,
    seed: int | None = None,
    eos: int | Sequence[int] | None = None,
    pad: int | None = None,
    stop: Sequence[Sequence[int]] = (),
    on_token: Callable[[Tensor], object] | None = None,
) -> Tensor:
    """What a decoder writes after ``input_ids``, or an encoder-decoder in answer to them.

    Args:
        input_ids: [batch, length]; shorter texts of a decoder are padded on the left.
        attention_mask: [batch, length], 0 for padding.
        temperature: 0 takes the likeliest token; above, tokens are drawn from softmax(logits / temperature).
        top_k: draw from the so many likeliest only.
        top_p: draw from the fewest likeliest whose probabilities sum to at least this (Holtzman et al. 2020, §3.1).
        beams: texts kept at each step; more than one searches for the likeliest text (Graves 2012, §3).
        length_penalty: a text's log-probability is divided by its new tokens to this power before texts are compared.
        seed: of the draws; None takes torch's own generator.
        eos: ids that end a text; None means those of the vocabulary, () none.
        pad: what fills up rows that end early; None means that of the vocabulary, else its eos.
        stop: further endings, each a sequence of ids.
        on_token: called with each new column of ids, [batch]; with beams, once all are known.

    Returns:
        [batch, length + new]: a decoder's prompt and what follows, an encoder-decoder's start token and answer.

    Raises:
        SpecError: for a model that does not write, numbers out of range, texts longer than its positions, and what is
            no batch of ids or a mask of another shape.
    """
    _check(max_new_tokens, temperature, top_k, top_p, beams)
    if not math.isfinite(length_penalty):
        raise s.SpecError(f"length_penalty is {length_penalty}; it must be a finite number")
    if seed is not None:
        check_seed(seed)
    checked(input_ids, 0, None)
    shaped("attention_mask", attention_mask, tuple(input_ids.shape))
    writer = writer_of(model, input_ids, attention_mask, max_new_tokens)
    vocab: s.Vocabulary = writer.model.spec.vocab
    known = () if vocab.eos is None else (vocab.eos,)
    ends = known if eos is None else (eos,) if isinstance(eos, int) else tuple(eos)
    filler = next((each for each in (pad, vocab.pad, *ends) if each is not None), 0)
    ending = Ending(torch.tensor(ends, device=input_ids.device), [torch.tensor(each) for each in stop])
    generator = None if seed is None else torch.Generator(input_ids.device).manual_seed(seed)
    choice = Choice(temperature, top_k, top_p, generator)
    if beams == 1:
        return _straight(writer, choice, ending, filler, max_new_tokens, on_token)
    found = _search(writer, choice, ending, filler, max_new_tokens, beams, length_penalty)
    if on_token is not None:
        for column in found[:, writer.ids.size(1) :].unbind(1):
            on_token(column)
    return found


def _check(new: int, temperature: float, top_k: int | None, top_p: float | None, beams: int) -> None:
    for name, value, holds, allowed in (
        ("max_new_tokens", new, new >= 1, "at least 1"),
        ("temperature", temperature, temperature >= 0, "0 or more"),
        ("top_k", top_k, top_k is None or top_k >= 1, "at least 1"),
        ("top_p", top_p, top_p is None or 0 < top_p <= 1, "above 0 and at most 1"),
        ("beams", beams, beams >= 1, "at least 1"),
    ):
        if not holds:
            raise s.SpecError(f"{name} is {value}; it must be {allowed}")


@dataclass(slots=True)
class Choice:
    """How the next tokens are chosen from their scores."""

    temperature: float
    top_k: int | None
    top_p: float | None
    generator: torch.Generator | None

    def filtered(self, scores: Tensor) -> Tensor:
        """[..., vocabulary], divided by the temperature; -inf for what may not be drawn."""
        if not self.temperature:
            return scores
        scores = scores / self.temperature
        if self.top_k is not None:
            least = scores.topk(min(self.top_k, scores.size(-1))).values[..., -1:]
            scores = scores.masked_fill(scores < least, -torch.inf)
        if self.top_p is not None:
            rising, order = scores.sort(-1)
            out = rising.softmax(-1).cumsum(-1) <= 1 - self.top_p
            out[..., -1] = False
            scores = scores.masked_fill(torch.zeros_like(out).scatter(-1, order, out), -torch.inf)
        return scores

    def picked(self, scores: Tensor, count: int) -> Tensor:
        """The indices of ``count`` of the scores: the highest, or drawn without replacement by their softmax.

        The highest of scores with Gumbel noise are such draws (Kool et al. 2019, §2.3).
        """
        if self.temperature:
            scores = scores - torch.empty_like(scores).exponential_(generator=self.generator).log()
        return scores.argmax(-1, keepdim=True) if count == 1 else scores.topk(count).indices


@dataclass(slots=True)
class Ending:
    """What ends a text."""

    eos: Tensor
    stop: list[Tensor]

    def __bool__(self) -> bool:
        return bool(self.eos.numel() or self.stop)

    def reached(self, ids: Tensor) -> Tensor:
        """[..., length] -> [...] bool: whether each text is at its end."""
        over = torch.isin(ids[..., -1], self.eos)
        for end in self.stop:
            if ids.size(-1) >= len(end):
                over = over | (ids[..., -len(end) :] == end.to(ids.device)).all(-1)
        return over


class Writer(Protocol):
    """A model that is writing: what it has been given, and what it remembers."""

    model: Any
    ids: Tensor  # [batch, length]: the texts so far, at the start

    def read(self, ids: Tensor) -> Tensor:
        """Take in [rows, length] ids; the scores of what may follow, [rows, vocabulary]."""
        ...

    def reorder(self, rows: Tensor) -> None:
        """Go on with these rows of the present ones, in this order: those of one text side by side."""
        ...


class Continuing:
    """A decoder: it has the prompt before it, padded on the left."""

    @staticmethod
    def room(model: Any, input_ids: Tensor) -> int | None:
        """What ``room`` tells."""
        return None if model.learned is None else model.learned - input_ids.size(1)

    def __init__(self, model: Any, input_ids: Tensor, attention_mask: Tensor | None, new: int) -> None:
        self.model, self.ids = model, input_ids
        batch, length = input_ids.shape
        room = length + new
        self.cache: Cache = model.cache(batch, room)
        self.keep: Tensor | None = None
        if attention_mask is not None and not bool(attention_mask.all()):
            if not bool(attention_mask[:, -1].all()):
                raise s.SpecError("attention_mask ends in padding; the texts of a decoder are padded on the left")
            self.keep = torch.cat([attention_mask.bool(), torch.ones_like(input_ids[:, :1].expand(-1, new)).bool()], 1)
        self.positions = self.places(room)
        _fits(model.learned, "prompt and max_new_tokens", int(self.positions.max()) + 1)

    def places(self, room: int) -> Tensor:
        """Where the prompt and what follows stand, [batch or 1, room]."""
        if self.keep is None:
            return torch.arange(room, device=self.ids.device)[None]
        return (self.keep.cumsum(1) - 1).clamp(min=0)

    def read(self, ids: Tensor) -> Tensor:
        past, length = self.cache.used, ids.size(1)
        keep = None if self.keep is None else self.keep[:, : past + length]
        positions = self.positions.narrow(1, past, length)
        out = self.model(ids, position_ids=positions, attention_mask=keep, cache=self.cache, logits_to_keep=1)
        scores: Tensor = out.logits[:, -1]
        return scores

    def reorder(self, rows: Tensor) -> None:
        self.cache.reorder(rows)
        self.keep = None if self.keep is None else self.keep[rows]
        if self.positions.size(0) > 1:
            self.positions = self.positions[rows]


class Infilling(Continuing):
    """A decoder that reads both ways: it writes at the prompt's last blank, or behind it, after its start token."""

    @staticmethod
    def room(model: Any, input_ids: Tensor) -> int | None:
        """What ``room`` tells: a blank's words need no places behind the prompt, but row 0 is of what is read."""
        vocab: s.Vocabulary = model.spec.vocab
        blank = vocab.mask is not None and bool((input_ids == vocab.mask).any(1).all())
        taken = (1 if blank else input_ids.size(1)) + (vocab.start is not None)
        return None if model.learned is None else model.learned - taken

    def __init__(self, model: Any, input_ids: Tensor, attention_mask: Tensor | None, new: int) -> None:
        vocab: s.Vocabulary = model.spec.vocab
        start = () if vocab.start is None else (vocab.start,)
        keep = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        begun = input_ids.new_tensor(start).expand(input_ids.size(0), -1)
        self.prompt, self.there = input_ids, keep.bool()
        super().__init__(model, torch.cat([input_ids, begun], 1), torch.cat([keep, keep.new_ones(begun.shape)], 1), new)

    def places(self, room: int) -> Tensor:
        """Pairs of a place in the text and one in the blank, [batch, room, 2]."""
        return blank_positions(self.prompt, self.there, self.model.spec.vocab.mask, room - self.prompt.size(1))


class Answering:
    """The decoder of an encoder-decoder: it sees all of the source, and starts with its start token."""

    @staticmethod
    def room(model: Any, input_ids: Tensor) -> int | None:
        """What ``room`` tells: of the target's positions the start takes one."""
        return None if model.written is None else model.written - 1

    def __init__(self, model: Any, input_ids: Tensor, attention_mask: Tensor | None, new: int) -> None:
        self.model = model
        start = model.spec.vocab.start
        if start is None:
            raise s.SpecError("the vocabulary names no start; an encoder-decoder needs one to write from")
        batch = input_ids.size(0)
        _fits(model.written, "the start and max_new_tokens", new + 1)
        self.ids = input_ids.new_full((batch, 1), start)
        self.memory = model.encode(input_ids, attention_mask)
        self.seen = None if attention_mask is None or bool(attention_mask.all()) else attention_mask
        self.cache: Cache = model.cache(batch, new + 1)

    def read(self, ids: Tensor) -> Tensor:
        out = self.model(
            decoder_input_ids=ids,
            encoder_outputs=self.memory,
            attention_mask=self.seen,
            cache=self.cache,
            logits_to_keep=1,
        )
        scores: Tensor = out.logits[:, -1]
        return scores

    def reorder(self, rows: Tensor) -> None:
        self.cache.reorder(rows)


def writer_of(model: Any, input_ids: Tensor, attention_mask: Tensor | None, new: int) -> Writer:
    """What writes with this model.

    Raises:
        SpecError: for a model that does not write, or texts longer than its positions.
    """
    return _kind(model)(model, input_ids, attention_mask, new)


def room(model: Any, input_ids: Tensor) -> int | None:
    """How many tokens may be written after [batch, length] ids, or in answer to them; None for any number.

    Raises:
        SpecError: for a model that does not write.
    """
    return _kind(model).room(model, input_ids)


def _kind(model: Any) -> type[Continuing | Answering]:
    part: Any = getattr(model, "spec", None)
    if isinstance(part, s.Decoder) and isinstance(part.stack.sees, s.Prefix):
        return Infilling
    writers = [writer for kind, writer in _WRITERS.items() if isinstance(part, kind)]
    if not writers or not any(head.output == "logits" for head in part.heads):
        raise s.SpecError(f"{type(part).__name__} does not write text; Decoder and EncoderDecoder with a word head do")
    return writers[0]


_WRITERS: dict[type[s.Model], type[Continuing | Answering]] = {s.Decoder: Continuing, s.EncoderDecoder: Answering}


def _fits(learned: int | None, what: str, length: int) -> None:
    if learned is not None and length > learned:
        raise s.SpecError(f"{what} make {length} positions; this model has learned {learned}")


def _straight(
    writer: Writer, choice: Choice, ending: Ending, pad: int, new: int, on_token: Callable[[Tensor], object] | None
) -> Tensor:
    """One text a row, token after token."""
    texts = torch.cat([writer.ids, writer.ids.new_full((writer.ids.size(0), new), pad)], 1)
    over = torch.zeros(texts.size(0), 1, dtype=torch.bool, device=texts.device)
    ids, start = writer.ids, writer.ids.size(1)
    for end in range(start, start + new):
        ids = choice.picked(choice.filtered(writer.read(ids)), 1)
        if ending:
            ids = ids.masked_fill(over, pad)
        texts[:, end : end + 1] = ids
        if on_token is not None:
            on_token(ids[:, 0])
        if ending:
            over |= ending.reached(texts[:, : end + 1])[:, None]
            if bool(over.all()):
                return texts[:, : end + 1]
    return texts


def _search(writer: Writer, choice: Choice, ending: Ending, pad: int, new: int, beams: int, penalty: float) -> Tensor:
    """The best text of each row: ``beams`` open ones are kept, and as many that have ended.

    A row is finished when its best open text could not better the worst of its ended ones, were it to end now.
    """
    batch = writer.ids.size(0)
    row = torch.arange(batch, device=writer.ids.device)[:, None]
    ranks = max(2, 1 + ending.eos.numel()) * beams  # so many that enough stay open, whichever end
    logits = writer.read(writer.ids).float()
    writer.reorder(row.expand(-1, beams).flatten())
    texts = writer.ids[:, None].expand(-1, beams, -1)
    totals = logits.new_full((batch, beams), -torch.inf)
    totals[:, 0] = 0
    logits = logits[:, None].expand(-1, beams, -1)
    shelves = [Shelf(beams, penalty) for _ in range(batch)]
    for step in range(1, new + 1):
        scores = (choice.filtered(logits.log_softmax(-1)) + totals[..., None]).flatten(1)
        index = choice.picked(scores, min(ranks, scores.size(1)))
        totals, beam = scores.gather(1, index), index // logits.size(-1)
        texts = torch.cat([texts[row, beam], (index % logits.size(-1))[..., None]], 2)
        over = ending.reached(texts) if step < new else torch.ones_like(index).bool()
        for i, shelf in enumerate(shelves):
            shelf.take(texts[i], totals[i].tolist(), over[i].tolist(), step)
        if all(shelf.full for shelf in shelves):
            break
        stay = totals.masked_fill(over, -torch.inf).topk(beams).indices
        totals, beam, texts = totals.gather(1, stay), beam.gather(1, stay), texts[row, stay]
        writer.reorder((row * beams + beam).flatten())
        logits = writer.read(texts[..., -1].flatten()[:, None]).float().unflatten(0, (batch, beams))
    best = [shelf.best() for shelf in shelves]
    found = best[0].new_full((batch, max(map(len, best))), pad)
    for filled, text in zip(found, best):
        filled[: len(text)] = text
    return found


class Shelf:
    """The best ended texts of a row."""

    def __init__(self, room: int, penalty: float) -> None:
        self.room, self.penalty = room, penalty
        self.full = False
        self.texts: list[tuple[float, Tensor]] = []

    def take(self, texts: Tensor, totals: list[float], over: list[bool], new: int) -> None:
        """Keep those that have ended, if among the best; full when no open one would be kept.

        Args:
            texts: [ranks, length], the best first; those beyond ``room`` are only there to stay open.
            totals: their log-probabilities.
            new: how many of their tokens are new.
        """
        if self.full:
            return
        scores = [total / new**self.penalty for total in totals]
        self.texts += [(scores[i], texts[i]) for i in range(min(self.room, len(over))) if over[i]]
        self.texts = sorted(self.texts, key=lambda each: -each[0])[: self.room]
        still = max((score for score, ended in zip(scores, over) if not ended), default=-torch.inf)
        self.full = len(self.texts) == self.room and self.texts[-1][0] >= still

    def best(self) -> Tensor:
        """The best of all."""
        return self.texts[0][1]

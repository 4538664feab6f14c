"""answer: what a text says about a question, quoted from it or in the model's own words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from clados import spec as s
from clados.apply.chat import reply, template_of
from clados.apply.ready import ModelSource, Ready, load, pad_ids
from clados.apply.write import generate as write
from clados.data.examples import Pair
from clados.data.templates import Conversation, Turn, conversation, filled_in, pieces
from clados.errors import InputError
from clados.nn.memory import enough_memory

T5 = "question: {question} context: {context}"  # of SQuAD (Raffel et al. 2020, appendix D.15)
GPT = "{context}\n\nQ: {question}\n\nA:"  # of CoQA and QuAC (Brown et al. 2020, appendix G)
WINDOW, OVERLAP = 384, 128  # tokens read at once, and how many the next window has in common (google-research/bert)
LONGEST = 30  # tokens of a quoted answer (the same)


@dataclass(frozen=True)
class Answer:
    """An answer; where it is quoted, its place in the context, first character and the one after the last.

    Its probability is that among all passages of the context that it might be.
    """

    text: str
    probability: float | None = None
    start: int | None = None
    end: int | None = None


@enough_memory("answering this question", "give a shorter context")
def answer(
    source: ModelSource,
    question: str,
    context: str = "",
    *,
    template: str | None = None,
    longest: int = LONGEST,
    max_new_tokens: int | None = None,
    device: str = "cpu",
    **chosen: Any,
) -> Answer:
    """The answer to a question about a text.

    A model with heads for where an answer begins and ends quotes the context: of all passages of at most ``longest``
    tokens that with the highest sum of both scores (Devlin et al. 2019, §4.2). A long context is read in windows of 384
    tokens, 128 of them in common with the next. Any other model writes the answer: asked by the template by which it
    was tuned, or as T5 and GPT-3 were.

    Args:
        template: how a model that writes is asked instead: a text with ``{question}`` and ``{context}``.
        max_new_tokens, chosen: as for ``generate``.

    Raises:
        InputError: for a model that does neither, an empty question, a context that is lacking where it is quoted, a
            question that leaves no room for it, and a template that names another field.
        DataError: for a text of which the vocabulary knows nothing, and a directory without a tokenizer.
    """
    if not question.strip():
        raise InputError("the question is empty; there is nothing to answer")
    ready = load(source, "answer", device=device)
    ready.check_words([question], "question")
    ready.check_words([context], "context")
    if quotes(ready.spec):
        if not context.strip():
            raise InputError(f"the context is empty; {ready.name} quotes its answers from one")
        return _quoted(ready, question, context, longest)
    if template is None and isinstance(getattr(ready.objective, "template", None), s.Template):
        return Answer(reply(ready, _turn(ready, question, context), max_new_tokens=max_new_tokens, **chosen))
    if template is None:
        template = GPT if ready.spec.writes == "continues" else T5
        template = template if context else template.replace("{context}\n\n", "").replace(" context: {context}", "")
    unknown = [name for _, name in pieces(template) if name not in (None, "question", "context")]
    if unknown:
        raise InputError(f"the template names '{unknown[0]}'; allowed: question, context")
    prompt = filled_in(template, {"question": question, "context": context})
    text = write(ready, prompt, max_new_tokens=max_new_tokens, **chosen).strip()
    return Answer(text.partition("\n")[0] if ready.spec.writes == "continues" else text)


def quotes(model: s.Model) -> bool:
    """Whether it says where an answer begins and ends."""
    return model.head(s.SpanStart.slot) is not None and model.head(s.SpanEnd.slot) is not None


def _turn(ready: Ready, question: str, context: str) -> Conversation:
    """The question as a prompt, with the context where the template has a place for it, elsewhere before it."""
    template = template_of(ready)
    if context and not any(name == "input" for _, name in pieces(template.prompt)):
        question, context = f"{context}\n\n{question}", ""
    (turn,) = conversation(Pair("", question, "", fields=(("input", context),))).turns
    return Conversation((Turn(turn.prompt, None),))


# ---------------------------------------------------------------- quotes


@dataclass(frozen=True)
class _Window:
    """What is read at once, and which of the context's tokens are in it from which place on."""

    ids: list[int]
    first: int
    number: int


@torch.inference_mode()
def _quoted(ready: Ready, question: str, context: str, longest: int) -> Answer:
    tokenizer = ready.required_tokenizer
    if longest < 1:
        raise InputError(f"longest is {longest}; it must be at least 1")
    ((ids, places),) = tokenizer.encode_placed([context])
    before, after = _around(ready, question, context, ids)
    best, scores = list[tuple[float, int, int]](), list[Tensor]()
    for window in _windows(ready, before, ids, after):
        start, end = _edges(ready, window, len(before))
        far = torch.arange(window.number)[None] - torch.arange(window.number)[:, None]
        both = (start[:, None] + end[None]).masked_fill((far < 0) | (far >= longest), -torch.inf).flatten()
        at = int(both.argmax())
        scores.append(both)
        best.append((float(both[at]), window.first + at // window.number, window.first + at % window.number))
    value, first, last = max(best, key=lambda each: each[0])
    chance = float((value - torch.cat(scores).logsumexp(0)).exp())
    text = context[places[first][0] : places[last][1]]
    begin = places[first][0] + len(text) - len(text.lstrip())
    return Answer(text.strip(), chance, begin, begin + len(text.strip()))


def _around(ready: Ready, question: str, context: str, ids: list[int]) -> tuple[list[int], list[int]]:
    """What stands before and after the context's ids, where it is read behind the question."""
    (whole,) = ready.known([ready.required_tokenizer.encode(question, context)])
    at = next(at for at in range(len(whole) - len(ids), -1, -1) if whole[at : at + len(ids)] == ids)
    return whole[:at], whole[at + len(ids) :]


def _windows(ready: Ready, before: list[int], ids: list[int], after: list[int]) -> Iterator[_Window]:
    room = min(WINDOW, ready.positions or WINDOW) - len(before) - len(after)
    if room < 2:
        raise InputError(f"the question has {len(before)} tokens with what surrounds it; that leaves no room")
    step = room - OVERLAP if room > 2 * OVERLAP else (room + 1) // 2
    for first in range(0, max(1, len(ids) - room + step), step):
        some = ids[first : first + room]
        yield _Window([*before, *some, *after], first, len(some))


def _edges(ready: Ready, window: _Window, before: int) -> tuple[Tensor, Tensor]:
    """For each of the window's tokens of the context how well an answer begins and ends there, [tokens] each."""
    ids, _ = pad_ids([window.ids], 0, ready.device)
    given: dict[str, Tensor] = {}
    if (text := ready.spec.reads(s.Tokens)) is not None and text.types > 1:
        given["token_type_ids"] = (torch.arange(ids.size(1), device=ids.device) >= before).long()[None]
    if ready.spec.writes == "answers":  # the decoder reads the same, one place later (Lewis et al. 2020, §3.2)
        given["decoder_input_ids"] = torch.cat(
            [ids.new_full((1, 1), ready.spec.written_vocab.start or 0), ids[:, :-1]], 1
        )
    out = ready.model(ids, **given)
    part = slice(before, before + window.number)
    return out.start_logits[0, part].float().cpu(), out.end_logits[0, part].float().cpu()

"""Text generation from prompts: one, streamed piece by piece, or many at once, with all that is known of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from warnings import warn

import torch
from torch import Tensor

from clados.apply.blanks import blank_ids, goes_on_behind, prompted
from clados.apply.codes import learned_codes, parted_code
from clados.apply.decoding.constraint import BoundConstraint, Constraint
from clados.apply.decoding.stops import Stops
from clados.apply.generate import config_of, generate as generate_ids, new_columns, room
from clados.apply.logprobs import echoed, logprobs_of
from clados.apply.ready import ModelSource, Ready, listed, load, pad_ids
from clados.errors import InputError


@dataclass(frozen=True)
class Written:
    """A text that a model wrote.

    Attributes:
        text: without what ended it; tokens: all that were written, the end's, too.
        ended: whether it came to an end (``eos``, a stop string, a constraint's end), and was not cut.
        logprobs: log p of each token, by the model itself; of the prompt's, too, with ``echo``, where the first has
            none. None where they were not asked for.
        prompt_tokens: those of the prompt, with ``echo``.
    """

    prompt: str
    text: str
    tokens: tuple[str, ...]
    ended: bool
    logprobs: tuple[float, ...] | None = None
    prompt_tokens: tuple[str, ...] | None = None
    prompt_logprobs: tuple[float | None, ...] | None = None


def prompt_ids(ready: Ready, prompt: str) -> list[int]:
    """The ids of a prompt; of a model that learned by control codes (CTRL) its first word is one.

    Raises:
        InputError: it is none that the model knows.
    """
    tokenizer = ready.required_tokenizer
    codes = control_codes(ready)
    if not codes:
        return ready.marked_for("generate", tokenizer.encode_batch([prompted(ready, prompt)]))[0]
    code, rest = parted_code(prompt, codes, "prompt", ready.name)
    return [code, *tokenizer.encode(rest, add_special_tokens=False)]


def control_codes(ready: Ready) -> dict[str, int]:
    """The ids of the control codes that a model learned by; empty where it learned otherwise."""
    return learned_codes(ready.objective, ready.required_tokenizer)


def generate(
    source: ModelSource,
    prompt: str,
    *,
    on_text: Callable[[str], object] | None = None,
    **chosen: Any,
) -> str:
    """The continuation of a prompt by a decoder, or an encoder-decoder's answer to it, without the prompt.

    Args:
        on_text: called with each piece of text as soon as it is known.
        chosen: as for ``generate_stream``.

    Raises:
        InputError, DataError: as ``generate_stream``.
    """
    said = ""
    for piece in generate_stream(source, prompt, **chosen):
        said += piece
        if on_text is not None:
            on_text(piece)
    return said


def generate_stream(
    source: ModelSource,
    prompt: str,
    *,
    max_new_tokens: int | None = None,
    beams: int | None = None,
    stop: str | Sequence[str] = (),
    constraint: Constraint | None = None,
    on_note: Callable[[str], object] = warn,
    device: str | torch.device = "cpu",
    **chosen: Any,
) -> Iterator[str]:
    """What a model writes, in pieces of text as they come; none splits a character or begins a stop string.

    A decoder that fills in blanks (GLM) writes at the prompt's last one, ``[MASK]``, ``[sMASK]`` or ``[gMASK]``; where
    there is none, at one behind the prompt.

    What is not given is as the directory's generation_config.json says.

    Args:
        max_new_tokens: the most new tokens; fewer, with a note, where the model has no more positions. When None as
            many as the directory says, else 100.
        beams: texts searched side by side, all before the first piece; see ``clados.apply.generate``.
        stop: texts behind which nothing is written; they are no part of what is given. Of the new text alone, also
            where they begin or end within a token.
        constraint: what the text may be: ``Regex``, ``JSONSchema`` or ``Quotes`` of
            ``clados.apply.decoding.constraint``, or yours.
        on_note: called with notes, such as a lower limit of new tokens; by default a warning.
        chosen: ``min_new_tokens``, ``temperature``, ``top_k``, ``top_p``, ``length_penalty``, ``early_stopping``,
            ``repetition_penalty``, ``no_repeat_ngram_size``, ``seed`` ... as there.

    Raises:
        InputError: for a model that does not write, numbers out of range, an empty stop string, a constraint that
            cannot be read, a prompt that leaves no room, and an empty one that is to be answered, or that
            leaves a model nothing to start from.
        DataError: for a prompt of which the vocabulary knows nothing, or a directory without a tokenizer.
    """
    ready = load(source, "generate", beams=beams, device=device)
    asked = _Asked(ready, [prompt], stop, constraint)
    chosen = {**asked.settings(max_new_tokens, beams, on_note), **chosen}
    new, printed, text = list[int](), 0, ""
    for column in new_columns(ready.model, asked.ids, attention_mask=asked.mask, **chosen):
        new.append(int(column))
        text, over = asked.stops.cut(ready.required_tokenizer.decode(new))
        known = text if over else asked.stops.known(text)
        if len(known) > printed:
            yield known[printed:]
            printed = len(known)
    if len(text) > printed:
        yield text[printed:]


def generate_all(
    source: ModelSource,
    prompts: str | Sequence[str],
    *,
    n: int = 1,
    logprobs: bool = False,
    echo: bool = False,
    max_new_tokens: int | None = None,
    beams: int | None = None,
    stop: str | Sequence[str] = (),
    constraint: Constraint | None = None,
    on_note: Callable[[str], object] = warn,
    device: str | torch.device = "cpu",
    **chosen: Any,
) -> list[Written]:
    """What a model writes to each of some prompts, in one batch; ``n`` texts to each, one after the other.

    Args:
        n: texts to each prompt, which is read once; they are drawn (``temperature`` above 0), or the likeliest of as
            many ``beams``.
        logprobs: whether the log-probabilities of what is written are wanted; echo: those of the prompt, too.
        max_new_tokens, beams, stop, constraint, on_note, chosen: as for ``generate_stream``.

    Raises:
        InputError: as ``generate_stream``, and for ``echo`` of a model that only reads its prompts.
        DataError: for no prompt, one of which the vocabulary knows nothing, or a directory without a tokenizer.
    """
    ready = load(source, "generate", texts=len(listed(prompts)) * n, beams=beams, device=device)
    asked = _Asked(ready, listed(prompts), stop, constraint)
    front = echoed(ready, asked.rows) if echo else None
    chosen = {**asked.settings(max_new_tokens, beams, on_note), **chosen}
    new = list[Tensor]()
    generate_ids(ready.model, asked.ids, attention_mask=asked.mask, n=n, on_token=new.append, **chosen)
    rows = [asked.trimmed(row) for row in torch.stack(new, 1).tolist()]
    scores = None
    if logprobs or echo:
        many = [ids for ids in asked.rows for _ in range(n)]
        scores = logprobs_of(ready, many, [row for row, _ in rows], asked.blanks)
    tokenizer, texts = ready.required_tokenizer, list[Written]()
    for i, (row, ended) in enumerate(rows):
        texts.append(
            Written(
                asked.prompts[i // n],
                asked.stops.cut(tokenizer.decode(row))[0],
                tuple(tokenizer.tokens(row)),
                ended,
                None if scores is None else tuple(scores[i]),
                None if front is None else tuple(tokenizer.tokens(asked.rows[i // n])),
                None if front is None else tuple(front[i // n]),
            )
        )
    return texts


class _Asked:
    """Prompts as ids, and what ends the texts."""

    def __init__(
        self, ready: Ready, prompts: list[str], stop: str | Sequence[str], constraint: Constraint | None
    ) -> None:
        self.ready, self.prompts = ready, prompts
        tokenizer, vocab = ready.required_tokenizer, ready.spec.vocab
        ready.check_words(prompts, "prompt")
        self.rows = ready.known([prompt_ids(ready, prompt) for prompt in prompts])
        for i, row in enumerate(self.rows):
            if ready.spec.writes == "answers" and not prompts[i].strip():
                raise InputError(f"the prompt is empty; {ready.name} answers a text, and there is none")
            if not row:
                if vocab.bos is None:
                    raise InputError("the prompt is empty, and the vocabulary names no bos to start from")
                self.rows[i] = [vocab.bos]
        self.ids, self.mask = pad_ids(self.rows, 0, ready.device)
        self.blanks = tuple(each for each in blank_ids(ready) if each != goes_on_behind(ready))
        own = tokenizer.ids.get("eos", ready.spec.written_vocab.eos)
        self.ends = config_of(ready.model).eos_token_id or (() if own is None else (own,))
        self.stops = Stops(tokenizer, (stop,) if isinstance(stop, str) else tuple(stop))
        size = ready.spec.written_vocab.size
        self.bound: BoundConstraint | None = (
            None if constraint is None else constraint.bound(tokenizer, size, self.ends)
        )

    def settings(
        self, max_new_tokens: int | None, beams: int | None, on_note: Callable[[str], object]
    ) -> dict[str, Any]:
        """What ``clados.apply.generate`` is given besides what the user has chosen."""
        free, name = room(self.ready.model, self.ids, self.blanks), self.ready.name
        if max_new_tokens is not None and free is not None and max_new_tokens > free >= 1:
            on_note(f"max_new_tokens is {max_new_tokens}; {name} has positions for {free}, and stops there")
            max_new_tokens = free
        return {
            "max_new_tokens": max_new_tokens,
            "beams": beams,
            "eos": self.ends,
            "blanks": self.blanks,
            "over": self.over if self.stops.texts or self.bound else None,
            "allowed": self.bound.allowed if self.bound else None,
        }

    def over(self, new: Tensor) -> Tensor:
        """Which texts are at their end, by a stop string or the constraint."""
        found = self.stops.over(new)
        return found | self.bound.over(new) if self.bound else found

    def trimmed(self, row: list[int]) -> tuple[list[int], bool]:
        """A row without what fills it up behind its end, and whether it has one."""
        for i in range(len(row)):
            if row[i] in self.ends or bool(self.over(torch.tensor([row[: i + 1]]))):
                return row[: i + 1], True
        return row, False

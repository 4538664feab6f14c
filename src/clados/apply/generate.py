"""generate: a model writes on, one token at a time, from what it has written so far."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypedDict, Unpack

import torch
from torch import Tensor

from clados import spec as s
from clados.apply.decoding.beams import EarlyStopping, beam_search
from clados.apply.decoding.choice import Ending, Sampling
from clados.apply.decoding.processors import Constraints, processor
from clados.apply.decoding.straight import greedy_or_sampled
from clados.apply.decoding.writers import repadded, room, starts_with, writer_of
from clados.checkpoints.generation import STEEPEST, GenerationConfig
from clados.errors import InputError, check_seed
from clados.nn.kinds.arguments import check_ids, check_shape
from clados.nn.kinds.model import WholeModel
from clados.nn.memory import enough_memory

NEW = 100  # tokens that are written where nobody says how many
_MEMORY = "writing these texts", "give fewer tokens, beams or texts"
TOP_K = 50  # of sampling that a generation config asks for without saying it (transformers 5.23.0)

__all__ = ["Chosen", "new_columns", "generate", "new_tokens", "room", "writer_of"]


class Chosen(TypedDict, total=False):
    """How is written. What is absent or None is as ``config`` says, and where that says nothing either, as stated here.

    Attributes:
        attention_mask: [batch, length], 0 for padding, on either side.
        max_new_tokens: the most new tokens; else 100, or what the positions allow.
        min_new_tokens: the fewest new tokens.
        temperature: 0 takes the likeliest token; above, tokens are drawn from softmax(logits / temperature). Else 0,
            and 1 where ``top_k`` or ``top_p`` is given.
        top_k: sample from the k likeliest tokens.
        top_p: draw from the fewest likeliest whose probabilities sum to at least this (Holtzman et al. 2020, §3.1).
        beams: texts kept at each step, else 1; more than one searches for the likeliest text (Graves 2012, §3).
        length_penalty: a text's log-probability is divided by its new tokens to this power before texts are compared;
            else 1.
        early_stopping: when beams stop. True: when ``beams`` texts have ended; False (else): when no open text would be
            kept if it ended now; ``"never"``: when none would be kept even if it got no less likely until its end.
        repetition_penalty: divide the scores of tokens that are there already by it, or multiply those below zero
            (Keskar et al. 2019, §4.1).
        no_repeat_ngram_size: n-grams of this size occur once at most.
        forced_bos: the token after an encoder-decoder's start: the mark of a language.
        forced_eos: tokens of which one is the last of a text that is cut.
        start: what an encoder-decoder's answer starts with; else the vocabulary's.
        config: how the model writes otherwise; None means ``model.generation_config`` where it has one.
        n: texts to each prompt, one below the other, which is read once; else 1. Those of beams are the likeliest.
        seed: random seed; None: torch's global generator.
        eos: ids that end a text; else those of the vocabulary, () none.
        pad: what fills up rows that end early; else that of the vocabulary, or its eos.
        blanks: ids of blanks that an infilling decoder writes at, beside the vocabulary's mask.
        stop: further endings, each a sequence of ids.
        allowed: what may follow the new tokens so far: from [rows, new] ids to [rows, vocabulary] bool.
        over: which texts end with the new tokens so far: from [rows, new] ids to [rows] bool.
    """

    attention_mask: Tensor | None
    max_new_tokens: int | None
    min_new_tokens: int | None
    temperature: float | None
    top_k: int | None
    top_p: float | None
    beams: int | None
    length_penalty: float | None
    early_stopping: EarlyStopping | None
    repetition_penalty: float | None
    no_repeat_ngram_size: int | None
    forced_bos: int | None
    forced_eos: int | Sequence[int] | None
    start: int | None
    config: GenerationConfig | None
    n: int | None
    seed: int | None
    eos: int | Sequence[int] | None
    pad: int | None
    blanks: Sequence[int]
    stop: Sequence[Sequence[int]]
    allowed: Callable[[Tensor], Tensor] | None
    over: Callable[[Tensor], Tensor] | None


SETTINGS = {  # names in generation_config.json
    "max_new_tokens": "max_new_tokens",
    "min_new_tokens": "min_new_tokens",
    "beams": "num_beams",
    "length_penalty": "length_penalty",
    "early_stopping": "early_stopping",
    "repetition_penalty": "repetition_penalty",
    "no_repeat_ngram_size": "no_repeat_ngram_size",
    "forced_bos": "forced_bos_token_id",
    "forced_eos": "forced_eos_token_id",
    "start": "decoder_start_token_id",
}


@torch.inference_mode()
def generate(
    model: WholeModel,
    input_ids: Tensor,
    *,
    on_token: Callable[[Tensor], object] | None = None,
    **chosen: Unpack[Chosen],
) -> Tensor:
    """Token ids that a decoder generates after ``input_ids``, or an encoder-decoder in answer to them.

    Args:
        input_ids: [batch, length]; of texts of different lengths some are padded, on either side.
        on_token: called with each new column of ids, [batch * n]; with beams, once all are known.
        chosen: as ``Chosen`` explains.

    Returns:
        [batch * n, length + new]: a decoder's prompt, padded on the left, and what follows; an encoder-decoder's start
        token and answer.

    Raises:
        InputError: for a model that does not write, numbers out of range, texts longer than its positions, and what is
            no batch of ids or a mask of another shape.
    """
    with enough_memory(*_MEMORY):
        start, columns = _begun(model, input_ids, chosen)
        found = []
        for column in columns:
            found.append(column)
            if on_token is not None:
                on_token(column)
        return torch.cat([start, torch.stack(found, 1)], 1)


@torch.inference_mode()
def new_columns(model: WholeModel, input_ids: Tensor, **chosen: Unpack[Chosen]) -> Iterator[Tensor]:
    """What ``generate`` writes, column by column as it comes: [batch * n] ids each.

    Raises:
        InputError: as ``generate``.
    """
    with enough_memory(*_MEMORY):
        yield from _begun(model, input_ids, chosen)[1]


def _begun(model: WholeModel, input_ids: Tensor, chosen: Chosen) -> tuple[Tensor, Iterator[Tensor]]:
    """The texts before anything new is written, and the new columns."""
    config, seed, n, blanks = (
        chosen.get("config") or config_of(model),
        chosen.get("seed"),
        chosen.get("n") or 1,
        chosen.get("blanks", ()),
    )
    drawing = chosen.get("temperature"), chosen.get("top_k"), chosen.get("top_p")
    attention_mask = chosen.get("attention_mask")
    given: dict[str, Any] = {theirs: chosen.get(ours) for ours, theirs in SETTINGS.items()}
    given["forced_eos_token_id"] = _ids(chosen.get("forced_eos"))
    _check(temperature=drawing[0], top_k=drawing[1], top_p=drawing[2], n=chosen.get("n"), **given)
    settings = replace(config, **{name: value for name, value in given.items() if value is not None})
    if seed is not None:
        check_seed(seed)
    check_ids(input_ids, 0, None)
    check_shape("attention_mask", attention_mask, tuple(input_ids.shape))
    input_ids, attention_mask = repadded(model, input_ids, attention_mask)
    new = new_tokens(model, input_ids, settings, chosen.get("max_new_tokens"), blanks)
    begin = settings.bos_token_id if settings.decoder_start_token_id is None else settings.decoder_start_token_id
    writer = writer_of(model, input_ids, attention_mask, new, begin, blanks)
    vocab: s.Vocabulary = writer.model.spec.written_vocab
    known = settings.eos_token_id or (() if vocab.eos is None else (vocab.eos,))
    wanted = chosen.get("eos")
    ends = known if wanted is None else _ids(wanted) or ()
    filler = next(
        (each for each in (chosen.get("pad"), settings.pad_token_id, vocab.pad, *ends) if each is not None), 0
    )
    length = writer.ids.size(1)
    stop = [torch.tensor(each) for each in chosen.get("stop", ())]
    ending = Ending(torch.tensor(ends, device=input_ids.device), stop, chosen.get("over"), length)
    generator = None if seed is None else torch.Generator(input_ids.device).manual_seed(seed)
    choice = Sampling(*_drawing(settings, *drawing), generator)
    padded = attention_mask if attention_mask is not None and length == attention_mask.size(1) else None
    constraints = _constraints(settings, vocab.size)
    process = processor(constraints, length, new, ending.eos, vocab.size, padded, chosen.get("allowed"))
    beams, texts = settings.num_beams or 1, writer.ids.repeat_interleave(n, 0)
    if beams == 1:
        if n > 1 and not choice.temperature:
            raise InputError(
                f"n is {n} and temperature 0, which writes the same text every time: raise it, or take beams"
            )
        return texts, greedy_or_sampled(writer, choice, process, ending, filler, new, n)
    if n > beams:
        raise InputError(f"n is {n} with {beams} beams; it must be at most as many")
    penalty = 1.0 if settings.length_penalty is None else float(settings.length_penalty)
    early: Any = settings.early_stopping or False
    found = beam_search(writer, choice, process, ending, filler, new, beams, penalty, early, n)
    return texts, iter(found[:, length:].unbind(1))


def config_of(model: WholeModel) -> GenerationConfig:
    """The generation settings of a model's directory, or the defaults."""
    return getattr(model, "generation_config", GenerationConfig())


def new_tokens(
    model: WholeModel,
    input_ids: Tensor,
    config: GenerationConfig,
    wanted: int | None = None,
    blanks: Sequence[int] = (),
) -> int:
    """The most new tokens: ``wanted``, or else what the config and the positions allow.

    Raises:
        InputError: for a model that does not write, and for a prompt that is longer than the config's ``max_length``.
    """
    if wanted is not None:
        return wanted
    free, new = room(model, input_ids, blanks), config.max_new_tokens or NEW
    if config.max_new_tokens is None and config.max_length is not None:
        before = starts_with(model, input_ids)
        new = config.max_length - before
        if new < 1:
            raise InputError(
                f"{before} tokens stand before the new ones, and the model's generation config ends texts at "
                f"max_length {config.max_length}: say max_new_tokens"
            )
    return new if free is None else min(new, max(free, 1))


def _drawing(
    config: GenerationConfig, temperature: float | None, top_k: int | None, top_p: float | None
) -> tuple[float, int | None, float | None]:
    """Temperature, top_k and top_p: of the user, who draws by saying any of them, then of the config."""
    asked = top_k is not None or top_p is not None
    if temperature == 0 and asked:
        name, value = ("top_k", top_k) if top_k is not None else ("top_p", top_p)
        raise InputError(f"{name} is {value} and temperature 0, which takes the likeliest token: one of them goes")
    usual = None if temperature or asked or config.top_k is not None else TOP_K
    if temperature is None:
        temperature = (1.0 if config.temperature is None else config.temperature) if asked or config.do_sample else 0.0
    kept = config.top_k if top_k is None else top_k
    share = config.top_p if top_p is None else top_p
    return temperature, usual if kept is None else kept or None, None if share is None or share >= 1 else share


def _constraints(config: GenerationConfig, vocab_size: int) -> Constraints:
    forced = config.forced_bos_token_id
    if forced is not None and forced >= vocab_size:
        raise InputError(f"forced_bos_token_id is {forced}; the vocabulary has ids up to {vocab_size - 1}")
    return Constraints(
        repetition_penalty=config.repetition_penalty or 1.0,
        no_repeat_ngram_size=config.no_repeat_ngram_size or 0,
        bad_words_ids=config.bad_words_ids,
        min_length=config.min_length or 0,
        min_new_tokens=config.min_new_tokens or 0,
        forced_bos_token_id=forced,
        forced_eos_token_id=config.forced_eos_token_id,
        suppress_tokens=config.suppress_tokens,
        begin_suppress_tokens=config.begin_suppress_tokens,
    )


def _ids(ids: int | Sequence[int] | None) -> tuple[int, ...] | None:
    return None if ids is None else (ids,) if isinstance(ids, int) else tuple(ids)


def _check(**given: Any) -> None:
    """Refuse numbers out of range.

    Raises:
        InputError: naming the first, under its name here.
    """
    for name, argument, holds, allowed in (
        ("max_new_tokens", "max_new_tokens", lambda n: n >= 1, "at least 1"),
        ("min_new_tokens", "min_new_tokens", lambda n: n >= 0, "0 or more"),
        ("temperature", "temperature", lambda n: 0 <= n < math.inf, "0 or more, and finite"),
        ("top_k", "top_k", lambda n: n >= 1, "at least 1"),
        ("top_p", "top_p", lambda n: 0 < n <= 1, "above 0 and at most 1"),
        ("n", "n", lambda n: n >= 1, "at least 1"),
        ("num_beams", "beams", lambda n: n >= 1, "at least 1"),
        ("length_penalty", "length_penalty", lambda n: abs(n) <= STEEPEST, f"from -{STEEPEST} to {STEEPEST}"),
        ("early_stopping", "early_stopping", lambda n: n in (True, False, "never"), "True, False or 'never'"),
        ("repetition_penalty", "repetition_penalty", lambda n: 0 < n < math.inf, "above 0"),
        ("no_repeat_ngram_size", "no_repeat_ngram_size", lambda n: n >= 0, "0 or more"),
    ):
        value = given[name]
        if value is not None and not holds(value):
            raise InputError(f"{argument} is {value}; it must be {allowed}")
    least, most = given["min_new_tokens"], given["max_new_tokens"]
    if least is not None and most is not None and least > most:
        raise InputError(f"min_new_tokens is {least}; it must be at most max_new_tokens, which is {most}")

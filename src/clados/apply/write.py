"""Text generation from a prompt, streamed piece by piece."""

from collections.abc import Callable
from typing import Any
from warnings import warn

import torch
from torch import Tensor

from clados.apply.blanks import blank_ids, goes_on_behind, prompted
from clados.apply.generate import config_of, generate as generate_ids, room
from clados.apply.ready import ModelSource, Ready, load
from clados.errors import InputError

UNFINISHED = "\ufffd"  # what decoding gives for the first bytes of a letter


def prompt_ids(ready: Ready, prompt: str) -> list[int]:
    """The ids of a prompt; of a model that learned by control codes (CTRL) its first word is one.

    Raises:
        InputError: it is none that the model knows.
    """
    tokenizer = ready.required_tokenizer
    codes = control_codes(ready)
    if not codes:
        return ready.marked_for("generate", tokenizer.encode_batch([prompted(ready, prompt)]))[0]
    code, _, rest = prompt.strip().partition(" ")
    if code not in codes:
        begins = f"begins with '{code}'" if code else "is empty"
        raise InputError(f"the prompt {begins}; {ready.name} takes a control code first: {', '.join(codes)}")
    return [codes[code], *tokenizer.encode(rest.strip(), add_special_tokens=False)]


def control_codes(ready: Ready) -> dict[str, int]:
    """The ids of the control codes that a model learned by; empty where it learned otherwise."""
    if not getattr(ready.objective, "coded", False):
        return {}
    tokenizer = ready.required_tokenizer
    roles = {*tokenizer.ids.values(), *tokenizer.sentinels}
    return {name: number for name, number in tokenizer.special.items() if number not in roles}


def generate(
    source: ModelSource,
    prompt: str,
    *,
    max_new_tokens: int | None = None,
    beams: int | None = None,
    on_text: Callable[[str], object] | None = None,
    on_note: Callable[[str], object] = warn,
    device: str | torch.device = "cpu",
    **chosen: Any,
) -> str:
    """The continuation of a prompt by a decoder, or an encoder-decoder's answer to it, without the prompt.

    A decoder that fills in blanks (GLM) writes at the prompt's last one, ``[MASK]``, ``[sMASK]`` or ``[gMASK]``; where
    there is none, at one behind the prompt.

    What is not given is as the directory's generation_config.json says.

    Args:
        max_new_tokens: the most new tokens; fewer, with a note, where the model has no more positions. When None as
            many as the directory says, else 100.
        on_text: called with each piece of text as soon as it is known.
        on_note: called with notes, such as a lower limit of new tokens; by default a warning.
        beams: texts searched side by side; see ``clados.apply.generate``.
        chosen: ``min_new_tokens``, ``temperature``, ``top_k``, ``top_p``, ``length_penalty``, ``early_stopping``,
            ``repetition_penalty``, ``no_repeat_ngram_size``, ``seed`` ... as there.

    Raises:
        InputError: for a model that does not write, numbers out of range, and a prompt that leaves no room.
        DataError: for a directory without a tokenizer.
    """
    ready = load(source, "generate", beams=beams, device=device)
    tokenizer = ready.required_tokenizer
    (ids,) = ready.known([prompt_ids(ready, prompt)])
    if not ids:
        if ready.spec.vocab.bos is None:
            raise InputError("the prompt is empty, and the vocabulary names no bos to start from")
        ids = [ready.spec.vocab.bos]
    new: list[int] = []
    printed = 0

    def add(column: Tensor) -> None:
        nonlocal printed
        new.append(int(column))
        text = tokenizer.decode(new)
        if on_text is not None and len(text) > printed and not text.endswith(UNFINISHED):
            on_text(text[printed:])
            printed = len(text)

    given = torch.tensor([ids], device=ready.device)
    blanks = tuple(each for each in blank_ids(ready) if each != goes_on_behind(ready))
    free = room(ready.model, given, blanks)
    if max_new_tokens is not None and free is not None and max_new_tokens > free >= 1:
        on_note(f"max_new_tokens is {max_new_tokens}; {ready.name} has positions for {free}, and stops there")
        max_new_tokens = free
    end = None if config_of(ready.model).eos_token_id else tokenizer.ids.get("eos")
    given_ = {"max_new_tokens": max_new_tokens, "beams": beams, "eos": end, "blanks": blanks, **chosen}
    generate_ids(ready.model, given, on_token=add, **given_)
    text = tokenizer.decode(new)
    if on_text is not None and len(text) > printed:
        on_text(text[printed:])
    return text

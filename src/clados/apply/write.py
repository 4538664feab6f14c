"""generate: text from a model and a prompt, as it comes."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from clados import spec as s
from clados.apply.generate import generate as generate_ids
from clados.apply.generate import room
from clados.apply.ready import Source, load
from clados.nn.memory import enough_memory

UNFINISHED = "\ufffd"  # what decoding gives for the first bytes of a letter


@enough_memory("writing after this prompt", "give fewer tokens, or a smaller batch")
def generate(
    source: Source,
    prompt: str,
    *,
    max_new_tokens: int = 100,
    beams: int = 1,
    on_text: Callable[[str], object] | None = None,
    device: str | torch.device = "cpu",
    **chosen: Any,
) -> str:
    """What a decoder writes after a prompt, or an encoder-decoder in answer to it; the prompt is not repeated.

    Args:
        max_new_tokens: as many at most; fewer where the model has learned no more positions.
        on_text: called with each piece of text as soon as it is known.
        beams: texts searched side by side; see ``clados.apply.generate``.
        chosen: ``temperature``, ``top_k``, ``top_p``, ``length_penalty``, ``seed`` as there.

    Raises:
        SpecError: for a model that does not write, numbers out of range, and a prompt that leaves no room.
        DataError: for a directory without a tokenizer.
    """
    ready = load(source, "generate", rows=beams, device=device)
    words = ready.words
    ids = words.encode(prompt)
    if not ids:
        if ready.spec.vocab.bos is None:
            raise s.SpecError("the prompt is empty, and the vocabulary names no bos to start from")
        ids = [ready.spec.vocab.bos]
    new: list[int] = []
    told = 0

    def tell(column: Tensor) -> None:
        nonlocal told
        new.append(int(column))
        text = words.decode(new)
        if on_text is not None and len(text) > told and not text.endswith(UNFINISHED):
            on_text(text[told:])
            told = len(text)

    end = words.ids.get("eos", ready.spec.vocab.eos)
    given = torch.tensor([ids], device=ready.device)
    free = room(ready.model, given)
    if free is not None:
        max_new_tokens = min(max_new_tokens, max(free, 1))
    ends = () if end is None else (end,)
    generate_ids(ready.model, given, max_new_tokens=max_new_tokens, beams=beams, eos=ends, on_token=tell, **chosen)
    text = words.decode(new)
    if on_text is not None and len(text) > told:
        on_text(text[told:])
    return text

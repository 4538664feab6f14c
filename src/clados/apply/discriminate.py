"""discriminate: which words of a text stand there in place of others."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from clados.apply.ready import ModelSource, batched, listed, load, pad_ids
from clados.errors import InputError
from clados.nn.memory import enough_memory


@dataclass(frozen=True)
class Judged:
    """A token of a text, and the probability that it was replaced."""

    token: str
    probability: float


@enough_memory("judging these texts", "give fewer tokens, or a smaller batch")
@torch.inference_mode()
def discriminate(
    source: ModelSource, texts: str | Sequence[str], *, batch: int = 32, device: str | torch.device = "cpu"
) -> list[tuple[Judged, ...]]:
    """Each text's tokens, marks left out, with the probability that each was replaced (Clark et al. 2020, §2).

    Raises:
        InputError: for a model without a discriminator, and an empty text.
        DataError: for no texts, or a directory without a tokenizer.
    """
    ready = load(source, "discriminate", device=device)
    marks = set(ready.required_tokenizer.ids.values())
    rows = ready.tokens(listed(texts))
    empty = next((i for i, row in enumerate(rows) if not set(row) - marks), None)
    if empty is not None:
        raise InputError(f"text {empty} has no tokens, and there is nothing to judge")
    found: list[tuple[Judged, ...]] = [()] * len(rows)
    for numbers in batched(rows, batch, len):
        some = [rows[number] for number in numbers]
        ids, keep = pad_ids(some, ready.required_tokenizer.ids.get("pad", 0), ready.device)
        chances = ready.model(ids, attention_mask=keep).logits.float().sigmoid().tolist()
        for number, row, shares in zip(numbers, some, chances):
            tokens = zip(row, ready.required_tokenizer.tokens(row), shares)
            found[number] = tuple(Judged(token, share) for each, token, share in tokens if each not in marks)
    return found

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
    """Each text's tokens with the probability that each was replaced (Clark et al. 2020, §2).

    Marks are left out, for which no other token is ever put in: also what stands for words that are not known.

    Raises:
        InputError: for a model without a discriminator, and a text that is empty, of marks alone, or longer than the
            model's positions.
        DataError: for no texts, or a directory without a tokenizer.
    """
    ready = load(source, "discriminate", device=device)
    tokenizer, given = ready.required_tokenizer, listed(texts, "judge")
    marks = set(tokenizer.ids.values())
    rows = ready.known(tokenizer.encode_batch(given))
    ready.check_fit(rows)
    before, after = map(len, tokenizer.frame)
    for number, row in enumerate(rows, 1):
        if not set(row) - marks:
            alone = ", ".join(dict.fromkeys(tokenizer.tokens(row[before : len(row) - after]))) or "nothing"
            which = f"text {number} of {len(rows)} is read as {alone} alone"
            raise InputError(f"{which}: {ready.name} judges tokens that are no marks, and there is none")
    found: list[tuple[Judged, ...]] = [()] * len(rows)
    for numbers in batched(rows, batch, len):
        some = [rows[number] for number in numbers]
        ids, keep = pad_ids(some, tokenizer.ids.get("pad", 0), ready.device)
        chances = ready.model(ids, attention_mask=keep).logits.float().sigmoid().tolist()
        for number, row, shares in zip(numbers, some, chances):
            tokens = zip(row, tokenizer.tokens(row), shares)
            found[number] = tuple(Judged(token, share) for each, token, share in tokens if each not in marks)
    return found

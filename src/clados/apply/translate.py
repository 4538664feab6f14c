"""translate: a text in another language."""

from collections.abc import Sequence

import torch

from clados.apply.generate import generate, room
from clados.apply.ready import Source, batched, listed, load, padded
from clados.nn.memory import enough_memory

TASK = "translate English to German: "  # of T5 (Raffel et al. 2020, figure 1)
ROOM = 50  # tokens that a translation may be longer than its source (Vaswani et al. 2017, §6.1)


@enough_memory("translating these texts", "give fewer tokens, or a smaller batch")
def translate(
    source: Source,
    texts: str | Sequence[str],
    *,
    prefix: str | None = None,
    beams: int = 4,
    length_penalty: float = 0.6,
    batch: int = 16,
    device: str | torch.device = "cpu",
) -> list[str]:
    """The translation of each text; beams and penalty are those of Vaswani et al. 2017, §6.1.

    Args:
        prefix: what is put before each text to name the task; when None, T5's for German where the model has
            sentinels and was not trained to translate, and nothing elsewhere.
        length_penalty: a candidate's log-probability is divided by its length to this power.
        batch: texts at once, of like length.

    Raises:
        SpecError: for a model that does not translate, numbers out of range, a text longer than its positions.
        DataError: for no texts, or a directory without a tokenizer.
    """
    texts = listed(texts)
    ready = load(source, "translate", rows=beams * min(batch, len(texts)), device=device)
    words = ready.words
    if prefix is None:
        prefix = TASK if ready.objective is None and ready.spec.vocab.sentinels else ""
    end = words.ids.get("eos", ready.spec.vocab.eos)
    rows = [
        ids if end is None or end in ids else [*ids, end]
        for ids in words.encode_batch([prefix + text for text in texts])
    ]
    found: dict[int, str] = {}
    for numbers in batched(rows, batch, len):
        ids, keep = padded([rows[number] for number in numbers], words.ids.get("pad", 0), ready.device)
        new, free = ids.size(1) + ROOM, room(ready.model, ids)
        if free is not None:
            new = min(new, free)
        written = generate(
            ready.model, ids, attention_mask=keep, max_new_tokens=new, beams=beams, length_penalty=length_penalty
        )
        # cut anew, so that the room of a text does not depend on its neighbours
        for number, row in zip(numbers, written[:, 1:].tolist()):
            found[number] = words.decode(row[: len(rows[number]) + ROOM]).strip()
    return [found[number] for number in range(len(rows))]

"""summarize: the main points of a text in fewer words."""

from collections.abc import Callable, Sequence
from typing import Any
from warnings import warn

from clados import spec as s
from clados.apply.chat import template_of
from clados.apply.generate import config_of, generate, room
from clados.apply.ready import ModelSource, Ready, batched, listed, load, pad_ids, usual_beams
from clados.apply.translate import PENALTY
from clados.data.templates import messages, written
from clados.nn.memory import enough_memory

SUMMARY_TASK = "summarize: "  # of T5 (Raffel et al. 2020, figure 1)


@enough_memory("summarising these texts", "give fewer tokens, or a smaller batch")
def summarize(
    source: ModelSource,
    texts: str | Sequence[str],
    *,
    prefix: str | None = None,
    max_new_tokens: int | None = None,
    beams: int | None = None,
    length_penalty: float | None = None,
    batch: int = 8,
    on_note: Callable[[str], object] = warn,
    device: str = "cpu",
    **chosen: Any,
) -> list[str]:
    """A summary of each text, by an encoder-decoder that writes them: PEGASUS, BART, T5, BigBird-PEGASUS.

    Beams, penalty and lengths are those of the directory's generation_config.json; where it says none, four beams and a
    penalty of 0.6 (Raffel et al. 2020, §3.7), and at most 100 tokens. Of a text that is longer than the model's
    positions the first part is read.

    Args:
        prefix: what is put before each text to name the task; when None, T5's where the model has sentinels and is not
            known to have learned anything else, and nothing elsewhere. A model that was tuned by a template has its.
        max_new_tokens: the most tokens of a summary.
        length_penalty: a candidate's log-probability is divided by its length to this power.
        batch: texts at once, of like length.
        on_note: called with notes, such as that a text is not read to its end; by default a warning.
        chosen: ``min_new_tokens``, ``no_repeat_ngram_size``, ``early_stopping`` ... as for ``generate``.

    Raises:
        InputError: for a model that does not summarise, numbers out of range, and an empty text.
        DataError: for no texts, one of which the vocabulary knows nothing, or a directory without a tokenizer.
    """
    texts = listed(texts, "summarise")
    ready = load(source, "summarize", texts=min(batch, len(texts)), beams=beams, device=device)
    ready.check_words(texts)
    config, tokenizer = config_of(ready.model), ready.required_tokenizer
    rows = _rows(ready, _asked(ready, texts, prefix), on_note)
    if length_penalty is None and config.num_beams is None and config.length_penalty is None:
        length_penalty = PENALTY
    found: dict[int, str] = {}
    for numbers in batched(rows, batch, len):
        ids, keep = pad_ids([rows[number] for number in numbers], tokenizer.ids.get("pad", 0), ready.device)
        free = room(ready.model, ids)
        summaries = generate(
            ready.model,
            ids,
            attention_mask=keep,
            max_new_tokens=max_new_tokens if free is None or max_new_tokens is None else min(max_new_tokens, free),
            beams=beams or usual_beams("summarize", ready.model),
            length_penalty=length_penalty,
            **chosen,
        )
        found |= {number: tokenizer.decode(row).strip() for number, row in zip(numbers, summaries[:, 1:].tolist())}
    return [found[number] for number in range(len(rows))]


def _asked(ready: Ready, texts: Sequence[str], prefix: str | None) -> list[str]:
    """The texts as the model is asked to summarise them."""
    if prefix is None and isinstance(getattr(ready.objective, "template", None), s.Template):
        return [written(template_of(ready), messages([("user", text)])).text for text in texts]
    if prefix is None:
        prefix = SUMMARY_TASK if ready.objective is None and ready.spec.vocab.sentinels else ""
    return [prefix + text for text in texts]


def _rows(ready: Ready, texts: Sequence[str], on_note: Callable[[str], object]) -> list[list[int]]:
    """The ids of each text, which end with the end token, cut to what the model has positions for."""
    limit, end = ready.positions, ready.required_tokenizer.ids.get("eos", ready.spec.vocab.eos)
    cut = None if limit is None else limit - 1
    return [ids if end is None or end in ids else [*ids[:cut], end] for ids in ready.tokens(texts, on_note=on_note)]

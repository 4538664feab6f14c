"""translate: a text in another language."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from clados.apply.generate import config_of, generate, room
from clados.apply.ready import ModelSource, Ready, batched, listed, load, pad_ids, usual_beams
from clados.errors import InputError
from clados.names import marked_languages, meant_language
from clados.nn.memory import enough_memory

LANGUAGES = {"de": "German", "fr": "French", "ro": "Romanian"}  # that T5 has learned (Raffel et al. 2020, §2.3)
TASK = "translate English to {}: "  # of T5 (Raffel et al. 2020, figure 1)
ROOM = 50  # tokens that a translation may be longer than its source (Vaswani et al. 2017, §6.1)
PENALTY = 0.6  # Vaswani et al. 2017, §6.1
MARIAN = re.compile(r">>\w+<<")  # how Marian's models of several languages mark it


@enough_memory("translating these texts", "give fewer tokens, or a smaller batch")
def translate(
    source: ModelSource,
    texts: str | Sequence[str],
    *,
    to: str | None = None,
    from_: str | None = None,
    prefix: str | None = None,
    beams: int | None = None,
    length_penalty: float | None = None,
    batch: int = 16,
    device: str | torch.device = "cpu",
) -> list[str]:
    """The translation of each text.

    Beams, penalty and lengths are those of the directory's generation_config.json; where it says none, those of
    Vaswani et al. 2017, §6.1: four beams, a penalty of 0.6, 50 tokens more than the source has.

    Args:
        to: the language to translate into, for models of several: its code (``de``, ``de_DE``), or for T5 its name.
        from_: the language of the texts, for models whose tokenizer marks it (mBART).
        prefix: what is put before each text to name the task; when None, T5's for German where the model has
            sentinels and was not trained to translate, and nothing elsewhere.
        length_penalty: a candidate's log-probability is divided by its length to this power.
        batch: texts at once, of like length.

    Raises:
        InputError: for a model that does not translate, a language that it does not know, numbers out of range, a text
            that is empty or longer than its positions.
        DataError: for no texts, one of which the vocabulary knows nothing, or a directory without a tokenizer.
    """
    texts = listed(texts, "translate")
    ready = load(source, "translate", texts=min(batch, len(texts)), beams=beams, device=device)
    ready.check_words(texts)
    config, tokenizer = config_of(ready.model), ready.required_tokenizer
    target = _target(ready, to)
    if prefix is None:
        german = ready.objective is None and ready.spec.vocab.sentinels
        prefix = target.prefix or (TASK.format(LANGUAGES["de"]) if german else "")
    end = tokenizer.ids.get("eos", ready.spec.vocab.eos)
    rows = [
        [*target.before, *_marked(ready, ids if end is None or end in ids else [*ids, end], from_)]
        for ids in ready.known(tokenizer.encode_batch([prefix + text for text in texts]))
    ]
    if length_penalty is None and config.num_beams is None and config.length_penalty is None:
        length_penalty = PENALTY
    limited = config.max_new_tokens is not None or config.max_length is not None
    found: dict[int, str] = {}
    for numbers in batched(rows, batch, len):
        ids, keep = pad_ids([rows[number] for number in numbers], tokenizer.ids.get("pad", 0), ready.device)
        new, free = ids.size(1) + ROOM, room(ready.model, ids)
        if free is not None:
            new = min(new, free)
        written = generate(
            ready.model,
            ids,
            attention_mask=keep,
            max_new_tokens=None if limited else new,
            beams=beams or usual_beams("translate", ready.model),
            length_penalty=length_penalty,
            forced_bos=target.forced_bos,
            start=target.start,
        )
        # cut anew, so that the room of a text does not depend on its neighbours
        for number, row in zip(numbers, written[:, 1:].tolist()):
            found[number] = tokenizer.decode(row if limited else row[: len(rows[number]) + ROOM]).strip()
    return [found[number] for number in range(len(rows))]


@dataclass(frozen=True)
class _Target:
    """How a model is given the target language."""

    prefix: str = ""
    before: tuple[int, ...] = ()  # the text's own ids
    forced_bos: int | None = None
    start: int | None = None


def _target(ready: Ready, to: str | None) -> _Target:
    if to is None:
        return _Target()
    if languages := marked_languages(ready.required_tokenizer.special):
        number = languages[_code(ready, to, "to")]
        config = config_of(ready.model)
        start = (
            ready.spec.written_vocab.start if config.decoder_start_token_id is None else config.decoder_start_token_id
        )
        # mBART's answers start with their language; those of mBART-50 have it after the start
        return _Target(start=number) if start is None or start in languages.values() else _Target(forced_bos=number)
    marks = {
        token[2:-2]: number for token, number in ready.required_tokenizer.vocabulary.items() if MARIAN.fullmatch(token)
    }
    if to in marks:
        return _Target(before=(marks[to],))
    if ready.spec.vocab.sentinels and ready.objective is None:
        name = LANGUAGES.get(to.lower(), to.capitalize())
        if name not in LANGUAGES.values():
            raise InputError(f"to is '{to}'; {ready.name} knows {', '.join(LANGUAGES.values())}")
        return _Target(prefix=TASK.format(name))
    knows = f"knows {', '.join(sorted(marks))}" if marks else "writes one language only"
    raise InputError(f"to is '{to}'; {ready.name} {knows}")


def _code(ready: Ready, said: str, name: str) -> str:
    languages = marked_languages(ready.required_tokenizer.special)
    code = meant_language(said, languages)
    if code is None:
        raise InputError(f"{name} is '{said}'; {ready.name} knows {', '.join(sorted(languages))}")
    return code


def _marked(ready: Ready, ids: list[int], language: str | None) -> list[int]:
    """A text's ids with another mark of its language.

    Raises:
        InputError: where nothing marks it.
    """
    if language is None:
        return ids
    languages = marked_languages(ready.required_tokenizer.special)
    marks = {*languages.values()}
    if not marks.intersection(ids):
        raise InputError(f"from is '{language}'; the tokenizer of {ready.name} does not mark the language of a text")
    number = languages[_code(ready, language, "from")]
    return [number if each in marks else each for each in ids]

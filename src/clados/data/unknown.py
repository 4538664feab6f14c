"""Texts of which a vocabulary knows nothing: a model reads all of them alike."""

from collections.abc import Iterator, Sequence

from clados.data.tokenizer import Tokenizer

_HEAD = 4  # words of a text that are looked at before all of it is


def unknown_texts(tokenizer: Tokenizer, texts: Sequence[str]) -> Iterator[int]:
    """The numbers, from 0, of the texts that have unknown tokens and besides them none that says anything.

    Of nearly all texts one of the first words is known, so that no more of them is read.
    """
    unknown = tokenizer.ids.get("unk")
    if unknown is None or unknown in map(tokenizer.ids.get, ("bos", "eos")) or tokenizer.knows_all_bytes:
        return
    silent = {unknown, *tokenizer.special.values()}
    said: dict[int, bool] = dict.fromkeys(silent, False)

    def says(number: int) -> bool:
        if number not in said:
            said[number] = bool(tokenizer.decode([number]).strip())
        return said[number]

    heads = [" ".join(text.split(None, _HEAD)[:_HEAD]) for text in texts]
    rows = tokenizer.encode_batch(heads, add_special_tokens=False)
    left = [number for number, row in enumerate(rows) if not any(map(says, row))]
    for number, row in zip(left, tokenizer.encode_batch([texts[number] for number in left], add_special_tokens=False)):
        if unknown in row and not any(map(says, row)):
            yield number

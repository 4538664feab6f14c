"""Damaged files of tokenizers are read or refused in one line."""

import json
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from clados.data import Text, Tokenizer, load_tokenizer, read_as, train_tokenizer
from tests.data.test_families import GOLDEN, written
from tests.fuzz.harness import Row, run
from tests.fuzz.mutants import bytes_mutant, json_bytes, text_mutant

TEXTS = ["the cat sat on the mat", "", "Ünï 犬 <unk> [MASK] </s> <mask>", " a\n\tb  c" * 20, "x" * 2000]


@cache
def trained(kind: str) -> Tokenizer:
    return train_tokenizer([each.text for each in read_as(Text, "shakespeare")[:10]], kind, 500)


def used(folder: Path) -> object:
    """Read a tokenizer and use it for all that it does."""
    tokenizer = load_tokenizer(folder)
    rows = tokenizer.encode_batch(TEXTS)
    tokenizer.encode(TEXTS[0], TEXTS[2])
    for row in rows:
        tokenizer.decode(row)
        tokenizer.tokens(row)
    tokenizer.save(folder / "again")
    return tokenizer.key, repr(tokenizer), tokenizer.lower_cased(), tokenizer.within(9)


def family(name: str, *, more: bool = False) -> Callable[[Path], object]:
    """The directory of a family, perhaps with each of the older companions of tokenizer_config.json."""

    def make(folder: Path) -> None:
        written(GOLDEN["cases"][name], folder)
        if more:
            number = GOLDEN["cases"][name]["size"]
            (folder / "added_tokens.json").write_text(json.dumps({"<new>": number, "<newer>": number + 1}))
            token = {"content": "<new>", "lstrip": True, "rstrip": False, "normalized": False, "single_word": True}
            named = {"mask_token": token, "additional_special_tokens": ["<newer>"]}
            (folder / "special_tokens_map.json").write_text(json.dumps(named))

    return make


def pieces(name: str) -> Row:
    case = GOLDEN["cases"][name]
    (file,) = (each for each in case["files"] if not each.endswith((".json", ".txt")))
    return Row(f"{file} of {name}", family(name), file, bytes_mutant, used)


def charsmap(folder: Path) -> None:
    """A SentencePiece file with its table of characters, which is larger than all else in it."""
    sentencepiece = pytest.importorskip("sentencepiece")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS[:1] * 20), model_prefix=str(folder / "spiece"), vocab_size=30,
        hard_vocab_limit=False, minloglevel=2,
    )  # fmt: skip
    (folder / "spiece.vocab").unlink()


def vocab_mutant(data: bytes, draw: random.Random) -> bytes:
    return (json_bytes if draw.random() < 0.5 else text_mutant)(data, draw)


def saved(kind: str) -> Callable[[Path], object]:
    return lambda folder: trained(kind).save(folder)


KINDS = ("wordpiece", "bytes", "bpe", "unigram", "word")
CONFIGS = ("bert with added tokens", "albert as it is", "llama with eos", "mbart", "pegasus", "opt", "marian", "ctrl")
ROWS = (
    *(pieces(name) for name in ("t5 with the user's pieces", "xlnet", "mbart", "pegasus", "llama")),
    Row("source.spm", family("marian"), "source.spm", bytes_mutant, used),
    Row("charsmap", charsmap, "spiece.model", bytes_mutant, used),
    *(
        Row(f"tokenizer_config.json of {name}", family(name), "tokenizer_config.json", json_bytes, used)
        for name in CONFIGS
    ),
    Row("vocab.txt", family("bert"), "vocab.txt", text_mutant, used),
    *(Row(f"vocab.json of {name}", family(name), "vocab.json", vocab_mutant, used) for name in ("gpt", "ctrl", "gpt2")),
    Row("vocab.json of marian", family("marian"), "vocab.json", vocab_mutant, used),
    *(Row(f"merges.txt of {name}", family(name), "merges.txt", text_mutant, used) for name in ("gpt", "ctrl", "gpt2")),
    Row("added_tokens.json", family("bert", more=True), "added_tokens.json", json_bytes, used),
    Row("special_tokens_map.json", family("bert", more=True), "special_tokens_map.json", json_bytes, used),
    *(Row(f"tokenizer.json of {kind}", saved(kind), "tokenizer.json", json_bytes, used) for kind in KINDS),
)  # fmt: skip


@pytest.mark.fuzz
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_damaged_tokenizer_is_read_or_refused_in_one_line(row: Row, mutants: int, tmp_path: Path) -> None:
    run(row, tmp_path, mutants)

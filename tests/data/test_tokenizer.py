"""Tokenizers: trained, saved, and read in the layouts of others."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from clados.data import (
    BERT_ROLES,
    CLIP_ROLES,
    GPT2_ROLES,
    ROBERTA_ROLES,
    T5_ROLES,
    DataError,
    Roles,
    Text,
    Tokenizer,
    load_tokenizer,
    read_as,
    train_tokenizer,
)
from clados.data.pieces import text_parts
from clados.errors import InputError
from clados.names import sentinel
from clados.objectives import VocabIds
from clados.spec.inputs.text import Vocabulary

KINDS = ("wordpiece", "bytes", "bpe", "unigram", "word")
LINES = ["To be, or not to be.", "Enter ROMEO; who's there?", "  two  spaces\nand a line", "naïve ﬁne ① 犬", ""]


@lru_cache
def scenes() -> tuple[str, ...]:
    return tuple(e.text for e in read_as(Text, "shakespeare"))


@lru_cache
def trained(kind: str, roles: Roles | None = None) -> Tokenizer:
    return train_tokenizer(scenes()[:20], kind, 600, roles)


@pytest.mark.parametrize("kind", KINDS)
def test_training_gives_the_size_asked_for_with_the_roles_in_it(kind: str) -> None:
    tokenizer = trained(kind)
    assert tokenizer.size == 600
    assert all(tokenizer.tokens([tokenizer.id(role)]) == [token] for role, token in tokenizer.roles.named().items())


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_bytes_come_back_as_they_were(text: str) -> None:
    tokenizer = trained("bytes")
    assert tokenizer.decode(tokenizer.encode(text)) == text


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_bpe_with_bytes_for_the_rest_comes_back_as_it_was(text: str) -> None:
    tokenizer = trained("bpe")
    plain = text.replace("▁", "").replace("<", "")  # what looks like a mark, of a space or an end, is read as one
    assert tokenizer.decode(tokenizer.encode(plain)) == plain


@given(st.lists(st.sampled_from(["to", "be", "or", "not", "that", "is", "question", "nobler", "mind"]), min_size=1))
@settings(deadline=None)
def test_known_words_come_back_from_every_kind(words: list[str]) -> None:
    text = " ".join(words)
    for kind in KINDS[:-1]:  # pieces make up rare words; whole words do not
        assert trained(kind).decode(trained(kind).encode(text)) == text
    assert trained("word").decode(trained("word").encode("to be or not to be")) == "to be or not to be"


def test_training_is_the_same_in_another_process() -> None:
    code = (
        "from clados.data import read, train_tokenizer\n"
        "texts = [e.text for e in read('shakespeare')][:20]\n"
        f"print(*(train_tokenizer(texts, kind, 600).key for kind in {KINDS}))"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.split() == [trained(kind).key for kind in KINDS]


def test_the_roles_surround_texts_as_their_models_do() -> None:
    wordpiece, roberta, t5, gpt = (
        trained("wordpiece"),
        trained("bytes", ROBERTA_ROLES),
        trained("unigram"),
        trained("bytes", GPT2_ROLES),
    )
    assert wordpiece.tokens(wordpiece.encode("to", "be")) == ["[CLS]", "to", "[SEP]", "be", "[SEP]"]
    assert roberta.tokens(roberta.encode("a", "b")) == ["<s>", "a", "</s>", "</s>", "b", "</s>"]
    assert t5.tokens(t5.encode("to"))[-1] == "</s>"
    assert gpt.encode("to") == gpt.encode("to", add_special_tokens=False)


def test_sentinels_have_the_highest_ids_and_count_downwards() -> None:
    tokenizer = trained("unigram")
    assert tokenizer.sentinels == tuple(range(599, 499, -1))
    assert tokenizer.tokens(tokenizer.sentinels[:2]) == ["<extra_id_0>", "<extra_id_1>"]


def test_marks_are_special_keep_their_names_and_are_read_back(tmp_path: Path) -> None:
    roles = replace(T5_ROLES, sentinels=3, marks=("[NLU]", "[S2S]"))
    tokenizer = train_tokenizer(scenes()[:2], "unigram", 200, roles)
    assert tokenizer.tokens(range(tokenizer.size - 5, tokenizer.size)) == ["[NLU]", "[S2S]", *map(sentinel, (2, 1, 0))]
    assert tokenizer.encode("[S2S] and", add_special_tokens=False)[0] == tokenizer.size - 4
    tokenizer.save(tmp_path)
    assert load_tokenizer(tmp_path).special == tokenizer.special
    assert VocabIds.of(tokenizer).marks == {"[NLU]": tokenizer.size - 5, "[S2S]": tokenizer.size - 4}
    with pytest.raises(InputError, match=r"the vocabulary has no mark '\[NLG\]'; it has \[NLU\], \[S2S\]"):
        VocabIds.of(tokenizer).mark("[NLG]")


def test_roles_follow_from_a_declared_vocabulary() -> None:
    bert = Roles.of(Vocabulary(kind="wordpiece", size=30522, pad=0, unk=100, cls=101, sep=102, mask=103))
    assert bert == BERT_ROLES
    gpt2 = Roles.of(Vocabulary(kind="bytes", size=50257, bos=50256, eos=50256))
    assert gpt2 == Roles(bos="<|endoftext|>", eos="<|endoftext|>")
    roberta = Roles.of(Vocabulary(kind="bytes", size=50265, bos=0, pad=1, eos=2, unk=3, cls=0, sep=2, mask=50264))
    assert roberta == ROBERTA_ROLES
    t5 = Roles.of(Vocabulary(kind="unigram", size=32128, pad=0, eos=1, unk=2, sentinels=100))
    assert t5 == T5_ROLES


@pytest.mark.parametrize(("kind", "roles"), [*((kind, None) for kind in KINDS), ("bytes", ROBERTA_ROLES)])
def test_a_saved_tokenizer_is_read_back_by_us_and_by_transformers(
    kind: str, roles: Roles | None, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    tokenizer = trained(kind, roles)
    tokenizer.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "special_tokens_map.json",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    again = load_tokenizer(tmp_path)
    assert (again.key, again.ids, again.sentinels) == (tokenizer.key, tokenizer.ids, tokenizer.sentinels)
    theirs = AutoTokenizer.from_pretrained(tmp_path)
    assert len(theirs) == tokenizer.size
    for role, token in tokenizer.roles.named().items():
        assert getattr(theirs, f"{role}_token") == token
    for line in LINES:
        assert theirs(line).input_ids == tokenizer.encode(line)
        assert theirs(line, "to be").input_ids == tokenizer.encode(line, "to be")


def test_a_word_list_is_read_as_bert_reads_it(tmp_path: Path) -> None:
    from transformers import BertTokenizer

    tokenizer = trained("wordpiece")
    words = tokenizer.tokens(range(tokenizer.size))
    (tmp_path / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    again, theirs = load_tokenizer(tmp_path), BertTokenizer.from_pretrained(tmp_path)
    assert again.ids == tokenizer.ids
    for line in LINES:
        assert again.encode(line, "to be") == theirs(line, "to be").input_ids


@pytest.mark.parametrize("ends", [False, True])
def test_merges_are_read_as_gpt2_and_clip_read_them(ends: bool, tmp_path: Path) -> None:
    from transformers import CLIPTokenizer, GPT2Tokenizer

    alphabet = trained("bytes").tokens(range(1, 257))
    last = "</w>" if ends else ""
    merges = [("t", "o" + last), ("b", "e" + last), ("n", "o"), ("no", "t" + last)]
    words = [*alphabet, *((c + "</w>" for c in alphabet) if ends else ()), *(a + b for a, b in merges)]
    words += [CLIP_ROLES.named()["bos"], "<|endoftext|>"] if ends else ["<|endoftext|>"]
    (tmp_path / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(words)}), encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (tmp_path / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    ours = load_tokenizer(tmp_path)
    theirs = (CLIPTokenizer if ends else GPT2Tokenizer).from_pretrained(tmp_path)
    for line in LINES:
        assert ours.encode(line) == theirs(line).input_ids
    assert len(ours.encode("to be", add_special_tokens=False)) == (2 if ends else 3)


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
@pytest.mark.parametrize("t5", [False, True])
def test_a_sentencepiece_file_cuts_as_sentencepiece_does(kind: str, t5: bool, tmp_path: Path) -> None:
    sentencepiece = pytest.importorskip("sentencepiece")
    file = io.BytesIO()
    lines = [line for scene in scenes()[:20] for line in scene.splitlines() if line.strip()]
    ids = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1} if t5 else {}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=file,
        vocab_size=600,
        model_type=kind,
        byte_fallback=kind == "bpe",
        minloglevel=2,
        **ids,
    )
    (tmp_path / "spiece.model").write_bytes(file.getvalue())
    ours = load_tokenizer(tmp_path)
    theirs = sentencepiece.SentencePieceProcessor(model_proto=file.getvalue())
    for line in [*lines[::50], *LINES]:
        assert ours.encode(line, add_special_tokens=False) == theirs.encode(line)
    assert ours.ids["eos"] == theirs.eos_id()
    assert len(ours.sentinels) == (100 if t5 else 0)


@pytest.mark.parametrize(
    ("file", "data", "message"),
    [
        ("README.md", "nothing", "no tokenizer; one of tokenizer.json, vocab.txt"),
        ("tokenizer.json", "{", "unreadable tokenizer"),
        ("tokenizer_config.json", "{", "tokenizer_config.json: not JSON"),
        ("spiece.model", "\x01\x02", "spiece.model: not a SentencePiece model, or damaged"),
    ],
)
def test_a_directory_without_a_readable_tokenizer_is_refused(
    file: str, data: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / file).write_text(data, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        load_tokenizer(tmp_path)


def test_what_cannot_be_trained_is_said() -> None:
    with pytest.raises(DataError, match="kind 'words'; allowed: wordpiece, bytes, bpe, unigram, word"):
        train_tokenizer(["text"], "words", 1000)
    with pytest.raises(DataError, match="no text"):
        train_tokenizer(["", ""], "bytes", 1000)
    with pytest.raises(DataError, match="vocabulary of 200 is too small for a bytes tokenizer; 257 or more"):
        train_tokenizer(["text"], "bytes", 200)
    with pytest.raises(DataError, match="no token plays 'mask'"):
        trained("bytes").id("mask")


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_word_of_any_length_no_more_than_a_thousand_letters_are_learned_in_one(kind: str) -> None:
    """The trainers take the square of a word's length."""
    tokenizer = train_tokenizer([*scenes()[:5], "abcdefghij" * 20_000], kind, 400)
    assert tokenizer.size == 400
    assert max(map(len, tokenizer.vocabulary)) in (1000, 1001)  # the mark of a space is part of some


def test_half_a_surrogate_pair_is_read_as_what_stands_for_it() -> None:
    tokenizer = train_tokenizer([*scenes()[:5], "half \ud83d of one"], "bytes", 300)
    assert tokenizer.encode("a \ud83d b") == tokenizer.encode("a \ufffd b")
    assert tokenizer.encode("\ud83d\ude00") == tokenizer.encode("😀")


@pytest.mark.parametrize("kind", [*KINDS, "llama"])
def test_a_long_text_in_pieces_gives_the_ids_of_the_whole(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = trained("bpe" if kind == "llama" else kind)
    text = "  ".join(scenes()[:12]) + "\n\n" + "x" * 500 + " ROMEO! " * 200 + "東京。大阪" * 50
    whole = tokenizer.encode(text)
    monkeypatch.setattr("clados.data.tokenizer._LONG", 700)
    pieces = list(text_parts(text, 700, tokenizer._cuts_like))
    assert len(pieces) > 20
    assert tokenizer.encode(text) == whole
    assert tokenizer.encode(text, add_special_tokens=False) == trained_whole(tokenizer, text)


def trained_whole(tokenizer: Tokenizer, text: str) -> list[int]:
    return list(tokenizer.backend.encode(text, add_special_tokens=False).ids)

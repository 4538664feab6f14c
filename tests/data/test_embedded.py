"""Tokenizers in GGUF files cut text as those that they were made from do."""

import json
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
from tokenizers import Tokenizer as Backend, decoders, models, normalizers, pre_tokenizers, trainers

from clados.data.embedded import embedded_tokenizer
from clados.data.errors import DataError

TEXTS = [
    "The cat sat on the mat, and the dog didn't mind at all.",
    "In 1984 there were 12345 numbers; some were 7 and others 42!",
    "Wörter mit Umlauten, naïve cafés and a few 漢字 too.",
    "  spaces   and\nlines\n\n of text ",
] * 5
ODD = ["Zażółć 🙂 zebra", "the  cat's\tmat", "", "x", "they'll 2024 CAT"]


def byte_level() -> tuple[Backend, dict[str, Any], dict[str, list[Any]]]:
    backend = Backend(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet, show_progress=False
    )
    backend.train_from_iterator(TEXTS, trainer)
    vocab = sorted(backend.get_vocab().items(), key=lambda each: each[1])
    merges = [" ".join(pair) for pair in json.loads(backend.to_str())["model"]["merges"]]
    keys = {"ggml.model": "gpt2", "ggml.pre": "gpt-2", "ggml.bos_token_id": 0, "ggml.eos_token_id": 0}
    kinds = [3 if token == "<|endoftext|>" else 1 for token, _ in vocab]
    return backend, keys, {"tokens": [token for token, _ in vocab], "token_type": kinds, "merges": merges}


def test_byte_level_bpe(tmp_path: Path) -> None:
    theirs, keys, lists = byte_level()
    ours = embedded_tokenizer(tmp_path / "m.gguf", keys, lists)
    for text in (*TEXTS, *ODD):
        assert ours.encode(text) == theirs.encode(text).ids
        assert ours.decode(ours.encode(text)) == text
    assert (ours.id("eos"), ours.encode("a<|endoftext|>")[-1]) == (0, 0)
    assert ours.notes == ()
    begun = embedded_tokenizer(tmp_path / "m.gguf", {**keys, "ggml.add_bos_token": True}, lists)
    assert begun.encode("the cat") == [0, *theirs.encode("the cat").ids]


def test_llama_3_cuts_words_otherwise_and_begins_with_its_first_token(tmp_path: Path) -> None:
    _, keys, lists = byte_level()
    ours = embedded_tokenizer(tmp_path / "m.gguf", {**keys, "ggml.pre": "llama-bpe"}, lists)
    assert ours.encode("the")[0] == 0
    numbers = ours.backend.pre_tokenizer.pre_tokenize_str("12345 It'S")
    assert [piece for piece, _ in numbers] == ["123", "45", "ĠIt", "'S"]


@pytest.fixture(scope="module")
def spm(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("spm")
    (folder / "text.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "text.txt"), model_prefix=str(folder / "m"), vocab_size=420, model_type="bpe",
        byte_fallback=True, remove_extra_whitespaces=False, normalization_rule_name="identity", minloglevel=2,
    )  # fmt: skip
    return sentencepiece.SentencePieceProcessor(model_file=str(folder / "m.model"))


def kind(model: Any, i: int) -> int:
    return 2 if model.is_unknown(i) else 3 if model.is_control(i) else 6 if model.is_byte(i) else 1


def of_spm(model: Any) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    ids = range(model.get_piece_size())
    lists = {
        "tokens": [model.id_to_piece(i) for i in ids],
        "scores": [float(model.get_score(i)) for i in ids],
        "token_type": [kind(model, i) for i in ids],
    }
    return {"ggml.model": "llama", "ggml.bos_token_id": 1, "ggml.eos_token_id": 2, "ggml.unknown_token_id": 0}, lists


def test_sentencepiece_bpe(spm: Any, tmp_path: Path) -> None:
    ours = embedded_tokenizer(tmp_path / "m.gguf", *of_spm(spm))
    for text in (*TEXTS, *ODD):
        if text:
            assert ours.encode(text) == [1, *spm.encode(text)], text
            assert ours.decode(ours.encode(text)) == spm.decode(spm.encode(text))
    keys, lists = of_spm(spm)
    bare = embedded_tokenizer(
        tmp_path / "m.gguf", {**keys, "ggml.add_bos_token": False, "ggml.add_eos_token": True}, lists
    )
    assert bare.encode("the cat") == [*spm.encode("the cat"), 2]


def wordpiece() -> tuple[Backend, dict[str, Any], dict[str, list[Any]]]:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    backend = Backend(models.WordPiece(unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.train_from_iterator(
        TEXTS, trainers.WordPieceTrainer(vocab_size=150, special_tokens=special, show_progress=False)
    )
    words = [token for token, _ in sorted(backend.get_vocab().items(), key=lambda each: each[1])]
    # convert_hf_to_gguf.py of llama.cpp, BertModel.set_vocab: "##x" is "x", and other words get the mark of a space
    written = [w if w in special else w[2:] if w.startswith("##") else f"▁{w}" for w in words]
    keys = {"model": "bert", "padding_token_id": 0, "unknown_token_id": 1, "bos_token_id": 2, "cls_token_id": 2}
    keys |= {"eos_token_id": 3, "seperator_token_id": 3, "mask_token_id": 4, "token_type_count": 2}
    keys = {f"ggml.{key}": value for key, value in keys.items()}
    return backend, keys, {"tokens": written, "token_type": [3 if w in special else 1 for w in words]}


def test_wordpiece(tmp_path: Path) -> None:
    theirs, keys, lists = wordpiece()
    ours = embedded_tokenizer(tmp_path / "m.gguf", keys, lists)
    for text in (*TEXTS, *ODD):
        assert ours.encode(text) == [2, *theirs.encode(text).ids, 3]
    assert ours.ids == {"pad": 0, "unk": 1, "cls": 2, "sep": 3, "mask": 4}
    assert ours.tokens([2, 3]) == ["[CLS]", "[SEP]"]


def test_what_is_not_used_is_named(tmp_path: Path) -> None:
    _, keys, lists = byte_level()
    more = {"chat_template": "{{ x }}", "ggml.eot_token_id": 0}
    ours = embedded_tokenizer(tmp_path / "m.gguf", {**keys, **more}, lists)
    assert ours.notes == ("m.gguf: not used here: tokenizer.chat_template, tokenizer.ggml.eot_token_id",)


@pytest.mark.parametrize(
    ("keys", "lists", "message"),
    [
        ({"ggml.model": "rwkv"}, {}, 'tokenizer.ggml.model is "rwkv"; read are gpt2, llama, bert'),
        ({"ggml.pre": "deepseek-llm"}, {}, 'tokenizer.ggml.pre is "deepseek-llm"; read are gpt-2'),
        ({"ggml.bos_token_id": 9999}, {}, "tokenizer.ggml.bos_token_id is 9999; there are 364 tokens"),
        ({"ggml.model": "llama"}, {}, "scores is not one number for each of 364 tokens"),
        ({}, {"token_type": [1]}, "token_type is not one number for each of 364 tokens"),
        ({}, {"merges": ["a zzzz"]}, "merges has 'a zzzz', whose pieces the tokens lack"),
        ({}, {"merges": [1, 2]}, "merges is no list of strings"),
        ({}, {"tokens": []}, "tokens is no list of strings"),
    ],
)
def test_what_is_not_read_is_refused(
    keys: dict[str, Any], lists: dict[str, list[Any]], message: str, tmp_path: Path
) -> None:
    _, usual, held = byte_level()
    with pytest.raises(DataError) as caught:
        embedded_tokenizer(tmp_path / "m.gguf", usual | keys, held | lists)
    assert message in str(caught.value)

"""Families of tokenizers: their own files give the ids, marks and roles that their own classes give."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
from tokenizers import normalizers

from clados.data import DataError, load_tokenizer, train_tokenizer

# made by golden/make.py with transformers 4.57.6, whose slow classes are the families' own
GOLDEN = json.loads((Path(__file__).parent / "golden" / "tokenizers.json").read_text(encoding="utf-8"))


def written(case: dict[str, Any], folder: Path) -> Path:
    for name, content in case["files"].items():
        pieces = not name.endswith((".json", ".txt"))
        (folder / name).write_bytes(base64.b64decode(GOLDEN["pieces"][content]) if pieces else content.encode())
    config = {"tokenizer_class": case["class"]} | case["config"]
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", GOLDEN["cases"])
def test_a_familys_own_files_are_read_as_its_own_class_reads_them(name: str, tmp_path: Path) -> None:
    case = GOLDEN["cases"][name]
    tokenizer = load_tokenizer(written(case, tmp_path))
    for text, ids in case["ids"].items():
        if text.startswith(" ") and case["config"].get("legacy") is False:
            continue  # one more space is put before it by the slow class, none by the fast one, as here
        assert tokenizer.encode(text) == ids, text
    if name != "blenderbot":  # its class passes over the second text
        assert tokenizer.encode("the cat", "sat") == case["pair"]
    assert tokenizer.ids == case["roles"]
    assert tokenizer.size == case["size"]
    assert tokenizer.decode(case["ids"]["the cats sat"]).strip() == case["text"].strip()
    assert not tokenizer.notes


@pytest.mark.parametrize("name", ["xlm-roberta", "marian", "ctrl", "opt", "bert with added tokens", "llama with eos"])
def test_what_was_read_is_written_back_as_it_was(name: str, tmp_path: Path) -> None:
    case = GOLDEN["cases"][name]
    (tmp_path / "from").mkdir()
    read = load_tokenizer(written(case, tmp_path / "from"))
    read.save(tmp_path / "to")
    assert {p.name: p.read_bytes() for p in (tmp_path / "to").iterdir()} == {
        p.name: p.read_bytes() for p in (tmp_path / "from").iterdir()
    }
    assert load_tokenizer(tmp_path / "to").key == read.key


ADDED = {"lstrip": False, "rstrip": False, "normalized": False, "single_word": False, "special": False}


def bert(folder: Path, words: list[str], **config: Any) -> Path:
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    (folder / "config.json").write_text('{"model_type": "bert"}')
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer"} | config))
    return folder


MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [*MARKS, "mochte", "möchte", "Möchte", "Mochte", "東", "京", "東京", "##京", "<", "new", ">"]
FLAGS = [
    {"do_lower_case": True, "strip_accents": False},
    {"do_lower_case": False, "strip_accents": True},
    {"do_lower_case": False, "tokenize_chinese_chars": False},
    {"strip_accents": False},
    {},
]


@pytest.mark.parametrize("saved", FLAGS)
@pytest.mark.parametrize("said", FLAGS)
def test_tokenizer_json_gives_way_to_the_flags_of_its_class(
    saved: dict[str, bool], said: dict[str, bool], tmp_path: Path
) -> None:
    from transformers import AutoTokenizer, BertTokenizer

    BertTokenizer.from_pretrained(bert(tmp_path, WORDS, **saved)).save_pretrained(tmp_path)
    (tmp_path / "vocab.txt").unlink(missing_ok=True)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer"} | said))
    theirs = AutoTokenizer.from_pretrained(tmp_path)  # 5.23
    assert load_tokenizer(tmp_path).encode("Möchte 東京") == theirs("Möchte 東京").input_ids


@pytest.mark.parametrize("config", [None, {}, {"do_lower_case": False}])
def test_capitals_that_tokenizer_json_alone_keeps_are_noted(config: dict[str, bool] | None, tmp_path: Path) -> None:
    """transformers 4.57.6 and 5.23.0 lower-case where nothing but tokenizer.json says that capitals are kept."""
    from transformers import BertTokenizer

    BertTokenizer.from_pretrained(bert(tmp_path, WORDS, do_lower_case=False)).save_pretrained(tmp_path)
    (tmp_path / "tokenizer_config.json").unlink()
    if config is not None:
        (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    tokenizer = load_tokenizer(tmp_path)
    assert tokenizer.tokens(tokenizer.encode("Mochte")) == ["[CLS]", "Mochte", "[SEP]"]
    assert [note.partition(":")[0] for note in tokenizer.notes] == ([] if config else ["tokenizer.json"])


@pytest.mark.parametrize(("said", "first"), [({}, "▁the"), ({"add_prefix_space": True}, "▁the"), (
    {"add_prefix_space": False}, "the")])  # fmt: skip
def test_llamas_tokenizer_json_gives_way_to_the_flag_for_a_space_before_texts(
    said: dict[str, bool], first: str, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    backend = load_tokenizer(written(GOLDEN["cases"]["llama"], tmp_path)).backend
    backend.pre_tokenizer = None
    steps = [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]  # as transformers 4 writes it
    backend.normalizer = normalizers.Sequence(steps)
    (tmp_path / "tokenizer.model").unlink()
    backend.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "LlamaTokenizer"} | said))
    ours, theirs = load_tokenizer(tmp_path), AutoTokenizer.from_pretrained(tmp_path)  # 5.23
    assert ours.encode("the cat sat") == theirs("the cat sat").input_ids
    assert ours.tokens(ours.encode("the cat sat"))[1] == first


@pytest.mark.parametrize(
    ("files", "config"),
    [
        ({"added_tokens.json": {"<new>": len(WORDS)}}, {}),
        ({}, {"added_tokens_decoder": {str(len(WORDS)): {"content": "<new>"} | ADDED}}),
        ({}, {"additional_special_tokens": ["<new>"]}),
        ({}, {"extra_special_tokens": ["<new>"]}),
        ({"special_tokens_map.json": {"mask_token": "<new>"}}, {}),
    ],
)
@pytest.mark.parametrize("fast", [False, True])
def test_tokens_that_were_added_stay_whole(
    files: dict[str, Any], config: dict[str, Any], fast: bool, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer, BertTokenizer

    bert(tmp_path, WORDS)
    if fast:
        BertTokenizer.from_pretrained(tmp_path).save_pretrained(tmp_path)
        (tmp_path / "vocab.txt").unlink(missing_ok=True)
        (tmp_path / "special_tokens_map.json").unlink(missing_ok=True)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer"} | config))
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    theirs = AutoTokenizer.from_pretrained(tmp_path)("möchte <new> 東").input_ids  # 5.23
    assert theirs == [2, 5, len(WORDS), 9, 3]
    assert load_tokenizer(tmp_path).encode("möchte <new> 東") == theirs


def test_every_key_is_taken_ignored_or_named(tmp_path: Path) -> None:
    keys = {"strange_key": 1, "never_split": ["a"], "truncation_side": "left", "chat_template": "{{ x }}"}
    more = {
        "sp_model_kwargs": {"alpha": 0.1},
        "model_max_length": 512,
        "padding_side": "left",
        "do_basic_tokenize": False,
    }
    read = load_tokenizer(bert(tmp_path, WORDS, **keys, **more))
    assert read.limit == 512
    named = "\n".join(read.notes)
    for key in (
        "strange_key",
        "never_split",
        "truncation_side",
        "chat_template",
        "sp_model_kwargs",
        "do_basic_tokenize",
    ):
        assert key in named
    assert "padding_side" not in named


def test_a_flag_that_tokenizer_json_contradicts_is_noted(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(["to be or not to be"], "wordpiece", 60)  # lower-cased
    tokenizer.save(tmp_path)
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())  # of a class that reads tokenizer.json alone
    for lower, noted in ((True, False), (False, True)):
        (tmp_path / "tokenizer_config.json").write_text(json.dumps(config | {"do_lower_case": lower}))
        read = load_tokenizer(tmp_path)
        assert read.encode("To Be") == tokenizer.encode("to be")
        assert any("do_lower_case is not used here" in note for note in read.notes) == noted


def test_a_length_that_means_none_is_none(tmp_path: Path) -> None:
    read = load_tokenizer(bert(tmp_path, WORDS, model_max_length=int(1e30)))  # as transformers writes it
    assert (read.limit, read.notes) == (None, ())


@pytest.mark.parametrize(
    ("kind", "files", "message"),
    [
        ("BertTokenizer", {"vocab.txt": "a\nb\n"}, r"vocab\.txt: it lacks '\[UNK\]'"),
        ("BertTokenizer", {"vocab.txt": ""}, r"vocab\.txt: it lacks '\[UNK\]'"),
        (
            "BertJapaneseTokenizer",
            {"vocab.txt": "[UNK]\n"},
            "tokenizer_class is BertJapaneseTokenizer, whose own files",
        ),
        ("XLNetTokenizer", {"vocab.txt": "[UNK]\n"}, "XLNetTokenizer needs tokenizer.json, or one of spiece.model"),
        ("GPT2Tokenizer", {"vocab.json": "[]", "merges.txt": ""}, r"vocab\.json: it holds no vocabulary"),
        ("GPT2Tokenizer", {"vocab.json": '{"a": "0"}', "merges.txt": ""}, r"vocab\.json: the id of 'a' is 0"),
        ("GPT2Tokenizer", {"vocab.json": '{"a": -1}', "merges.txt": ""}, r"vocab\.json: the id of 'a' is -1"),
        ("GPT2Tokenizer", {"vocab.json": '{"a": 1, "b": 1}', "merges.txt": ""}, "'a' and 'b' both have the id 1"),
        (
            "GPT2Tokenizer",
            {"vocab.json": "[" * 10**5, "merges.txt": ""},
            r"vocab\.json: not usable, its JSON is nested",
        ),
        ("GPT2Tokenizer", {"vocab.json": '{"a": 0}', "merges.txt": "a b c\n"}, r"merges\.txt:1: 'a b c' is no merge"),
        ("GPT2Tokenizer", {"vocab.json": '{"a": 0}', "merges.txt": "#version\na a\n"}, r"merges\.txt: it merges 'aa'"),
        ("T5Tokenizer", {"spiece.model": ""}, r"spiece\.model: not a SentencePiece model, or damaged"),
        ("MBartTokenizer", {"spiece.model": "plain", "src_lang": "xx"}, 'src_lang is "xx"; allowed are ar_AR'),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_a_line(
    kind: str, files: dict[str, str], message: str, tmp_path: Path
) -> None:
    config = {"tokenizer_class": kind} | {key: files[key] for key in files if key == "src_lang"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    for name, content in files.items():
        data = base64.b64decode(GOLDEN["pieces"]["plain"]) if content == "plain" else content.encode()
        (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=message) as caught:
        load_tokenizer(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_empty_text_names_no_token(tmp_path: Path) -> None:
    """LLaMA's first conversions have empty marks, and the class's first name."""
    corpus = ["the cat sat on a mat", "a dog ran far"] * 20
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus), model_writer=model, vocab_size=40, model_type="bpe", minloglevel=2
    )
    (tmp_path / "tokenizer.model").write_bytes(model.getvalue())
    config = {"bos_token": "", "eos_token": "", "unk_token": "", "tokenizer_class": "LLaMATokenizer"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    tokenizer = load_tokenizer(tmp_path)
    assert tokenizer.encode("the cat")[0] == 1
    assert tokenizer.roles.eos == "</s>"

"""Texts that stay in their files, and the cache of their tokens."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clados.data import DataError, Text, Tokenizer, encode_documents, read, split, train_tokenizer
from clados.data.corpus import Corpus
from clados.data.errors import BadLines
from clados.data.formats import LARGE
from clados.data.packing import PackedSentences, SentenceBlocks, TokenBlocks
from clados.data.stream import Stream
from clados.train.fitting import texts

WORDS = [*"tobe", "or", "not", "that", "is", "the", "question", "whether", "nobler", "in", "mind", "to", "suffer"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of texts in several formats, with a line that cannot be used."""
    random = np.random.default_rng(0)

    def text() -> str:
        return " ".join(" ".join(random.choice(WORDS, 6)).capitalize() + "." for _ in range(random.integers(1, 9)))

    rows = [json.dumps({"text": text(), "id": number % 50, "language": "en"}) for number in range(60)]
    made = tmp_path / "data"
    made.mkdir()
    (made / "a.jsonl").write_text("\n".join([*rows[:9], "{", *rows[9:]]), encoding="utf-8")
    (made / "b.jsonl.gz").write_bytes(
        gzip.compress("\n".join(json.dumps({"text": text()}) for _ in range(40)).encode())
    )
    (made / "c.txt").write_text(text(), encoding="utf-8")
    return made


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All texts count as many."""
    monkeypatch.setattr("clados.data.readers.IN_MEMORY", 0)
    monkeypatch.setenv("CLADOS_CACHE", str(tmp_path / "own"))


def both(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], Corpus]:
    bad = BadLines(skip=True), BadLines(skip=True)
    few = read(folder, bad[0])
    monkeypatch.setattr("clados.data.readers.IN_MEMORY", 0)
    many = read(folder, bad[1])
    assert isinstance(many, Corpus)
    assert bad[0] == bad[1]
    assert bad[0].number == 1
    return list(few), many


@pytest.fixture
def tokenizer() -> Tokenizer:
    return train_tokenizer([" ".join(WORDS)], "bytes", 300)


def test_texts_in_files_are_those_in_memory_on_the_same_sides(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = both(folder, monkeypatch)
    assert list(many) == few
    assert (len(many), many[3], many[1:3]) == (len(few), few[3], few[1:3])
    for least in (1, 3):
        sides = [*map(list, many.split(least=least))]
        assert sides == [*map(list, split(few, least=least))]
        assert all(sides)
    kept, held = many.split()
    assert (kept.characters, held.characters) == tuple(sum(len(each.text) for each in side) for side in split(few))
    assert len({many.digest, kept.digest, held.digest}) == 3
    spoken = {name: [*part] for name, part in kept.by_language().items()}
    assert spoken == {name: [each for each in kept if each.language == name] for name in ("en", "")}
    sample = kept.sample(kept.characters // 3)
    assert 0.2 < sum(len(each.text) for each in sample) / kept.characters < 0.5
    assert {each.document for each in sample} <= {each.document for each in kept}
    assert texts(kept) == [each.text for each in kept]


def test_the_files_own_splits_are_kept(folder: Path, large: None) -> None:
    (folder / "a.jsonl").unlink()
    (folder / "c.txt").unlink()
    (folder / "b.jsonl.gz").rename(folder / "train.jsonl.gz")
    (folder / "valid.jsonl").write_text('{"text": "of its own"}', encoding="utf-8")
    corpus = read(folder)
    assert isinstance(corpus, Corpus)
    kept, held = corpus.split()
    assert [len(kept), [each.text for each in held]] == [40, ["of its own"]]
    with pytest.raises(DataError, match=r"the data have 1 document\(s\) held out; 2 or more"):
        corpus.split(least=2)


def test_a_corpus_refuses_what_is_no_text_and_broken_lines(folder: Path, large: None) -> None:
    with pytest.raises(DataError, match=r"a\.jsonl:10: not JSON"):
        read(folder)
    (folder / "a.jsonl").write_text('{"source": "a", "target": "b"}', encoding="utf-8")
    (folder / "a.jsonl").rename(folder / "z.jsonl")
    with pytest.raises(DataError, match=r"z\.jsonl: holds Pair and other files Text"):
        read(folder)


def same(one: Stream, other: Stream) -> bool:
    names = ("ids", "pieces", "documents")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


@pytest.mark.parametrize("by", ["document", "sentence"])
def test_tokens_in_files_are_those_in_memory(
    folder: Path, by: Any, tmp_path: Path, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLADOS_CACHE", str(tmp_path / "own"))
    few, many = both(folder, monkeypatch)
    plain, mapped = encode_documents(few, tokenizer, by=by), encode_documents(many, tokenizer, by=by)
    assert same(plain, mapped)
    assert isinstance(mapped.ids, np.memmap)
    assert mapped.ids.dtype == np.uint16
    monkeypatch.setattr("clados.data.stream.CHARACTERS", 100)  # many groups instead of one
    assert same(plain, encode_documents(many, tokenizer, tmp_path / "other", by))
    for pack in (lambda s: TokenBlocks(s, 9, 1), lambda s: PackedSentences(s, 9), lambda s: SentenceBlocks(s, 9)):
        rows, others = pack(plain), pack(mapped)
        assert len(rows) == len(others)
        assert all(rows.at(i).ids.tolist() == others.at(i).ids.tolist() for i in range(len(rows)))


def test_a_killed_process_leaves_tokens_that_the_next_one_goes_on_from(
    folder: Path, tmp_path: Path, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, many = both(folder, monkeypatch)
    plain = encode_documents(few, tokenizer)
    monkeypatch.setattr("clados.data.stream.CHARACTERS", 500)
    monkeypatch.setattr("clados.data.stream.SAVED_AFTER", -1)
    encode, calls = Tokenizer.encode_batch, list[int]()

    def killed(self: Tokenizer, some: Any, **options: Any) -> list[list[int]]:
        calls.append(len(some))
        if len(calls) == 10:
            raise KeyboardInterrupt
        return encode(self, some, **options)

    monkeypatch.setattr(Tokenizer, "encode_batch", killed)
    with pytest.raises(KeyboardInterrupt):
        encode_documents(many, tokenizer, tmp_path / "cache")
    (part,) = (tmp_path / "cache").glob("*.part")
    done = json.loads((part / "manifest.json").read_text())["documents"]
    assert 0 < done < len(few)
    with (part / "ids.bin").open("ab") as file:
        file.write(b"what was not saved any more")
    calls[:] = range(100)
    assert same(plain, encode_documents(many, tokenizer, tmp_path / "cache"))
    assert sum(calls[101:]) == len(few) - done  # the first is how the tokenizer treats spaces
    assert not [*(tmp_path / "cache").glob("*.part"), *(tmp_path / "cache").glob(".*.lock")]
    calls.clear()
    assert same(plain, encode_documents(many, tokenizer, tmp_path / "cache"))
    assert not calls


def test_tokens_of_another_tokenizer_and_damaged_ones_are_refused(tmp_path: Path, tokenizer: Tokenizer) -> None:
    documents = [Text("a", "to be"), Text("b", "or not")]
    encode_documents(documents, tokenizer, tmp_path)
    (folder,) = tmp_path.iterdir()
    other = train_tokenizer(["another text"], "bytes", 300)
    with pytest.raises(DataError, match=rf"^{folder}: its tokens are of another tokenizer \(\w{{12}}, this run's is"):
        encode_documents(documents, other, tmp_path)
    (folder / "ids.bin").write_bytes(b"")
    with pytest.raises(DataError, match=r"ids\.bin: has 0 bytes, not \d+: damaged"):
        encode_documents(documents, tokenizer, tmp_path)


def test_a_large_text_is_many_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert LARGE == 2**26
    text = "\n\n".join(f"Paragraph {i}.\nIts second line." for i in range(100))
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    assert read(tmp_path) == [Text("a.txt", text)]
    monkeypatch.setattr("clados.data.formats.LARGE", 1000)
    monkeypatch.setattr("clados.data.formats.PASSAGE", 500)
    found = [each for each in read(tmp_path) if isinstance(each, Text)]
    assert "".join(each.text for each in found) == text
    assert [each.document for each in found[:2]] == ["a.txt#1", "a.txt#2"]
    assert all(each.text.endswith("\n\n") and len(each.text) <= 600 for each in found[:-1])
    assert all(split(found))

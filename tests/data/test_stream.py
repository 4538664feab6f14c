"""Token streams, packing and sampling."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from clados.data import (
    Couple,
    DataError,
    PackedPairs,
    PackedSentences,
    Sampler,
    Stream,
    Text,
    TokenBlocks,
    encode_documents,
    generator,
    sentences,
    train_tokenizer,
)
from clados.data.packing import NeighbouringPairs, SentenceBlocks

SEPARATOR = 999_999


def stream(documents: list[list[int]]) -> Stream:
    """A stream of documents, each the lengths of its sentences; the tokens are 0, 1, 2 ..."""
    lengths = [length for document in documents for length in document]
    pieces = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum([len(document) for document in documents])]).astype(np.int64)
    return Stream(np.arange(sum(lengths), dtype=np.uint32), pieces, starts)


lengths = st.lists(st.lists(st.integers(1, 12), max_size=6), min_size=1, max_size=8).filter(any)


@given(lengths, st.integers(1, 20), st.booleans())
@settings(deadline=None)
def test_packing_loses_no_token_and_marks_documents(documents: list[list[int]], length: int, separated: bool) -> None:
    source = stream(documents)
    owner = np.repeat(np.arange(len(documents)), [sum(document) for document in documents])
    separator = SEPARATOR if separated else None
    for packing in (TokenBlocks(source, length, separator), PackedSentences(source, length, separator)):
        packed = [packing.at(i) for i in range(len(packing))]
        ids = np.concatenate([p.ids for p in packed])
        assert ids[ids != SEPARATOR].tolist() == list(range(len(source)))
        assert max(len(p.ids) for p in packed) <= length
        for p in packed:
            real = p.ids != SEPARATOR
            assert len(p.ids) == len(p.documents)
            changes = np.diff(owner[p.ids[real]]) > 0
            assert (np.diff(p.documents[real]) > 0).tolist() == changes.tolist()


def test_blocks_are_full_but_the_last_and_close_each_document() -> None:
    blocks = TokenBlocks(stream([[3], [2], [4]]), 5, SEPARATOR)
    assert [block.ids.tolist() for block in map(blocks.at, range(len(blocks)))] == [
        [0, 1, 2, SEPARATOR, 3],
        [4, SEPARATOR, 5, 6, 7],
        [8, SEPARATOR],
    ]
    assert blocks.at(1).documents.tolist() == [0, 0, 1, 1, 1]


def test_full_sentences_stay_whole_where_they_fit() -> None:
    packing = PackedSentences(stream([[3, 3], [2, 9]]), 8, SEPARATOR)
    assert [packed.ids.tolist() for packed in map(packing.at, range(len(packing)))] == [
        [0, 1, 2, 3, 4, 5],
        [6, 7],
        [8, 9, 10, 11, 12, 13, 14, 15],
        [16],
    ]
    assert PackedSentences(stream([[3], [2]]), 8, SEPARATOR).at(0).ids.tolist() == [0, 1, 2, SEPARATOR, 3, 4]


@given(lengths.filter(lambda d: sum(map(bool, d)) > 1), st.integers(2, 30), st.integers(0, 3))
@settings(deadline=None)
def test_sentence_pairs_fit_and_follow_as_they_say(documents: list[list[int]], length: int, epoch: int) -> None:
    source = stream(documents)
    owner = np.repeat(np.arange(len(documents)), [sum(document) for document in documents])
    pairs = PackedPairs(source, length, seed=1)
    for index in range(len(pairs)):
        pair, again = pairs.at(index, epoch), pairs.at(index, epoch)
        assert (pair.first.tolist(), pair.second.tolist(), pair.follows) == (
            again.first.tolist(),
            again.second.tolist(),
            again.follows,
        )
        assert 2 <= len(pair.first) + len(pair.second) <= length
        assert len(pair.first)
        assert len(pair.second)
        same = owner[pair.first[-1]] == owner[pair.second[0]]
        assert same == pair.follows
        assert not pair.follows or pair.second[0] > pair.first[-1]


def test_half_of_the_pairs_follow_and_epochs_differ() -> None:
    pairs = PackedPairs(stream([[5] * 40 for _ in range(40)]), 30)

    def epoch(number: int) -> list[Couple]:
        return [pairs.at(index, number) for index in range(len(pairs))]

    follows = [pair.follows for number in range(4) for pair in epoch(number)]
    assert 0.45 < np.mean(follows) < 0.55
    assert [p.second.tolist() for p in epoch(0)] != [p.second.tolist() for p in epoch(1)]
    lengths = [len(pair.first) + len(pair.second) for pair in epoch(0)]
    assert 0.02 < np.mean(np.array(lengths) < 20) < 0.25  # the tenth that is cut shorter


def test_pairs_need_two_documents() -> None:
    with pytest.raises(DataError, match="two documents"):
        PackedPairs(stream([[3, 3]]), 8)
    with pytest.raises(DataError, match="length is 0"):
        TokenBlocks(stream([[3]]), 0)


def test_a_stream_is_written_once_and_mapped(tmp_path: Path) -> None:
    documents = [Text("a", "To be. Or not."), Text("b", ""), Text("c", "That is the question!")]
    tokenizer = train_tokenizer([d.text for d in documents], "bytes", 300)
    plain = encode_documents(documents, tokenizer, by="sentence")
    cached = encode_documents(documents, tokenizer, tmp_path / "cache", "sentence")
    (folder,) = (tmp_path / "cache").iterdir()
    before = (folder / "ids.bin").stat().st_mtime_ns
    again = encode_documents(documents, tokenizer, tmp_path / "cache", "sentence")
    assert (folder / "ids.bin").stat().st_mtime_ns == before
    for found in (cached, again):
        assert isinstance(found.ids, np.memmap)
        assert found.ids.tolist() == plain.ids.tolist()
    assert plain.documents.tolist() == [0, 2, 2, 3]
    assert tokenizer.decode(plain.ids[plain.pieces[1] : plain.pieces[2]].tolist()) == " Or not."
    encode_documents(documents[:1], tokenizer, tmp_path / "cache", "sentence")
    encode_documents(documents, tokenizer, tmp_path / "cache", "document")
    assert len(list((tmp_path / "cache").iterdir())) == 3


def test_documents_without_text_are_refused() -> None:
    tokenizer = train_tokenizer(["text"], "bytes", 300)
    with pytest.raises(DataError, match="hold no text"):
        encode_documents([Text("a", "")], tokenizer)


def test_sentences_end_where_they_end() -> None:
    assert sentences("A line\u2028goes\x0con\r\nThe next") == ["A line\u2028goes\x0con", "The next"]
    assert sentences('He said "Go." Then e.g. this went on. 3 came!\nA line (done.) Next？ 犬。猫') == [
        'He said "Go."',
        "Then e.g. this went on. 3 came!",
        "A line (done.)",
        "Next？",
        "犬。",
        "猫",
    ]


@given(st.text())
def test_sentences_lose_nothing_but_space(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@given(st.integers(1, 40), st.integers(0, 5), st.integers(1, 4), st.sampled_from([1, 2, 3]))
@settings(deadline=None)
def test_each_epoch_sees_every_example_once_and_ranks_share_it(n: int, seed: int, each: int, world: int) -> None:
    batch = each * world
    whole = Sampler(n, seed, batch)
    seen = [pair for step in range(3 * n) for pair in whole.step(step)]
    for epoch in range(len(seen) // n):
        assert sorted(seen[epoch * n : (epoch + 1) * n]) == [(epoch, index) for index in range(n)]
    for step in (0, 1, 7):
        parts = [Sampler(n, seed, batch, rank, world).step(step) for rank in range(world)]
        assert sorted(pair for part in parts for pair in part) == sorted(whole.step(step))
        assert {len(part) for part in parts} == {each}


def test_a_step_is_found_without_those_before_it() -> None:
    walked = Sampler(100, 5, 8)
    steps = [walked.step(number) for number in range(50)]
    assert Sampler(100, 5, 8).step(49) == steps[49]
    assert Sampler(100, 6, 8).step(49) != steps[49]


def test_a_batch_that_ranks_cannot_share_is_refused() -> None:
    with pytest.raises(DataError, match="batch 5 cannot be shared by rank 0 of 2"):
        Sampler(10, 0, 5, 0, 2)
    with pytest.raises(DataError, match="no examples"):
        Sampler(0, 0, 1)


def test_randomness_depends_on_the_numbers_alone() -> None:
    assert generator(1, 2, 3).random() == generator(1, 2, 3).random()
    assert generator(1, 2, 3).random() != generator(1, 3, 2).random()


def test_pairs_lose_tokens_from_the_front_and_from_the_back() -> None:
    """One by one, from either end by lot (github:google-research/bert create_pretraining_data.py)."""
    from clados.data.packing import _trim

    first, second = np.arange(30), np.arange(100, 110)
    front = []
    for seed in range(400):
        a, b = _trim(first, second, 20, np.random.default_rng(seed))
        assert len(a) + len(b) == 20
        assert a.tolist() == list(range(a[0], a[0] + len(a)))
        front.append(int(a[0]))
    assert np.mean(front) == pytest.approx(10, abs=0.5)  # of 20 that go
    assert 0 < min(front) < max(front) < 20


def test_sentences_stay_whole_within_their_document_and_know_its_language() -> None:
    stream = Stream(np.arange(30, dtype=np.uint32), np.array([0, 4, 9, 12, 25, 30]), np.array([0, 3, 5]))
    blocks = SentenceBlocks(stream, 10, ["en", "de"], added=1)
    found = [blocks.at(i) for i in range(len(blocks))]
    assert [(row.ids[0], row.bounds.tolist(), row.language) for row in found] == [
        (0, [0, 4], "en"),
        (4, [0, 5, 8], "en"),
        (12, [0, 9], "de"),
        (21, [0, 4], "de"),
        (25, [0, 5], "de"),
    ]
    assert np.concatenate([row.ids for row in found]).tolist() == list(range(30))
    with pytest.raises(DataError, match="length is 0; 1 token or more"):
        SentenceBlocks(stream, 1, added=1)


def test_neighbouring_segments_need_two_tokens() -> None:
    """What is packed is an array, whose truth is not that of a list."""
    tokenizer = train_tokenizer(["one two. three four."] * 9, "word", 64)
    stream = encode_documents([Text("a", "one two. three four."), Text("b", "one. two.")], tokenizer, by="sentence")
    assert len(NeighbouringPairs(stream, 8)) == 2
    with pytest.raises(DataError, match="no document has the two tokens"):
        NeighbouringPairs(encode_documents([Text("a", "one")], tokenizer, by="sentence"), 8)

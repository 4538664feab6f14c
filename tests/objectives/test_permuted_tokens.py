"""Permuted orders: which segments, which spans, and who sees whom."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from clados import spec as s
from clados.data import Text
from clados.data.errors import DataError
from clados.data.packing import generator
from clados.data.stream import Stream
from clados.errors import InputError
from clados.models.declared import declared
from clados.objectives import Setting, SourceConfig, VocabIds, permuted_tokens, task
from clados.objectives.permuted_tokens import Stretch, Stretches, chosen_spans, fitted_lengths, permuted
from tests.objectives.alike import alike, golden

XLNET, XL = s.PermutedTokens(), declared("xlnet").model
LENGTHS = np.array([9, 4, 12, 3, 6, 1, 10, 8, 7])  # of the golden text's sentences
WORDS = VocabIds(100, {"sep": 90, "cls": 91, "pad": 92, "eos": 93})


def stretches(objective: s.PermutedTokens, length: int, seed: int = 0) -> Stretches:
    bounds = np.cumsum([0, *LENGTHS])
    text = Stream(np.arange(60, dtype=np.uint32), bounds, np.array([0, len(LENGTHS)]))
    return Stretches(objective, text, length, seed, None)


def test_segments_are_drawn_as_by_the_authors_code() -> None:
    """Theirs reads a text whose last sentence never ends: a segment from elsewhere reaches one token less far."""
    source = stretches(s.PermutedTokens(reused=20, backwards=0.0), 36)
    ours = Counter[str]()
    for epoch in range(10_000):
        row = source.at(0, epoch)
        assert row.reused.tolist() == list(range(20))
        assert row.first.tolist() == list(range(20, 20 + len(row.first)))
        assert row.second.tolist() == list(range(row.second[0], row.second[0] + len(row.second)))
        assert len(row.first) + len(row.second) == 13
        ours[f"{len(row.first)} {row.second[0]}"] += 1
    assert alike(ours, golden("xlnet")["split"])


def test_documents_end_as_in_the_authors_code() -> None:
    """With a mark that is of their last sentence; a document without a sentence has none."""
    documents = golden("xlnet")["documents"]
    text = Stream(np.arange(1, 11, dtype=np.uint32), np.array([0, 3, 5, 6, 9, 10]), np.array([0, 2, 2, 5]))
    source = Stretches(s.PermutedTokens(reused=2), text, 8, 0, 93)
    assert source.ids[0].tolist() == documents["ids"]
    assert source.borders[0].tolist() == (np.flatnonzero(np.diff(documents["sentences"])) + 1).tolist()


def test_spans_are_drawn_as_by_the_authors_code() -> None:
    inside = frozenset(range(1, 60, 3))
    vocab_ids, random = VocabIds(100, {"sep": 90, "cls": 91}, inside=inside), generator(0)
    ours = Counter[str]()
    for _ in range(10_000):
        places = np.flatnonzero(chosen_spans(XLNET, np.arange(60), vocab_ids, 10, random))
        assert len(places) == 10
        ours[f"{places[0]} {int(np.argmax(np.diff(np.append(places, 99)) > 1)) + 1}"] += 1
    assert alike(ours, golden("xlnet")["spans"])


def test_who_sees_whom_is_as_in_the_authors_code(monkeypatch: pytest.MonkeyPatch) -> None:
    laid = golden("xlnet")["laid"]
    ids, masked = np.array(laid["ids"]), np.isin(np.arange(12), laid["masked"])
    parts = iter([masked[:6], masked[6:]])
    monkeypatch.setattr(permuted_tokens, "chosen_spans", lambda *_: next(parts))
    order: Any = SimpleNamespace(permutation=lambda number: np.array(laid["order"]))
    found = permuted(s.PermutedTokens(within=6), Stretch(ids[:6], ids[6:8], ids[9:10]), WORDS, order)
    assert found.ids.tolist() == laid["ids"]
    assert found.asked.tolist() == laid["masked"]
    assert found.hidden.astype(int).tolist() == laid["hidden"]
    assert found.types.tolist() == [0] * 9 + [1] * 2 + [2]


def test_a_sixth_is_predicted_half_of_it_in_what_is_reused() -> None:
    random = generator(1)
    first, second, third = (random.integers(0, 90, n) for n in (256, 150, 103))
    row = Stretch(first, second, third)
    found = permuted(XLNET, row, WORDS, random)
    assert (len(found.ids), len(found.asked), (found.asked < 256).sum()) == (512, 85, 43)


def test_half_of_the_rows_read_the_same_text_backwards() -> None:
    source = stretches(s.PermutedTokens(reused=10), 20)
    assert len(source) == 2 * source.forward
    rows = [source.at(i) for i in range(len(source))]
    assert [row.backwards for row in rows] == [i >= source.forward for i in range(len(rows))]
    lanes = [np.array([row.reused for row in half]) for half in (rows[: source.forward], rows[source.forward :])]
    assert lanes[0].flatten().tolist() == list(range(lanes[0].size))
    turned = np.roll(lanes[1], source.backward // 2, 0).flatten()
    assert turned.tolist() == list(range(59, 59 - len(turned), -1))
    assert not set(lanes[1][0]) & set(lanes[0][-1])  # a row that goes on from one to the other has not read it yet
    starts = {59 - end for end in np.cumsum([0, *LENGTHS[::-1]])}
    assert all(row.second[0] in starts for row in rows[source.forward :] if row.second[0] != row.first[-1] - 1)
    batch = task(XLNET).prepare(rows, [generator(i) for i in range(len(rows))], Setting(XL, 0, WORDS))
    assert batch.inputs["backwards"].tolist() == [row.backwards for row in rows]  # whose distances change their signs


def test_words_begin_at_their_first_piece_in_either_direction() -> None:
    inside = frozenset(range(1, 60, 2))
    vocab_ids = VocabIds(100, {"sep": 90, "cls": 91}, inside=inside)
    only = s.PermutedTokens(longest=2, share=2)
    for backwards in (False, True):
        ids = np.arange(40)[:: -1 if backwards else 1].copy()
        spans = Counter[int]()
        for seed in range(200):
            found = permuted(only, Stretch(ids, ids[:2], ids[:2], backwards), vocab_ids, generator(seed))
            asked = np.sort(found.ids[found.asked[found.asked < 40]])
            spans.update(int(run[0]) % 2 for run in np.split(asked, np.flatnonzero(np.diff(asked) > 1) + 1))
        assert spans[0] > 3 * spans[1]


@pytest.mark.parametrize(
    ("a", "b", "room", "fitted"), [(9, 4, 8, (4, 4)), (3, 9, 8, (3, 5)), (5, 5, 7, (4, 3)), (2, 3, 9, (2, 3))]
)
def test_the_longer_segment_is_cut_first(a: int, b: int, room: int, fitted: tuple[int, int]) -> None:
    assert fitted_lengths(a, b, room) == fitted


def test_a_short_sequence_or_text_is_refused() -> None:
    with pytest.raises(
        DataError, match="length is 20, of which 16 are reused and 3 are marks: two segments need 2 more"
    ):
        stretches(s.PermutedTokens(reused=16), 20)
    with pytest.raises(DataError, match="the text has 60 tokens; a sequence of 64 needs 62"):
        stretches(s.PermutedTokens(reused=32), 64)
    with pytest.raises(InputError, match="PermutedTokens needs a model that remembers"):
        task(XLNET).prepare([], [], Setting(declared("bert").model, 0, WORDS))


def test_the_objective_goes_with_the_models_memory() -> None:
    paper = declared("xlnet").model
    model = paper.shortened(1 / 8)
    assert task(XLNET).suited(paper, paper) == XLNET
    assert task(XLNET).suited(model, paper) == s.PermutedTokens(reused=32)
    assert task(XLNET.but(within=128)).suited(model, paper) == s.PermutedTokens(reused=32, within=16)
    with pytest.raises(InputError, match=r"PermutedTokens\.reused is 256, and this Permuted keeps 32 positions"):
        task(XLNET).prepare([], [], Setting(model, 64, WORDS))
    with pytest.raises(s.SpecError, match=r"PermutedTokens\.within is 257; 1 to 256 \(reused\) is allowed"):
        XLNET.but(within=257)
    assert (model.memory, model.reused) == (48, 32)  # type: ignore[attr-defined]
    source = task(XLNET.but(reused=8)).source([Text("a", "To be. " * 30)], SourceConfig(16, tokenizer=_tokenizer()))
    assert torch.tensor([len(source.at(i).reused) for i in range(len(source))]).unique().tolist() == [8]


def _tokenizer() -> Any:
    from clados.data import train_tokenizer
    from clados.data.roles import Roles

    return train_tokenizer(["To be."] * 3, "unigram", 60, Roles.of(declared("xlnet").model.vocab))

"""Corrupted spans and translation."""

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

from clados import spec as s
from clados.data.packing import Packed, generator
from clados.errors import InputError
from clados.models.declared import declared
from clados.nn import build
from clados.objectives import Setting, VocabIds, task
from clados.objectives.corrupted_spans import (
    corrupt,
    corrupted_lengths,
    noise,
    noise_sizes,
    taken_out,
    uncorrupted_length,
)
from clados.objectives.sides import SourceTarget
from tests.objectives.alike import alike, golden

GOLDEN = golden("t5")
WORDS = VocabIds(400, {"pad": 0, "eos": 1, "unk": 2}, tuple(range(399, 299, -1)))
T5 = s.CorruptedSpans()


@given(st.integers(2, 600), st.integers(0, 2**31), st.floats(0.05, 0.6), st.floats(1.0, 6.0))
@settings(max_examples=150, deadline=None)
def test_spans_alternate_begin_kept_and_have_the_wanted_share(length: int, seed: int, rate: float, mean: float) -> None:
    removed = noise(s.CorruptedSpans(rate, mean), length, generator(seed))
    assert removed.shape == (length,)
    assert not removed[0]
    assert removed[-1]
    count = int(removed.sum())
    assert abs(count - min(max(length * rate, 1), length - 1)) <= 0.501
    assert (np.diff(removed.astype(int)) == 1).sum() == min(max(round(count / mean), 1), length - count)


def restored(source: np.ndarray, target: np.ndarray, vocab_ids: VocabIds) -> np.ndarray:
    """The text that a corrupted source and its target were made from."""
    spans: dict[int, list[int]] = {}
    current: list[int] = []
    for token in target.tolist():
        if token in vocab_ids.sentinels:
            current = spans.setdefault(token, [])
        elif token != vocab_ids.ids.get("eos"):
            current.append(token)
    whole = [spans.get(token, [token]) for token in source.tolist() if token != vocab_ids.ids.get("eos")]
    return np.array([token for span in whole for token in span], np.int64)


@given(st.lists(st.integers(3, 299), min_size=2, max_size=300), st.integers(0, 2**31))
@settings(max_examples=100, deadline=None)
def test_the_text_can_be_restored_and_every_token_stands_on_one_side(ids: list[int], seed: int) -> None:
    found = corrupt(T5, np.array(ids), WORDS, generator(seed))
    assert restored(*found, WORDS).tolist() == ids
    text = [token for side in found for token in side.tolist() if token not in WORDS.special]
    assert sorted(text) == sorted(ids)
    marks = [[token for token in side.tolist() if token in WORDS.sentinels] for side in found]
    assert marks[0] == marks[1] == list(WORDS.sentinels[: len(marks[0])])
    assert found.source[-1] == found.target[-1] == 1
    assert (len(found.source), len(found.target)) == corrupted_lengths(T5, len(ids))


def test_the_paper_s_lengths_come_out() -> None:
    assert uncorrupted_length(T5, 512) == 568
    assert corrupted_lengths(T5, 568) == (512, 114)


@pytest.mark.parametrize(("name", "rate", "mean"), [("t5", 0.15, 3.0), ("long", 0.5, 8.0), ("longest", 0.15, 64.0)])
def test_as_many_tokens_go_in_as_many_spans_as_in_the_authors_code(name: str, rate: float, mean: float) -> None:
    assert [[*noise_sizes(length, rate, mean)] for length in range(2, 601, 4)] == GOLDEN["sizes"][name]


@pytest.mark.parametrize("asked", GOLDEN["denoisers"])
def test_a_text_fills_the_length_as_theirs(asked: str) -> None:
    """``random_spans_helper`` of T5's spans and UL2's; rather than write more than 512 it takes one less."""
    rate, mean = map(float, asked.split())
    objective = s.CorruptedSpans(rate, mean)
    whole = uncorrupted_length(objective, 512)
    _, written = corrupted_lengths(objective, whole)
    assert [whole - (written > 512), min(written, 512)] == GOLDEN["denoisers"][asked]["room"]


@pytest.mark.parametrize("asked", GOLDEN["masks"])
def test_the_same_tokens_go_as_often_as_in_the_authors_code(asked: str) -> None:
    length, rate, mean = asked.split()
    objective, random = s.CorruptedSpans(float(rate), float(mean)), generator(2)
    found = Counter("".join(map(str, noise(objective, int(length), random).astype(int))) for _ in range(20_000))
    assert len(found) == len(GOLDEN["masks"][asked])
    assert alike(found, GOLDEN["masks"][asked])


@pytest.mark.parametrize("batch", GOLDEN["batches"], ids=lambda batch: str(len(batch["gone"])))
def test_the_same_noise_makes_the_same_texts(batch: dict[str, list[int]]) -> None:
    """There the end token comes with the features."""
    found = taken_out(np.arange(10, 10 + len(batch["gone"])), np.array(batch["gone"], bool), WORDS)
    assert [each.tolist() for each in found] == [[*batch["source"], 1], [*batch["target"], 1]]


def test_more_spans_than_sentinels_are_refused() -> None:
    with pytest.raises(InputError, match="6 spans are removed, but the vocabulary has 2 sentinels"):
        corrupt(s.CorruptedSpans(0.3, 1.0), np.arange(3, 23), VocabIds(30, {"eos": 1}, (29, 28)), generator(0))


def test_the_decoder_sees_its_start_and_the_target_so_far() -> None:
    example = Packed(np.arange(10, 60), np.zeros(50, np.int64))
    batch = task(T5).prepare([example], [generator(0)], Setting(declared("t5").model, 0, WORDS))
    given_, wanted = batch.inputs["decoder_input_ids"][0].tolist(), batch.targets["labels"].tolist()
    assert given_ == [0, *wanted[:-1]]
    assert wanted[-1] == 1


def small_t5() -> tuple[torch.nn.Module, Setting]:
    model = declared("t5").at("small")
    vocab = s.but(size=400, sentinels=100)
    part = model.but(inputs=s.but(vocab=vocab), size=s.Size(layers=1, d_model=32, heads=2))
    return build(part), Setting(part, 40, WORDS)


def test_padding_on_either_side_changes_no_loss() -> None:
    model, setting = small_t5()
    rows = [SourceTarget(np.arange(5, 5 + n), np.arange(50, 50 + m)) for n, m in ((9, 4), (3, 11), (20, 20))]
    objective = s.Translation(0.1)
    together = task(objective).loss(model, task(objective).prepare(rows, [generator(0)] * 3, setting))  # type: ignore[arg-type]
    apart = [task(objective).loss(model, task(objective).prepare([row], [generator(0)], setting)) for row in rows]  # type: ignore[arg-type]
    assert together.sum.item() == pytest.approx(sum(each.sum.item() for each in apart), rel=1e-5)
    assert together.weight == sum(each.weight for each in apart) == 38


def test_labels_are_smoothed_evenly_over_the_whole_vocabulary_and_measured_unsmoothed() -> None:
    model, setting = small_t5()
    row = [SourceTarget(np.arange(5, 9), np.arange(50, 53))]
    batch = task(s.Translation(0.1)).prepare(row, [generator(0)], setting)
    logp = model(**batch.inputs).logits[0].log_softmax(-1)
    labels = batch.targets["labels"]
    right = -logp[range(4), labels].sum()
    even = -logp.mean(-1).sum()
    smoothed = (0.9 * right + 0.1 * even).item()
    assert task(s.Translation(0.1)).loss(model, batch).sum.item() == pytest.approx(smoothed, rel=1e-5)  # type: ignore[arg-type]
    assert task(s.Translation(0.1)).held_out.loss(model, batch).sum.item() == pytest.approx(right.item(), rel=1e-5)  # type: ignore[arg-type]


def test_long_texts_are_cut_and_closed() -> None:
    setting = Setting(declared("t5").model, 6, WORDS)
    batch = task(s.Translation()).prepare([SourceTarget(np.arange(5, 30), np.arange(40, 43))], [generator(0)], setting)
    assert batch.inputs["input_ids"].tolist() == [[5, 6, 7, 8, 9, 1]]
    assert batch.targets["labels"].tolist() == [40, 41, 42, 1]

"""Principal sentences and what is written for them."""

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from clados import spec as s
from clados.data.packing import Sentences, generator
from clados.models.declared import declared
from clados.objectives import Setting, VocabIds, task
from clados.objectives.gap_sentences import Scored, principal, scores

WORDS = VocabIds(60, {"pad": 0, "eos": 1, "mask": 2, "unk": 3})
SAID = ["The", "the", "a", "cat", "dog,", "sat!", "on_mat", "7"]
SETTING = Setting(declared("pegasus").model, 0, WORDS)


def chosen(texts: list[str], ratio: float) -> list[int]:
    """The choice as rouge.cc and sentence_selection.cc of google-research/pegasus 13fcf2b make it, step by step:
    float32 scores of clipped counts, sorted downwards with their numbers."""
    bags = [Counter(re.sub("[^a-z0-9]+", " ", text.lower()).split()) for text in texts]
    whole: Counter[str] = sum(bags, Counter())
    rows: list[tuple[float, int]] = []
    for number, bag in enumerate(bags):
        rest = {word: count - bag[word] for word, count in whole.items()}
        overlap = sum(min(count, bag[word]) for word, count in rest.items())
        recall = np.float32(overlap / max(1.0, sum(rest.values())))
        precision = np.float32(overlap / max(1.0, bag.total()))
        f1 = 2 * precision * recall / (precision + recall) if precision > 0 and recall > 0 else np.float32(0)
        rows.append((float(f1), number))
    number = min(int(max(float(np.float32(len(texts)) * np.float32(ratio)), 1.0)), len(texts))
    return sorted(number for _, number in sorted(rows, reverse=True)[:number])


def distinct(texts: list[str]) -> bool:
    """Whether no two scores are so near that rounding decides."""
    values = np.sort(scores(texts))
    return bool((np.diff(values) > 1e-5).all())


@given(
    st.lists(
        st.lists(st.sampled_from(["The", "the", "a", "cat", "dog,", "sat!", "on_mat", "7"]), min_size=1),
        min_size=1,
        max_size=9,
    ),
    st.sampled_from([0.3, 0.45, 0.2]),
)
@settings(max_examples=100, deadline=None)
def test_sentences_are_chosen_as_the_authors_do(words: list[list[str]], ratio: float) -> None:
    texts = [" ".join(each) for each in words]
    if distinct(texts):
        assert principal(scores(texts), ratio).tolist() == chosen(texts, ratio)


def test_of_equal_sentences_the_later_are_taken() -> None:
    """pretrain_parsing_ops_test.py of the authors: of ten alike, the last ones."""
    texts = [f"sentence {i}." for i in range(10)]
    assert principal(scores(texts), 0.5).tolist() == chosen(texts, 0.5) == [5, 6, 7, 8, 9]
    assert principal(scores(["one."]), 0.3).tolist() == [0]


def test_a_count_is_as_often_as_it_occurs() -> None:
    found = scores(["a a b", "a c", "d"])
    assert found.tolist() == pytest.approx([2 * 1 / 6, 2 * 1 / 6, 0.0])


def row(*sizes: int) -> Scored:
    ids = np.split(np.arange(10, 10 + sum(sizes)), np.cumsum(sizes)[:-1])
    return Scored(Sentences.of([each.astype(np.int64) for each in ids]), np.arange(len(sizes), dtype=np.float32)[::-1])


def test_gaps_are_masks_and_stand_in_order_in_the_target() -> None:
    batch = task(s.GapSentences(rate=0.5)).prepare([row(3, 2, 4, 1)], [generator(0)], SETTING)
    assert batch.inputs["input_ids"].tolist() == [[2, 2, 15, 16, 17, 18, 19, 1]]
    assert batch.targets["labels"].tolist() == [10, 11, 12, 13, 14, 1]
    assert batch.inputs["decoder_input_ids"].tolist() == [[0, 10, 11, 12, 13, 14]]


def test_some_gaps_stay_in_the_document() -> None:
    one, kept = task(s.GapSentences(rate=0.45, kept=0.2)), 0
    for seed in range(600):
        batch = one.prepare([row(2, 2, 2, 2, 2)], [generator(seed)], SETTING)
        assert batch.targets["labels"].tolist() == [10, 11, 12, 13, 1]
        kept += 2 - int((batch.inputs["input_ids"] == 2).sum())
    assert abs(kept / 1200 - 0.2) < 5 * np.sqrt(0.16 / 1200)
    held = one.held_out.prepare([row(2, 2, 2, 2, 2)], [generator(1)], SETTING)
    assert held.inputs["input_ids"].tolist() == [[2, 2, 14, 15, 16, 17, 18, 19, 1]]


def test_each_size_has_its_own_share() -> None:
    """Zhang et al. 2020, §6.1.1 and §6.2: 30 % for base, 45 % for large, of which a fifth stays."""
    recipes = {size: declared("pegasus").recipe_at(size).stages[0].objective for size in ("base", "large")}
    assert recipes == {"base": s.GapSentences(rate=0.3), "large": s.GapSentences(rate=0.45, kept=0.2)}

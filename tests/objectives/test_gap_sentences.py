"""Principal sentences and what is written for them."""

from typing import Any

import numpy as np
import pytest

from clados import spec as s
from clados.data.packing import Sentences, generator
from clados.models.declared import declared
from clados.objectives import Setting, VocabIds, task
from clados.objectives.gap_sentences import Scored, principal, scores
from tests.objectives.alike import golden

WORDS = VocabIds(60, {"pad": 0, "eos": 1, "mask": 2, "unk": 3})
SETTING = Setting(declared("pegasus").model, 0, WORDS)


@pytest.mark.parametrize("document", golden("pegasus")["documents"], ids=lambda each: str(len(each["texts"])))
def test_sentences_are_scored_and_taken_as_by_the_authors(document: Any) -> None:
    found = scores(document["texts"])
    assert found.tolist() == pytest.approx(document["scores"], abs=1e-5)
    assert principal(found, document["ratio"]).tolist() == document["taken"]


def test_of_equal_sentences_the_later_are_taken() -> None:
    """pretrain_parsing_ops_test.py of the authors: of ten alike, the last ones."""
    texts = [f"sentence {i}." for i in range(10)]
    assert principal(scores(texts), 0.5).tolist() == [5, 6, 7, 8, 9]
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


def test_a_published_vocabulary_has_a_mask_of_sentences() -> None:
    """PEGASUS's own: <mask_1> for sentences, <mask_2>, which its tokenizer calls the mask, for words."""
    words = VocabIds(60, {"pad": 0, "eos": 1, "mask": 3, "unk": 4}, marks={"<mask_1>": 2})
    batch = task(s.GapSentences(rate=0.5)).prepare([row(2, 2)], [generator(0)], Setting(SETTING.model, 0, words))
    assert batch.inputs["input_ids"].tolist() == [[2, 12, 13, 1]]


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

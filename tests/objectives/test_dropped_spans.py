"""Spans gone without a mark, and continuations (Soltan et al. 2022, §4)."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from clados import spec as s
from clados.data.packing import Packed, generator
from clados.models.declared import declared
from clados.objectives import Setting, VocabIds, task
from tests.objectives.alike import alike, golden

GOLDEN = golden("fairseq")
WORDS = VocabIds(400, {"bos": 0, "pad": 1, "eos": 2, "unk": 3}, marks={"[CLM]": 4, "[DOC]": 5})
SETTING = Setting(declared("alexatm-20b").model, 0, WORDS)
ALEXA = declared("alexatm-20b").recipe.stages[0].objective


def test_the_declaration_is_the_paper_s() -> None:
    assert s.DroppedSpans(rate=0.15, mean=3.0, continued=0.2, read=(0.2, 0.8)) == ALEXA


class Recorded:
    """What fairseq drew, in its order, in place of a generator; the text is not to be continued."""

    def __init__(self, drawn: list[Any]) -> None:
        self.drawn = list(drawn)

    def random(self) -> float:
        return 1.0

    def taken(self, kind: str, size: int) -> np.ndarray:
        found, value = self.drawn.pop(0)
        assert (found, len(value)) == (kind, size)
        return np.array(value)

    def permutation(self, size: int) -> np.ndarray:
        return self.taken("permutation", size)

    def poisson(self, mean: float, size: int) -> np.ndarray:
        assert mean == 3.0
        return self.taken("lengths", size)


@pytest.mark.parametrize("batch", GOLDEN["dropped"], ids=lambda batch: str(len(batch["ids"])))
def test_the_same_draws_drop_the_same_tokens_as_in_fairseq(batch: Any) -> None:
    """AlexaTM's own code of pretraining is not public; BART's deletes spans where ``replace_length`` is 0.

    Where it leaves a mask, for a span of no tokens, the paper has none (§4).
    """
    row, random = Packed(np.array(batch["ids"]), np.zeros(len(batch["ids"]), np.int64)), Recorded(batch["drawn"])
    found: Any = task(ALEXA).prepare([row], [random], SETTING)  # type: ignore[list-item]
    assert found.inputs["input_ids"].tolist() == [batch["source"]]
    assert found.targets["labels"].tolist() == [0, *batch["ids"], 2]


def test_as_many_tokens_are_dropped_as_often_as_in_fairseq() -> None:
    left, row, plain = Counter[str](), Packed(np.arange(10, 70), np.zeros(60, np.int64)), ALEXA.but(continued=0.0)
    batch = task(plain).prepare([row] * 12_000, [generator(4, i) for i in range(12_000)], SETTING)
    hidden = batch.targets["hidden"].view(-1, 62)
    left.update(str(60 - int(each)) for each in hidden.sum(1))
    assert alike(left, GOLDEN["left"])


def test_a_fifth_is_continued_from_a_share_between_a_fifth_and_four() -> None:
    shares, draws, row = [], 10_000, Packed(np.arange(10, 110), np.zeros(100, np.int64))
    for seed in range(draws):
        batch = task(ALEXA).prepare([row], [generator(seed)], SETTING)
        source, target = batch.inputs["input_ids"][0].tolist(), batch.targets["labels"].tolist()
        if source[0] == 4:
            assert (source[-1], target[0], target[-1]) == (2, 0, 2)
            assert source[1:-1] + target[1:-1] == row.ids.tolist()
            assert batch.targets["hidden"].sum() == len(target) - 2
            shares.append(len(source) - 2)
        else:
            assert target == [0, *row.ids.tolist(), 2]
            assert 80 <= len(source) - 2 <= 99
            assert batch.targets["hidden"].sum() == 100 - (len(source) - 2)
    assert abs(len(shares) - 0.2 * draws) < 5 * np.sqrt(draws * 0.16)
    assert (min(shares), max(shares)) == (20, 80)
    counts = np.histogram(shares, 6, (19.5, 80.5))[0]
    assert np.abs(counts - len(shares) / 6).max() < 5 * np.sqrt(len(shares) / 6)


def test_spans_are_gone_without_a_mark_and_documents_stay_apart() -> None:
    row = Packed(np.array([10, 11, 12, 5, 20, 21, 22, 23, 24, 25, 5]), np.array([0] * 4 + [1] * 7))
    gone, runs = 0, 0
    for seed in range(500):
        batch = task(s.DroppedSpans()).prepare([row], [generator(seed)], SETTING)
        source = batch.inputs["input_ids"][0].tolist()[1:-1]
        assert source.count(5) == 2
        assert source == row.ids[~batch.targets["hidden"][1:-1].numpy()].tolist()
        hidden = batch.targets["hidden"].int().numpy()
        gone, runs = gone + hidden.sum(), runs + (np.diff(hidden) == 1).sum()
    assert gone / 500 == pytest.approx(2, abs=0.2)  # of nine tokens, the share rounded up
    one = task(s.DroppedSpans(continued=1.0)).prepare([row], [generator(0)], SETTING)
    text = [*one.inputs["input_ids"][0].tolist()[1:-1], *one.targets["labels"].tolist()[1:-1]]
    assert text == [20, 21, 22, 23, 24, 25]

"""Spans after a text's end, as CM3's authors put them there."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from clados import spec as s
from clados.data.packing import Packed, generator
from clados.errors import InputError
from clados.models.declared import declared
from clados.objectives import Setting, VocabIds
from clados.objectives.causal_masked import CausalMaskedTask, moved, random_ends
from tests.objectives.alike import alike, golden

GOLDEN = golden("cm3")
WORDS = VocabIds(100, {"eos": 2}, tuple(range(99, 82, -1)))
SETTING = Setting(declared("cm3").model, 0, WORDS)
TASK = CausalMaskedTask(s.CausalMasked())


class Recorded:
    """What CM3's code drew, in place of a generator."""

    def __init__(self, number: int, drawn: list[list[float]]) -> None:
        self.number, self.drawn = number, np.array(drawn)

    def poisson(self, mean: float) -> int:
        return self.number

    def random(self, shape: tuple[int, int]) -> np.ndarray:
        assert shape == self.drawn.shape
        return self.drawn


def packed(ids: Any, documents: Any = None) -> Packed:
    return Packed(np.array(ids), np.zeros(len(ids), int) if documents is None else np.array(documents))


@pytest.mark.parametrize("batch", GOLDEN["batches"], ids=lambda batch: f"{len(batch['ids'])}-{batch['number']}")
def test_the_same_draws_move_the_same_spans(batch: Any) -> None:
    random: Any = Recorded(batch["number"], batch["drawn"])
    found = TASK.prepare([packed(batch["ids"])], [random], SETTING)
    assert found.inputs["input_ids"].tolist() == [batch["whole"][:-1]]
    labels = [each for each in batch["whole"][1:] if each not in WORDS.sentinels]
    assert found.targets["labels"].tolist() == labels
    assert [batch["whole"][1:][at] for at in found.targets["at"]] == labels


@pytest.mark.parametrize("number", [1, 3])
def test_spans_lie_where_the_authors_have_them(number: int) -> None:
    objective, random = s.CausalMasked(bounds=(number, number)), generator(1)
    starts, sizes = Counter[str](), Counter[str]()
    for _ in range(10_000):
        spans = random_ends(objective, 1000, random) or [(0, 0)]
        starts[str(min(spans)[0] // 100)] += 1
        sizes[str(sum(b - a for a, b in spans) // 100)] += 1
    assert alike(starts, GOLDEN[str(number)]["starts"])
    assert alike(sizes, GOLDEN[str(number)]["sizes"])


class Counted:
    """A generator that counts how many spans are asked for, by their n^2 candidates."""

    def __init__(self) -> None:
        self.own, self.numbers = generator(5), Counter[int]()

    def poisson(self, mean: float) -> int:
        return int(self.own.poisson(mean))

    def random(self, shape: tuple[int, int]) -> np.ndarray:
        self.numbers[round(shape[0] ** 0.5)] += 1
        return self.own.random(shape)


def test_there_is_one_span_at_least_and_sixteen_at_most() -> None:
    """Aghajanyan et al. 2022, §2.1: Poisson(1), kept within 1 and 16."""
    counted: Any = Counted()
    for _ in range(10_000):
        random_ends(TASK.objective, 1000, counted)
    chances = {1: 2 / np.e, 2: 1 / 2 / np.e, 3: 1 / 6 / np.e, 4: 1 / 24 / np.e}
    for number, chance in chances.items():
        assert abs(counted.numbers[number] - 10_000 * chance) < 5 * np.sqrt(10_000 * chance)
    assert min(counted.numbers) == 1
    many = random_ends(s.CausalMasked(spans=100.0), 100_000, generator(0))
    assert 3 < len(many) <= 16


def test_spans_stay_in_one_document_and_leave_its_end() -> None:
    row = packed([10, 11, 12, 13, 14, 2, 20, 21, 22, 2, 30, 31], [0] * 6 + [1] * 4 + [2] * 2)
    found = {span for seed in range(300) for span in TASK._spans(row, WORDS, generator(seed))}
    assert {(0, 5), (6, 9), (10, 12)} <= found
    for start, end in found:
        assert any(first <= start < end <= last for first, last in ((0, 5), (6, 9), (10, 12)))


def test_what_is_moved_is_named_and_masks_are_not_predicted() -> None:
    found = moved(np.arange(10, 20), [(2, 4), (7, 8)], WORDS)
    assert found.ids.tolist() == [10, 11, 99, 14, 15, 16, 98, 18, 19, 99, 12, 13, 2, 98, 17, 2]
    assert found.ids[found.hidden].tolist() == [12, 13, 17]
    with pytest.raises(InputError, match="2 spans are moved, but the vocabulary has 1 sentinels"):
        moved(np.arange(10, 20), [(2, 4), (7, 8)], VocabIds(100, {"eos": 2}, (99,)))

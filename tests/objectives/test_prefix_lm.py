"""A text cut in two: where, and which part counts (google-research/text-to-text-transfer-transformer)."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from clados import spec as s
from clados.data.packing import Packed, generator
from clados.models.declared import declared
from clados.objectives import Setting, VocabIds, task
from tests.objectives.alike import alike, golden

GOLDEN = golden("t5")["prefixes"]
T5, GPT = declared("t5").model, declared("gpt-2").model


def packed(length: int) -> Packed:
    ids = np.arange(10, 10 + length)
    return Packed(ids, np.zeros_like(ids))


@given(length=st.integers(1, 40), seed=st.integers(0, 2**32))
def test_both_parts_together_are_the_text(length: int, seed: int) -> None:
    setting = Setting(T5, 0, VocabIds.declared(T5.vocab))
    batch = task(s.PrefixLM()).prepare([packed(length)], [generator(seed)], setting)
    read, written = batch.inputs["input_ids"][0].tolist(), batch.targets["labels"].tolist()
    assert read[-1] == written[-1] == T5.vocab.eos
    assert [*read[:-1], *written[:-1]] == packed(length).ids.tolist()
    assert len(written) > 1
    assert (len(read) > 1) == (length > 1)


@given(length=st.integers(2, 40), seed=st.integers(0, 2**32))
def test_one_stack_reads_both_and_learns_the_second(length: int, seed: int) -> None:
    setting = Setting(GPT, 0, VocabIds.declared(GPT.vocab))
    batch = task(s.PrefixLM()).prepare([packed(length)], [generator(seed)], setting)
    ids, written = packed(length).ids.tolist(), batch.targets["labels"].tolist()
    assert batch.inputs["input_ids"][0].tolist() == ids[:-1]
    assert written == ids[-len(written) :]
    assert 1 <= len(written) < length


class Drawn:
    """What was drawn there, in place of a generator that is asked for it between the same numbers."""

    def __init__(self, low: int, high: int, value: int) -> None:
        self.asked, self.value = (low, high), value

    def integers(self, low: int, high: int) -> int:
        assert (low, high) == self.asked
        return self.value


@pytest.mark.parametrize("cut", GOLDEN["batches"], ids=lambda cut: str(cut["drawn"][1]))
def test_the_same_draw_cuts_a_text_as_theirs(cut: Any) -> None:
    """Their end tokens come later, as ``append_eos`` of seqio."""
    row, random = packed(len(cut["source"] + cut["target"])), [Drawn(*cut["drawn"])]
    eos = T5.vocab.eos
    two: Any = task(s.PrefixLM()).prepare([row], random, Setting(T5, 0, VocabIds.declared(T5.vocab)))  # type: ignore[arg-type]
    assert two.inputs["input_ids"].tolist() == [[*cut["source"], eos]]
    assert two.targets["labels"].tolist() == [*cut["target"], eos]


def test_every_cut_is_as_likely() -> None:
    """``random_prefix_noise_mask`` draws the number of tokens read uniformly from 1 to length - 1: chi-square of 9."""
    setting = Setting(GPT, 0, VocabIds.declared(GPT.vocab))
    draws = [generator(7, i) for i in range(10_000)]
    found: Counter[int] = Counter()
    batch = task(s.PrefixLM()).prepare([packed(11)] * len(draws), draws, setting)
    rows = np.bincount(batch.targets["at"].numpy() // 10, minlength=len(draws))
    found.update((11 - rows).tolist())
    assert sorted(found) == [*range(1, 11)]
    square = sum((count - 1000) ** 2 / 1000 for count in found.values())
    assert square < 21.67  # the 99 % point for 9 degrees of freedom
    assert np.mean(rows) == pytest.approx(5.5, abs=0.1)
    assert alike({str(read): number for read, number in found.items()}, GOLDEN["counts"])

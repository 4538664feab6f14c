"""A translator that has learned a few pairs by heart says them; chrF is the published measure."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from clados import spec as s
from clados.apply.chrf import chrf
from clados.apply.measure import measure
from clados.apply.ready import Ready
from clados.apply.translate import translate
from clados.nn import build
from clados.objectives import Setting, Words, loss, prepare
from clados.objectives.pairs import Sides
from tests.apply.little import PAIRS


@pytest.fixture(scope="module")
def rows(directory: Callable[[str], Any]) -> list[Sides]:
    from clados.apply.ready import load

    words = load(directory("transformer")).words
    return [Sides(*(np.array(words.encode(each, add_special_tokens=False)) for each in pair)) for pair in PAIRS]


@pytest.fixture(scope="module")
def learned(directory: Callable[[str], Any], rows: list[Sides]) -> Ready:
    """Three pairs by heart."""
    from clados.apply.ready import load

    found = load(directory("transformer"))
    model = build(found.spec, seed=2)
    objective = s.Translation(smoothing=0.0)
    setting = Setting(found.spec, 32, Words.of(found.words))
    batch = prepare(objective, rows, [np.random.default_rng(0)] * len(rows), setting)
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(80):
        optimiser.zero_grad()
        loss(objective, model, batch).mean.backward()
        optimiser.step()
    return replace(found, model=model.eval())


def test_it_says_what_it_has_learned_by_beams_and_greedily(learned: Ready) -> None:
    sources, targets = map(list, zip(*PAIRS))
    assert translate(learned, sources) == targets
    assert translate(learned, sources, beams=1, batch=1) == targets


def test_measured_on_what_it_knows_it_beats_copying(learned: Ready, rows: list[Sides]) -> None:
    class Held:
        def __len__(self) -> int:
            return len(rows)

        def at(self, index: int, epoch: int = 0) -> Sides:
            return rows[index]

    found = measure(learned, Held())
    assert (found.name, found.value, found.better, found.number) == ("chrF", 100.0, True, 3)
    assert found.trivial == pytest.approx(chrf(*zip(*PAIRS)))


def test_a_task_is_named_for_models_of_many_tasks_only(ready: Callable[[str], Ready], monkeypatch: Any) -> None:
    t5 = replace(ready("t5"), objective=None)
    seen: list[str] = []
    encode = type(t5.words).encode_batch

    def spied(self: Any, texts: list[str], **given: Any) -> Any:
        seen.extend(texts)
        return encode(self, texts, **given)

    monkeypatch.setattr(type(t5.words), "encode_batch", spied)
    translate(t5, "A dog", beams=1)
    translate(t5, "A dog", beams=1, prefix="")
    translate(ready("transformer"), "A dog", beams=1)
    assert seen == ["translate English to German: A dog", "A dog", "A dog"]


def test_chrf_is_that_of_sacrebleu() -> None:
    # computed with sacrebleu 2.5.1, CHRF().corpus_score
    found = ["The cat sat on the mat.", "Wiederaufnahme der Sitzung"]
    references = ["A cat sat on a mat.", "Die Wiederaufnahme der Sitzungsperiode"]
    assert chrf(found, references) == pytest.approx(66.80652205590238)
    assert chrf(["ab"], ["abc"]) == pytest.approx(63.636363636363626)
    assert chrf(["abcdefg"], ["abcdefg"]) == 100
    assert chrf(["abcdefg"], ["hijklmnop"]) == 0 == chrf([""], ["b"])


def test_weights_are_laid_for_as_many_texts_and_beams(
    directory: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[int] = []
    monkeypatch.setattr("clados.apply.ready.settle", lambda model, number: rows.append(number))
    sources = [source for source, _ in PAIRS]
    translate(directory("transformer"), sources, beams=2, batch=2)
    translate(directory("transformer"), sources[:1], beams=2)
    assert rows == [4, 2]

"""Blanks: which spans are taken, and where they stand."""

from collections import Counter
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from clados import spec as s
from clados.data.packing import Sentences, generator
from clados.errors import InputError
from clados.models.declared import declared
from clados.objectives import Setting, VocabIds, blank_infilling, task
from clados.objectives.blank_infilling import blanked, draw_spans
from tests.objectives.alike import alike, golden

# The ids of the golden text: 0 to 38 are its words, in six sentences.
MARKS = {"[gMASK]": 91, "[sMASK]": 92}
WORDS = VocabIds(100, {"mask": 90, "cls": 93, "bos": 94, "eos": 95, "pad": 97}, marks=MARKS)
TEXT = Sentences(np.arange(39), np.array([0, 10, 16, 17, 23, 32, 39]))
GLM = declared("glm").model
SETTING = Setting(GLM.but(inputs=s.but(vocab=s.Vocabulary(kind="bytes", size=100, start=94))), 0, WORDS)


def drawn(objective: s.BlankInfilling, times: int = 10_000) -> list[list[list[int]]]:
    random = generator(0)
    return [draw_spans(objective, TEXT, random)[1].tolist() for _ in range(times)]


def names(found: list[list[list[int]]]) -> Counter[str]:
    return Counter(" ".join(f"{a}-{b}" for a, b in each) for each in found)


def edges(found: list[list[list[int]]]) -> Counter[str]:
    """Where the first span begins and the last ends."""
    return Counter(f"{each[0][0]} {each[-1][1]}" for each in found)


def test_short_spans_are_as_the_authors_draw_them() -> None:
    theirs, ours = golden("glm"), drawn(s.BlankInfilling())
    assert alike(Counter(str(len(each)) for each in ours), theirs["number"])
    assert alike(Counter(str(sum(b - a for a, b in each)) for each in ours), theirs["tokens"])
    assert alike(edges(ours), theirs["edges"])
    assert min(sum(b - a for a, b in each) for each in ours) >= 0.15 * 39
    assert all(b < c for each in ours for (_, b), (c, _) in pairwise(each))
    assert not alike(edges(drawn(s.BlankInfilling(mean=5.0))), theirs["edges"])


def test_whole_sentences_are_as_the_authors_draw_them() -> None:
    assert alike(names(drawn(s.BlankInfilling(sentences=1.0))), golden("glm")["sentences"])


def test_long_spans_are_as_the_authors_draw_them() -> None:
    """Theirs reckon with two tokens more; one that reaches to the end closes with the mark of the text's end."""
    theirs, long = golden("glm"), s.BlankInfilling(long=1.0, least=0.26)
    assert alike(names(drawn(long.but(ending=0.0))), theirs["infilled"])
    starts = Counter(str(each[0][0] + 1) for each in drawn(long.but(ending=1.0)))
    assert alike(starts, theirs["ending"])


def test_the_spans_stand_after_the_text_as_the_authors_lay_them(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs: dict[str, Any] = golden("glm")["laid"]
    chosen = np.array([[2, 5], [9, 10], [19, 23]])
    monkeypatch.setattr(blank_infilling, "draw_spans", lambda *_: ("", chosen))
    order: Any = SimpleNamespace(permutation=lambda number: np.array([1, 2, 0]))
    found = blanked(s.BlankInfilling(), TEXT, SETTING, order)
    assert found.ids.tolist() == theirs["tokens"]
    assert found.positions.T.tolist() == theirs["positions"]
    assert found.at.tolist() == np.flatnonzero(theirs["loss"]).tolist()
    assert found.labels.tolist() == np.array(theirs["targets"])[found.at].tolist()


@pytest.mark.parametrize(
    ("objective", "mark"),
    [(s.BlankInfilling(), 90), (s.BlankInfilling(sentences=1.0), 92), (s.BlankInfilling(long=1.0), 91)],
)
def test_each_kind_of_blank_has_its_mark_where_the_vocabulary_has_one(objective: s.BlankInfilling, mark: int) -> None:
    found = blanked(objective, TEXT, SETTING, generator(0)).ids
    assert set(found[np.isin(found, [90, 91, 92])].tolist()) == {mark}
    plain = Setting(SETTING.model, 0, VocabIds(100, WORDS.ids))
    assert 90 in blanked(objective, TEXT, plain, generator(0)).ids


def test_the_share_of_each_kind_is_as_declared() -> None:
    objective: Any = declared("glm").recipe.stages[0].objective
    random = generator(5)
    kinds = Counter(draw_spans(objective, TEXT, random)[0] for _ in range(4000))
    assert [kinds[name] / 4000 for name in ("", "[sMASK]", "[gMASK]")] == pytest.approx([0.5, 0.3, 0.2], abs=0.03)
    assert task(objective).marks([]) == ("[sMASK]", "[gMASK]")
    assert task(s.BlankInfilling()).marks([]) == ()


def test_a_model_that_does_not_see_a_prefix_is_refused() -> None:
    with pytest.raises(InputError, match=r"BlankInfilling needs a model that"):
        task(s.BlankInfilling()).prepare([TEXT], [generator(0)], Setting(declared("gpt-2").model, 0, WORDS))


def test_places_of_a_long_span_go_on_where_they_are_single_numbers() -> None:
    """GLM-130B: ``get_masks_and_position_ids`` of its authors' generate.py."""
    largest = declared("glm").at("130b")
    setting = Setting(largest.but(inputs=s.but(vocab=s.Vocabulary(kind="bytes", size=100, start=94))), 0, WORDS)
    rest = s.BlankInfilling(long=1.0, ending=1.0)
    found, pairs = (blanked(rest, TEXT, each, generator(2)) for each in (setting, SETTING))
    blank = int(np.flatnonzero(found.ids == 91)[0])
    assert found.positions[:, 0].tolist() == list(range(len(found.ids)))
    assert pairs.positions[blank:, 0].tolist() == [blank] * (len(found.ids) - blank)
    short = blanked(s.BlankInfilling(), TEXT, setting, generator(2))
    assert short.positions.tolist() == blanked(s.BlankInfilling(), TEXT, SETTING, generator(2)).positions.tolist()


def test_what_sees_all_that_it_reads_cannot_learn_the_next_token() -> None:
    with pytest.raises(InputError, match="NextToken needs a model that goes on from left to right; this Decoder"):
        task(s.NextToken()).prepare([], [], SETTING)

"""Which spans the denoisers of UL2 take, and how often each is drawn."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from clados import spec as s
from clados.data import Text, train_tokenizer
from clados.data.packing import Packed, generator
from clados.data.roles import Roles
from clados.errors import InputError
from clados.models.declared import declared
from clados.objectives import Setting, SourceConfig, VocabIds
from clados.objectives.mixture_of_denoisers import MixtureOfDenoisersTask
from tests.objectives.alike import alike, golden

SENTINELS = tuple(range(999, 799, -1))
MODES = {"[NLU]": 3, "[S2S]": 4, "[NLG]": 5}
WORDS = VocabIds(1000, {"pad": 0, "eos": 1, "unk": 2}, SENTINELS, MODES)
SETTING = Setting(declared("ul2").model, 0, WORDS)
UL2 = declared("ul2").recipe.stages[0].objective
assert isinstance(UL2, s.MixtureOfDenoisers)
TASK = MixtureOfDenoisersTask(UL2)
LENGTH = 510
GOLDEN = golden("t5")


def lengths(gone: np.ndarray) -> np.ndarray:
    """Of the runs of what is gone."""
    edges = np.diff(gone.astype(int), prepend=0, append=0)
    return np.flatnonzero(edges < 0) - np.flatnonzero(edges > 0)


@pytest.mark.parametrize("number", range(7))
def test_spans_have_the_rate_the_mean_and_the_spread_of_table_1(number: int) -> None:
    denoiser = TASK.objective.denoisers[number]
    rows = [TASK.removed(denoiser, LENGTH, generator(seed)) for seed in range(1500)]
    gone = np.array([row.sum() for row in rows])
    found = np.concatenate([lengths(row) for row in rows])
    assert not any(row[0] for row in rows)
    if denoiser.mean is None:
        assert all(row[-1] and len(lengths(row)) == 1 for row in rows)  # one span, to the end
        assert gone.mean() == pytest.approx(0.25 * LENGTH, rel=0.05)
        assert (gone.min(), gone.max()) == pytest.approx((1, 254), abs=2)
        counts = Counter({str(i): int(n) for i, n in enumerate(np.histogram(gone, 10, (1, 255))[0])})
        assert alike(counts, {str(i): 1000 for i in range(10)})
    else:
        assert (gone == round(denoiser.rate * LENGTH)).all()
        assert found.mean() == pytest.approx(gone[0] / max(1, round(gone[0] / denoiser.mean)))
        if denoiser.mean > 5 and len(found) > len(rows):  # of short ones rounding is the larger part
            few = np.sqrt(1 - len(rows) / len(found))  # the sum of a row's lengths is given
            assert found.std() == pytest.approx(0.25 * (denoiser.mean - 1) * few, rel=0.15)


@pytest.mark.parametrize("number", [number for number in range(7) if TASK.objective.denoisers[number].mean])
def test_as_many_tokens_go_in_as_many_spans_as_in_t5_which_the_appendix_runs(number: int) -> None:
    denoiser, found = TASK.objective.denoisers[number], []
    for length in range(2, 601, 24):
        gone = TASK.removed(denoiser, length, generator(length))
        found.append([int(gone.sum()), len(lengths(gone))])
    assert found == GOLDEN["denoisers"][f"{denoiser.rate} {denoiser.mean}"]["sizes"]


def test_an_end_is_as_long_as_often_as_in_t5_which_the_appendix_runs() -> None:
    """T5's prefixes of a density of 0.25 leave ends that are as likely from one token to half of the text.

    Its rounding lets them be two tokens longer than twice a quarter.
    """
    (end,) = [each for each in TASK.objective.denoisers if each.mean is None]
    ours = [int(TASK.removed(end, LENGTH, generator(9, i)).sum()) for i in range(12_000)]
    theirs = {int(size): number for size, number in GOLDEN["prefixes"]["quarter"].items()}
    assert (min(ours), max(ours), min(theirs), max(theirs)) == (1, 254, 1, 256)
    both = [Counter[str](), Counter[str]()]
    for counts, sizes in zip(both, (Counter(ours), theirs)):
        for size, times in sizes.items():
            counts[str(size // 16)] += times if size < 256 else 0
    assert alike(*both)


def test_each_denoiser_is_drawn_as_often_and_says_its_mode() -> None:
    counts: Counter[str] = Counter()
    row = Packed(np.arange(10, 20), np.zeros(10, np.int64))
    for seed in range(10_000):
        batch = TASK.prepare([row], [generator(seed)], SETTING)
        counts[str(int(batch.inputs["input_ids"][0, 0]))] += 1
    assert alike(counts, {"3": 20_000, "4": 10_000, "5": 40_000})


def test_the_text_s_end_is_a_span_with_a_sentinel() -> None:
    one = MixtureOfDenoisersTask(s.MixtureOfDenoisers((s.Denoiser("[S2S]", rate=0.25),)))
    batch = one.prepare([Packed(np.arange(10, 22), np.zeros(12, np.int64))], [generator(2)], SETTING)
    source, target = batch.inputs["input_ids"][0].tolist(), batch.targets["labels"].tolist()
    assert (source[0], source[-2:], target[0], target[-1]) == (4, [999, 1], 999, 1)
    assert source[1:-2] + target[1:-1] == list(range(10, 22))


def test_a_vocabulary_without_the_mode_is_refused_or_writes_it() -> None:
    row = Packed(np.arange(10, 22), np.zeros(12, np.int64))
    one = MixtureOfDenoisersTask(s.MixtureOfDenoisers((s.Denoiser("[S2S]", rate=0.25),)))
    bare = VocabIds(1000, WORDS.ids, SENTINELS)
    with pytest.raises(InputError, match=r"'\[S2S\]' is to be written, and the vocabulary is declared without"):
        one.prepare([row], [generator(0)], Setting(SETTING.model, 0, bare))
    spelt = VocabIds(1000, WORDS.ids, SENTINELS, encode=lambda text: [7] * len(text))
    batch = one.prepare([row], [generator(0)], Setting(SETTING.model, 0, spelt))
    assert batch.inputs["input_ids"][0, :6].tolist() == [7, 7, 7, 7, 7, 10]


def test_a_text_fits_behind_a_mode_that_is_spelt() -> None:
    lines, model = ["To be or not to be, that is the question."] * 40, SETTING.model
    for marks in ((), MODES):
        words = train_tokenizer(lines, "unigram", 400, replace(Roles.of(model.vocab), marks=tuple(marks)))
        blocks = TASK.source([Text("a", " ".join(lines))], SourceConfig(64, tokenizer=words))
        setting, rows = Setting(model, 64, VocabIds.of(words)), [blocks.at(index) for index in range(len(blocks))]
        for seed in range(20):
            batch = TASK.prepare(rows, [generator(seed, each) for each in range(len(rows))], setting)
            assert batch.inputs["input_ids"].size(1) <= 64

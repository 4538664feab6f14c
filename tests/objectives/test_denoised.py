"""Damaged texts: as fairseq damages them, and restored."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from clados import spec as s
from clados.data.packing import Sentences, generator
from clados.errors import InputError
from clados.models.declared import declared
from clados.nn import build
from clados.objectives import Setting, VocabIds, task
from clados.objectives.denoised import DenoisedTask, infill
from clados.objectives.hinted_denoised import HintedDenoisedTask
from tests.objectives.alike import alike, golden

GOLDEN = golden("fairseq")
MASK, STOP, SIZE = 99, 4, 102
WORDS = VocabIds(SIZE, {"bos": 0, "pad": 1, "eos": 2, "unk": 3, "mask": MASK}, marks={"[en]": 100, "[de]": 101})
BART = s.Denoised()


class Recorded:
    """What fairseq drew, in its order, in place of a generator."""

    def __init__(self, drawn: list[Any]) -> None:
        first, second, *others = drawn
        order = np.arange(len(first[1]))
        order[first[1]] = np.array(first[1])[second[1]]
        self.drawn = [("permutation", order.tolist()), *others]

    def permutation(self, size: int) -> np.ndarray:
        if not self.drawn:
            return np.zeros(0, np.int64)
        kind, value = self.drawn.pop(0)
        assert (kind, len(value)) == ("permutation", size)
        return np.array(value)

    def poisson(self, mean: float, size: int) -> np.ndarray:
        kind, value = self.drawn.pop(0)
        assert (kind, len(value), mean) == ("lengths", size, 3.0)
        return np.array(value)


def sentenced(ids: list[int]) -> Sentences:
    stops = np.flatnonzero(np.array(ids) == STOP)
    ends = [int(at) + 1 for at in stops if at == 0 or ids[at - 1] != STOP]
    return Sentences(np.array(ids), np.array([0, *ends]))


def setting(card: str = "bart", length: int = 0) -> Setting:
    return Setting(declared(card).model, length, WORDS)


@pytest.mark.parametrize(
    "batch", GOLDEN["batches"], ids=lambda batch: f"{len(batch['ids'])}{'-words' * ('inside' in batch)}"
)
def test_the_same_draws_damage_a_text_as_in_fairseq(batch: Any) -> None:
    random: Any = Recorded(batch["drawn"])
    by_words = "inside" in batch
    objective = BART.but(rate=0.35, whole_words=True) if by_words else BART
    told = replace(setting(), vocab_ids=replace(WORDS, inside=frozenset(batch.get("inside", ()))))
    found = task(objective).prepare([sentenced(batch["ids"])], [random], told)
    assert found.inputs["input_ids"].tolist() == [batch["source"]]
    assert found.targets["labels"].tolist() == [0, *batch["ids"], 2]
    assert found.inputs["decoder_input_ids"].tolist() == [[2, 0, *batch["ids"]]]
    assert random.drawn == []


def test_texts_are_damaged_as_often_as_in_fairseq() -> None:
    lengths, masks, random = Counter[str](), Counter[str](), generator(3)
    for _ in range(12_000):
        source = infill(np.arange(5, 45), BART, WORDS, random).source
        lengths[str(len(source))] += 1
        masks[str((source == MASK).sum())] += 1
    assert alike(lengths, GOLDEN["lengths"])
    assert alike(masks, GOLDEN["masks"])


def test_sentences_are_shuffled_and_what_is_hidden_is_named() -> None:
    row = sentenced([10, 11, 12, STOP, 20, 21, STOP, 30, 31, 32, 33, 34, STOP])
    orders = set()
    for seed in range(40):
        found = task(BART).prepare([row], [generator(seed)], setting())
        source = found.inputs["input_ids"][0].tolist()
        hidden = row.ids[found.targets["hidden"][1:-1].numpy()].tolist()
        assert sorted([*hidden, *(each for each in source if each not in (0, 2, MASK))]) == sorted(row.ids.tolist())
        assert len(hidden) <= 4
        orders.add(tuple(dict.fromkeys(each // 10 for each in source if each not in (0, 2, STOP, MASK))))
    assert len(orders) >= 6


def test_a_language_closes_both_texts_and_begins_the_written_one() -> None:
    """Liu et al. 2020, figure 1: sentences end with </s>, the language stands last and starts the decoder."""
    row = Sentences(np.array([10, 11, 12, 20, 21]), np.array([0, 3, 5]), "de")
    objective = declared("mbart").recipe.stages[0].objective
    assert objective == s.Denoised(rate=0.35, mean=3.5, whole_words=True, marked=True)  # "35% of the words" (§2.2)
    batch = task(objective).prepare([row], [generator(1)], setting("mbart"))
    assert batch.targets["labels"].tolist() == [10, 11, 12, 2, 20, 21, 2, 101]
    assert batch.inputs["decoder_input_ids"].tolist() == [[101, 10, 11, 12, 2, 20, 21, 2]]
    source = batch.inputs["input_ids"][0].tolist()
    assert source[-1] == 101
    assert source.count(2) == 2
    with pytest.raises(InputError, match=r"no mark '\[fr\]'; it has \[en\], \[de\]"):
        task(objective).prepare([Sentences(row.ids, row.bounds, "fr")], [generator(1)], setting("mbart"))


def test_a_published_vocabulary_marks_a_language_with_its_country() -> None:
    row, objective = Sentences(np.array([10, 11]), np.array([0, 2]), "de"), s.Denoised(marked=True)
    words = replace(WORDS, marks={"en_XX": 100, "de_DE": 101, "<pad2>": 98})
    batch = task(objective).prepare([row], [generator(1)], replace(setting("mbart"), vocab_ids=words))
    assert batch.targets["labels"].tolist() == [10, 11, 2, 101]


def test_a_word_is_hidden_whole_and_none_goes_on_over_a_special_token() -> None:
    ids = np.array([10, 20, 21, 2, 22, 11, 23, 24, 12, 25])  # ids from 20 on go on with a word
    words, objective = replace(WORDS, inside=frozenset(range(20, 30))), BART.but(rate=0.4, whole_words=True)
    for seed in range(200):
        found = infill(ids, objective, words, generator(seed))
        hidden = set(found.hidden.tolist())
        for word in ({0, 1, 2}, {4}, {5, 6, 7}, {8, 9}):
            assert word <= hidden or not word & hidden
        assert 3 not in hidden
        assert found.source.tolist().count(2) == 1
        assert found.hides[found.hides >= 0].sum() == len(hidden)


def test_what_is_cut_keeps_the_token_that_closes_it() -> None:
    row, full = sentenced([*range(10, 50), STOP]), replace(setting(), length=43)
    longer = HintedDenoisedTask(s.HintedDenoised(rate=0.3, mean=0.4))
    told = replace(full, vocab_ids=replace(WORDS, encode=lambda text: [int(each) + 60 for each in text]))
    sizes = set()
    for seed in range(20):
        source = longer.prepare([row], [generator(seed)], told).inputs["input_ids"][0].tolist()
        sizes.add(len(source))
        assert (source[0], source[-1]) == (0, 2)
    assert max(sizes) == 43


def test_a_loss_is_compared_over_what_the_encoder_does_not_see() -> None:
    part = declared("bart").model.but(size=s.Size(1, 32, 2), inputs=s.but(vocab=s.but(size=SIZE, mask=MASK)))
    model, one = build(part, seed=0).eval(), DenoisedTask(BART)
    row = sentenced([10, 11, 12, STOP, 20, 21, STOP, 30, 31, 32, 33, 34, STOP])
    batch = one.prepare([row, row], [generator(0), generator(1)], Setting(part, 0, WORDS))
    hidden = one.text_only(batch, Setting(part, 0, WORDS))
    logp = model(**batch.inputs).logits.flatten(0, 1)[:, torch.from_numpy(WORDS.ordinary)].log_softmax(-1)
    places = batch.targets["hidden"].nonzero()[:, 0].tolist()
    labels = batch.targets["labels"][places]
    wanted = -sum(logp[place, WORDS.ordinary.tolist().index(int(label))] for place, label in zip(places, labels))
    assert one.loss(model, hidden).sum.item() == pytest.approx(wanted.item(), rel=1e-5)
    assert hidden.weights == {"lm": len(places)}


def test_one_text_is_not_damaged_for_a_model_of_one() -> None:
    assert "Denoised needs a model that" in task(BART).refusal(declared("gpt-2").model)
    assert task(BART).refusal(declared("bart").model) == ""


def test_hints_are_about_as_large_as_what_is_hidden() -> None:
    """Aghajanyan et al. 2021, §2.3: max(1, floor(n)) of n from N(m, 0.1 m), behind eight of ten masks."""
    words = replace(WORDS, encode=lambda text: [int(each) for each in text])  # digits are ids 0 to 9
    hides, source = np.tile([0, 1, 30, 8, -1], 2000), np.tile([MASK, MASK, MASK, MASK, 50], 2000)
    found = HintedDenoisedTask(s.HintedDenoised()).described(source, hides, words, generator(0))
    assert found[~np.isin(found, range(10))].tolist() == source.tolist()
    texts = "".join("m" if each == MASK else "t" if each == 50 else str(each) for each in found).split("t")[:-1]
    sizes = np.array([[int(each or -1) for each in text.split("m")[1:]] for text in texts])
    assert (sizes[:, 0][sizes[:, 0] >= 0] == 1).all()
    assert (sizes[:, 1][sizes[:, 1] >= 0] == 1).all()
    for column, size in ((2, 30), (3, 8)):
        hints = sizes[:, column]
        assert abs((hints >= 0).mean() - 0.8) < 5 * np.sqrt(0.16 / 2000)
        assert abs(hints[hints >= 0].mean() + 0.5 - size) < 0.05 * size
        assert abs(hints[hints >= 0].std() - 0.1 * size) < 0.02 * size

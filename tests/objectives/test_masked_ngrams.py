"""N-grams of whole words, and the order of segments."""

from collections import Counter

import numpy as np
import pytest

from clados import spec as s
from clados.data import Text, train_tokenizer
from clados.data.packing import Couple, NeighbouringPairs, generator
from clados.data.roles import Roles
from clados.data.stream import Stream
from clados.errors import InputError
from clados.models.declared import declared
from clados.objectives import Setting, SourceConfig, VocabIds, task
from clados.objectives.hiding import mask_or_replace
from clados.objectives.masked_ngrams import choose, word_bounds
from tests.objectives.alike import alike, golden

ALBERT = s.MaskedNgrams()


def test_the_same_places_are_hidden_as_often_as_by_the_authors_code() -> None:
    theirs = golden("albert")
    tokens = theirs["tokens"]
    inside = frozenset(i for i, token in enumerate(tokens) if token.startswith("##"))
    vocab_ids = VocabIds(20, {"cls": 0, "sep": len(tokens) - 1, "mask": 19}, inside=inside)
    objective, ids, random = s.MaskedNgrams(rate=theirs["rate"]), np.arange(len(tokens)), generator(0)
    ours = Counter(" ".join(map(str, choose(objective, ids, vocab_ids, random))) for _ in range(10_000))
    assert alike(ours, theirs["sets"])
    longer = Counter(
        " ".join(map(str, choose(objective.but(longest=2), ids, vocab_ids, random))) for _ in range(10_000)
    )
    assert not alike(longer, theirs["sets"])


def test_as_many_are_masked_replaced_and_kept_as_by_the_authors_code() -> None:
    """Each token of an n-gram by its own lot: 80, 10 and 10 of 100."""
    theirs = golden("albert")
    tokens = theirs["tokens"]
    inside = frozenset(i for i, token in enumerate(tokens) if token.startswith("##"))
    vocab_ids = VocabIds(1020, {"cls": 0, "sep": len(tokens) - 1, "mask": 1019}, inside=inside)
    objective, ids, random = s.MaskedNgrams(rate=theirs["rate"]), np.arange(len(tokens)), generator(0)
    ours: Counter[str] = Counter()
    for _ in range(10_000):
        chosen = choose(objective, ids, vocab_ids, random)
        shown = mask_or_replace(objective, ids, chosen, vocab_ids, random)[chosen]
        masked, kept = int((shown == 1019).sum()), int((shown == chosen).sum())
        ours[f"{masked} {len(chosen) - masked - kept} {kept}"] += 1
    assert alike(ours, theirs["seen"])


def test_the_same_pairs_are_cut_as_often_as_by_the_authors_code() -> None:
    """Theirs swaps first and then cuts off, of two as long as each other always the one that stands behind."""
    theirs = golden("albert")
    bounds = np.cumsum([0, *theirs["lengths"]])
    text = Stream(np.arange(bounds[-1], dtype=np.uint32), bounds, np.array([0, len(bounds) - 1]))
    source = NeighbouringPairs(text, theirs["room"], short=0.0)
    rows = [source.at(index, epoch) for epoch in range(5000) for index in range(len(source))]
    ours = Counter(f"{row.first[0]}-{row.first[-1]} {row.second[0]}-{row.second[-1]}" for row in rows)
    assert alike(ours, theirs["pairs"])
    assert theirs["swapped"] == pytest.approx(0.5 * sum(theirs["pairs"].values()), rel=0.03)


def test_lengths_are_drawn_as_the_paper_says() -> None:
    """p(n) ~ 1/n up to 3 (Lan et al. 2020, §4.1): of one n-gram in a long text of words of one token."""
    vocab_ids = VocabIds(2100, {"cls": 0, "sep": 1, "mask": 2})
    ids = np.arange(100, 2100)
    draws = [len(choose(s.MaskedNgrams(rate=3 / 2000), ids, vocab_ids, generator(i))) for i in range(300)]
    assert set(draws) == {3}  # as many as are wanted, whatever the first n was
    runs: Counter[int] = Counter()
    for seed in range(20):
        chosen = choose(s.MaskedNgrams(rate=0.01), ids, vocab_ids, generator(seed, 1))  # far apart: few touch
        runs.update(len(run) for run in np.split(chosen, np.flatnonzero(np.diff(chosen) > 1) + 1))
    shares = np.array([runs[n] for n in (1, 2, 3)]) / sum(runs.values())
    assert shares == pytest.approx([6 / 11, 3 / 11, 2 / 11], abs=0.08)


def test_words_are_whole_and_stay_in_their_segment() -> None:
    vocab_ids = VocabIds(40, {"cls": 0, "sep": 1, "mask": 2, "pad": 3}, inside=frozenset(range(20, 40)))
    ids = np.array([0, 20, 21, 5, 22, 1, 23, 6, 24, 1])
    starts, ends = word_bounds(ids, vocab_ids)
    assert starts.tolist() == [1, 3, 6, 7]
    assert ends.tolist() == [3, 5, 7, 9]
    for seed in range(50):
        chosen = choose(s.MaskedNgrams(rate=0.5), ids, vocab_ids, generator(seed)).tolist()
        assert len(chosen) <= 5
        assert all(set(range(a, b)) <= set(chosen) or not set(range(a, b)) & set(chosen) for a, b in zip(starts, ends))


@pytest.mark.parametrize("kind", ["wordpiece", "unigram", "bytes"])
def test_pieces_inside_words_are_known_of_every_kind_of_vocabulary(kind: str) -> None:
    text = "unbelievable happenings, happened unhappily: believers believed 1234 unbelievably"
    tokenizer = train_tokenizer([text] * 3, kind, 300, Roles.of(declared("albert").model.vocab))
    ids = np.array(tokenizer.encode(text, add_special_tokens=False))
    starts, ends = word_bounds(ids, VocabIds.of(tokenizer))
    whole = ["".join(tokenizer.tokens(ids[a:b].tolist())).strip("▁Ġ").replace("##", "") for a, b in zip(starts, ends)]
    letters = [word for word in whole if word.strip(".,:0123456789▁")]
    assert letters == [word.strip(",:") for word in text.split() if word != "1234"]


def test_half_of_the_pairs_are_swapped_and_their_label_says_so() -> None:
    setting = Setting(declared("albert").model, 0, VocabIds(90, {"cls": 0, "sep": 1, "mask": 2, "pad": 3}))
    row = Couple(np.arange(10, 30), np.arange(50, 60), follows=True)
    batch = task(ALBERT).prepare([row] * 400, [generator(i) for i in range(400)], setting)
    swapped, ids = batch.targets["sentence_order_label"].bool(), batch.inputs["input_ids"]
    assert int(swapped.sum()) == pytest.approx(200, abs=40)
    ends = (ids == 1).nonzero()[:, 1].view(-1, 2)
    assert ends[swapped].unique(dim=0).tolist() == [[11, 32]]
    assert ends[~swapped].unique(dim=0).tolist() == [[21, 32]]
    assert batch.inputs["token_type_ids"].sum(1)[swapped].unique().tolist() == [21]
    assert batch.weights["sop"] == 400


def test_a_model_without_a_head_for_order_is_refused() -> None:
    setting = Setting(declared("bert").model, 0, VocabIds(90, {"cls": 0, "sep": 1, "mask": 2}))
    with pytest.raises(InputError, match="MaskedNgrams needs a head 'sop', which this Encoder lacks"):
        task(ALBERT).prepare([Couple(np.arange(5), np.arange(5), follows=True)], [generator(0)], setting)


def test_segments_stand_next_to_each_other_and_a_single_sentence_is_parted() -> None:
    texts = [Text("a", "To be. Or not to be. That is it."), Text("b", "Alone here."), Text("c", "x")]
    tokenizer = train_tokenizer([each.text for each in texts], "word", 80)
    source = task(ALBERT.but(short=0.0)).source(texts, SourceConfig(64, tokenizer=tokenizer))
    found = {tuple(np.concatenate([row.first, row.second])) for row in map(source.at, range(len(source)))}
    assert found == {tuple(tokenizer.encode(each.text, add_special_tokens=False)) for each in texts[:2]}
    assert all(len(source.at(1, epoch).first) and len(source.at(1, epoch).second) for epoch in range(5))

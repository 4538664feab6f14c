"""Next token and masked tokens: what is seen and what has to be predicted."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from clados import spec as s
from clados.data.packing import Couple, Packed, generator
from clados.errors import InputError
from clados.models.declared import declared
from clados.nn import WholeModel, build
from clados.objectives import Setting, VocabIds, task
from clados.objectives.hiding import with_special_tokens
from clados.objectives.masked_tokens import hide

WORDS = VocabIds(200, {"pad": 0, "cls": 1, "sep": 2, "mask": 3, "eos": 4})
BERT = s.MaskedTokens(draws=10, packing=s.SentencePairs())
texts = st.lists(st.integers(5, 199), min_size=2, max_size=60).map(lambda ids: np.array(ids, np.int64))


def packed(ids: object) -> Packed:
    ids = np.array(ids, np.int64)
    return Packed(ids, np.zeros_like(ids))


def tiny(card: str) -> tuple[WholeModel, Setting]:
    model = declared(card).at("tiny" if card == "bert" else "small")
    roles = {"pad": 0, "cls": 1, "sep": 2, "mask": 3} if card == "bert" else {"bos": 4, "eos": 4}
    part = model.but(inputs=s.but(vocab=s.but(size=200, **roles)), size=s.Size(layers=1, d_model=32, heads=2))
    return build(part), Setting(part, 32, WORDS)


@given(st.lists(texts, min_size=1, max_size=4), st.integers(0, 9))
@settings(max_examples=50, deadline=None)
def test_every_token_of_a_block_is_seen_or_predicted(rows: list[np.ndarray], seed: int) -> None:
    model = declared("gpt-2").model
    batch = task(s.NextToken()).prepare([packed(row) for row in rows], [generator(seed)] * len(rows), Setting(model))
    labels = batch.targets["labels"].split([len(row) - 1 for row in rows])
    for row, seen, wanted in zip(rows, batch.inputs["input_ids"], labels):
        assert [int(seen[0]), *wanted.tolist()] == row.tolist()
        assert seen[: len(row) - 1].tolist() == row[:-1].tolist()
    assert batch.weights == {"lm": sum(len(row) - 1 for row in rows)}


@given(texts, texts, st.integers(0, 2**31))
@settings(max_examples=100, deadline=None)
def test_masks_never_stand_at_marks_and_everything_else_stays(first: np.ndarray, second: np.ndarray, seed: int) -> None:
    ids, types = with_special_tokens(Couple(first, second, follows=True), WORDS)
    seen, chosen = hide(BERT, ids, WORDS, generator(seed))
    assert not np.isin(ids[chosen], list(WORDS.special)).any()
    untouched = np.setdiff1d(np.arange(len(ids)), chosen)
    assert (seen[untouched] == ids[untouched]).all()
    assert not np.isin(seen[chosen], [1, 2, 0, 4]).any()
    assert len(chosen) == min(len(first) + len(second), max(1, round(0.15 * len(ids))))
    assert types.tolist() == [0] * (len(first) + 2) + [1] * (len(second) + 1)
    assert ids[[0, len(first) + 1, -1]].tolist() == [1, 2, 2]


@pytest.mark.parametrize("objective", [s.MaskedTokens(), s.NextToken()])
def test_a_batch_without_anything_to_predict_teaches_nothing(objective: s.Objective) -> None:
    """huggingface/transformers#16711: the mean over no tokens is no number."""
    model, setting = tiny("bert" if isinstance(objective, s.MaskedTokens) else "gpt-2")
    unknown = VocabIds(200, {"pad": 0, "cls": 1, "sep": 2, "mask": 3, "unk": 4})
    ids = [4, 4, 4] if isinstance(objective, s.MaskedTokens) else [5]
    batch = task(objective).prepare([packed(ids)], [generator(0)], replace(setting, vocab_ids=unknown))
    found = task(objective).loss(model, batch)
    assert (found.weight, float(found.mean.detach())) == (0, 0.0)
    found.mean.backward()
    assert all(not each.grad.any() for each in model.parameters() if each.grad is not None)


def test_eight_of_ten_chosen_are_masked_one_replaced_one_kept() -> None:
    ids = np.tile(np.arange(5, 200), 400)
    seen, chosen = hide(BERT, ids, WORDS, generator(0))
    shares = [(seen[chosen] == 3).mean(), (seen[chosen] == ids[chosen]).mean()]
    bound = 4 * np.sqrt(0.8 * 0.2 / len(chosen))
    assert shares[0] == pytest.approx(0.8, abs=bound)
    assert shares[1] == pytest.approx(0.1 + 0.1 / 195, abs=bound)


@given(texts, texts, st.integers(0, 9))
@settings(max_examples=30, deadline=None)
def test_what_is_measured_cannot_be_read_off(first: np.ndarray, second: np.ndarray, seed: int) -> None:
    _, setting = tiny("bert")
    couple = Couple(first, second, follows=True)
    batch = task(BERT).held_out.prepare([couple], [generator(seed)], setting)
    assert set(batch.inputs["input_ids"].flatten()[batch.targets["at"]].tolist()) == {3}


def test_replaced_words_are_drawn_evenly_from_the_words_that_are_no_marks() -> None:
    ids = np.tile(np.arange(5, 200), 3000)
    only = s.MaskedTokens(rate=0.9, masked=0.0, replaced=1.0)
    seen, chosen = hide(only, ids, WORDS, generator(1))
    counts = np.bincount(seen[chosen], minlength=200)
    assert counts[:5].sum() == 0
    expected = len(chosen) / 195
    chi = ((counts[5:] - expected) ** 2 / expected).sum()
    assert chi < 195 + 5 * np.sqrt(2 * 195)


def test_a_row_is_the_same_in_whatever_batch_it_stands() -> None:
    rows = [packed(np.arange(5, 5 + n)) for n in (20, 40, 30)]
    setting = Setting(declared("bert").model, 42, WORDS)
    objective = s.MaskedTokens()
    together = task(objective).prepare(rows, [generator(7, 0, i) for i in range(3)], setting)
    alone = task(objective).prepare(rows[1:2], [generator(7, 0, 1)], setting)
    assert together.inputs["input_ids"][1].tolist() == alone.inputs["input_ids"][0].tolist()
    other = task(objective).prepare(rows[1:2], [generator(7, 1, 1)], setting)
    assert other.inputs["input_ids"].tolist() != alone.inputs["input_ids"].tolist()


def test_pairs_ask_whether_the_second_follows_and_single_texts_do_not() -> None:
    couples = [Couple(np.arange(5, 15), np.arange(20, 29), follows) for follows in (True, False, False)]
    model, setting = tiny("bert")
    batch = task(BERT).prepare(couples, [generator(0), generator(1), generator(2)], setting)
    assert batch.targets["next_sentence_label"].tolist() == [0, 1, 1]
    found = task(BERT).loss(model, batch)
    assert set(found.parts) == {"lm", "nsp"}
    assert found.mean.item() == pytest.approx(
        found.parts["lm"].sum.item() / batch.weights["lm"] + found.parts["nsp"].sum.item() / 3
    )
    follows = found.measures["nsp_follows"]
    assert (follows.sum.item(), follows.weight) == (1, 3)
    single = task(s.MaskedTokens()).prepare([packed(np.arange(5, 25))], [generator(0)], setting)
    assert set(task(s.MaskedTokens()).loss(model, single).parts) == {"lm"}


@pytest.mark.parametrize(("card", "objective"), [("bert", BERT), ("gpt-2", s.NextToken())])
def test_the_loss_is_that_of_the_whole_models_logits(card: str, objective: s.Objective) -> None:
    model, setting = tiny(card)
    examples: Any = {
        "bert": [Couple(np.arange(5, 5 + n), np.arange(20, 29), follows=True) for n in (9, 4, 12)],
        "gpt-2": [packed(np.arange(5, 5 + n)) for n in (9, 4, 12)],
    }[card]
    batch = task(objective).prepare(examples, [generator(i) for i in range(3)], setting)
    logits = model(**batch.inputs).logits.flatten(0, 1)
    if card == "bert":
        labels, at = batch.targets["labels"], batch.targets["at"]
        expected = -logits.log_softmax(-1)[at, labels].sum()
    else:
        rows = [list(range(5, 5 + n)) for n in (9, 4, 12)]
        logp = logits.view(3, -1, 200).log_softmax(-1)
        expected = -sum(logp[i, t, row[t + 1]] for i, row in enumerate(rows) for t in range(len(row) - 1))
    assert task(objective).loss(model, batch).sum.item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_vocabulary_without_a_mask_is_refused() -> None:
    with pytest.raises(InputError, match="the vocabulary has no mask; it has cls, sep"):
        hide(BERT, np.arange(5, 20), VocabIds(200, {"cls": 1, "sep": 2}), generator(0))

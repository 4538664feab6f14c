"""What holds of every objective that learns from texts. A new one adds a line to ``CASES``."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings, strategies as st

from clados import spec as s
from clados.data import Text, train_tokenizer
from clados.data.packing import generator
from clados.data.roles import Roles
from clados.errors import CladosError, InputError
from clados.models.declared import declared
from clados.nn import WholeModel, build
from clados.objectives import Batch, Setting, SourceConfig, VocabIds, runs, task
from clados.proofs.cases import structures, without_dropout
from tests.objectives.test_corrupted_spans import restored as spelt_out

Ids = list[int]
MOST = 36  # tokens of a text: small models have positions for 41


def in_place(batch: Batch, vocab_ids: VocabIds) -> Ids:
    """Of one text that is seen with some tokens hidden."""
    ids = batch.inputs["input_ids"][0].clone()
    ids[batch.targets["at"]] = batch.targets["labels"]
    found: Ids = ids.tolist()
    return found


def permuted(batch: Batch, vocab_ids: VocabIds) -> Ids:
    """Of a text of which some places are asked for."""
    ids = batch.inputs["input_ids"][0].clone()
    ids[batch.inputs["target_mapping"][0].argmax(-1)] = batch.targets["labels"]
    found: Ids = ids.tolist()
    return found


def ordered(batch: Batch, vocab_ids: VocabIds) -> Ids:
    """Of two segments, which may be swapped."""
    ids, second = torch.tensor(in_place(batch, vocab_ids)), batch.inputs["token_type_ids"][0].bool()
    sides = ids[~second], ids[second]
    found: Ids = torch.cat(sides[::-1] if batch.targets["sentence_order_label"][0] else sides).tolist()
    return found


def following(batch: Batch, vocab_ids: VocabIds) -> Ids:
    """Of a text whose tokens are predicted one after the other."""
    return [*batch.inputs["input_ids"][0, :1].tolist(), *batch.targets["labels"].tolist()]


def spans(batch: Batch, vocab_ids: VocabIds) -> Ids:
    """Of a text with sentinels, and what they stand for."""
    found: Ids = spelt_out(batch.inputs["input_ids"][0].numpy(), batch.targets["labels"].numpy(), vocab_ids).tolist()
    return found


def both(batch: Batch, vocab_ids: VocabIds) -> Ids:
    """Of a source and its target."""
    return [*batch.inputs["input_ids"][0].tolist(), *batch.targets["labels"].tolist()]


def blanks(batch: Batch, vocab_ids: VocabIds) -> Ids:
    """Of a text with blanks, and of what stands after it for each, by their places."""
    ids, places = batch.inputs["input_ids"][0].tolist(), batch.inputs["position_ids"][0].tolist()
    wanted = dict(zip(batch.targets["at"].tolist(), batch.targets["labels"].tolist()))
    written: dict[int, Ids] = {}
    for at, label in wanted.items():
        written.setdefault(places[at][0], []).append(label)
    read = [(token, place) for token, (place, inside) in zip(ids, places) if not inside]
    return [token for seen, place in read for token in written.get(place, [seen])]


def continued(batch: Batch, vocab_ids: VocabIds) -> Ids:
    """Of a text whose last part is predicted."""
    return [*batch.inputs["input_ids"][0].tolist(), *batch.targets["labels"][-1:].tolist()]


@dataclass(frozen=True)
class Case:
    """An objective on a model.

    Attributes:
        restored: the text, from what is seen and what has to be predicted; special tokens are not looked at.
        predicted: the least and the most tokens that are to be predicted of so many, marks aside.
        marks: roles of what is predicted and is no text.
    """

    card: str
    objective: s.Objective
    restored: Callable[[Batch, VocabIds], Ids]
    predicted: Callable[[int], tuple[float, float]]
    marks: tuple[str, ...] = ()


def rotated(batch: Batch, vocab_ids: VocabIds) -> Ids:
    """Of a text some spans of which stand behind their masks after its end."""
    ids = [*batch.inputs["input_ids"][0].tolist(), int(batch.targets["labels"][-1])]
    masks = [each for each in vocab_ids.sentinels if each in ids]
    ends = [at for at, each in enumerate(ids) if each == vocab_ids.id("eos")]
    begun = [at for at, each in enumerate(ids) if each in masks][len(masks) :]
    spans = {ids[at]: ids[at + 1 : end] for at, end in zip(begun, ends)}
    rest = ids[: begun[0]] if begun else ids
    return [token for each in rest for token in spans.get(each, [each])]


def dropped(batch: Batch, vocab_ids: VocabIds) -> Ids:
    """Of a text that is written whole, or from where it was read to."""
    read: Ids = batch.inputs["input_ids"][0].tolist()
    return [*(read if vocab_ids.mark("[CLM]") in read else []), *batch.targets["labels"].tolist()]


def written(batch: Batch, vocab_ids: VocabIds) -> Ids:
    """Of a text that is written whole."""
    found: Ids = batch.targets["labels"].tolist()
    return found


DENOISERS = declared("ul2").recipe.stages[0].objective
CASES = {
    "next token": Case("gpt-2", s.NextToken(), following, lambda n: (n - 1, n - 1)),
    "marked": Case("galactica", s.MarkedText(), following, lambda n: (n - 1, n - 1)),
    "coded": Case("ctrl", s.CodedText(), following, lambda n: (n - 1, n - 1)),
    "segments": Case("transformer-xl", s.NextTokenInSegments(), following, lambda n: (n - 1, n - 1)),
    "masked tokens": Case("roberta", s.MaskedTokens(), in_place, lambda n: (1, 0.15 * (n + 3) + 1)),
    "entities": Case("ernie", s.EntityDenoising(least=0), in_place, lambda n: (1, 0.15 * (n + 3) + 1)),
    "masked n-grams": Case("albert", s.MaskedNgrams(), ordered, lambda n: (0, 0.15 * (n + 3) + 1)),
    "replaced tokens": Case(
        "electra", s.ReplacedTokens(generator=s.Size(2, 16, 1)), in_place, lambda n: (1, 0.15 * (n + 2) + 1)
    ),
    "distilled": Case("distilbert", s.Distilled(teacher="distilbert"), in_place, lambda n: (1, 0.15 * (n + 2) + 1)),
    "corrupted spans": Case("t5", s.CorruptedSpans(), spans, lambda n: (1, 0.15 * n + 1), ("eos", "sentinels")),
    "permuted tokens": Case("xlnet", s.PermutedTokens(reused=19), permuted, lambda n: (1, (n + 3) / 6 + 1)),
    "blanks": Case("glm", s.BlankInfilling(), blanks, lambda n: (1, 0.15 * n + 39), ("eos",)),
    "long blanks": Case("glm", s.BlankInfilling(sentences=0.3, long=0.5), blanks, lambda n: (1, n), ("eos",)),
    "prefix": Case("t5", s.PrefixLM(), both, lambda n: (1, n - 1), ("eos",)),
    "answers": Case("gpt-2", s.Supervised(), continued, lambda n: (n // 2, n // 2)),
    "denoised": Case("bart", s.Denoised(), written, lambda n: (n, n), ("bos", "eos")),
    "denoised by words": Case(
        "mbart", s.Denoised(0.35, 3.5, whole_words=True, marked=True), written, lambda n: (n, n), ("eos", "marks")
    ),
    "hinted": Case("htlm", s.HintedDenoised(), written, lambda n: (n, n), ("bos", "eos")),
    "gap sentences": Case("pegasus", s.GapSentences(), both, lambda n: (n, n), ("eos",)),
    "denoisers": Case("ul2", DENOISERS, spans, lambda n: (1, 0.5 * n + 1), ("eos", "sentinels")),
    "causal masked": Case("cm3", s.CausalMasked(), rotated, lambda n: (n - 1, n), ("eos",)),
    "few bits": Case("bart", s.QuantisedDistillation(teacher="bart", layers=()), both, lambda n: (n // 2, n), ("eos",)),
    "dropped": Case("alexatm-20b", s.DroppedSpans(continued=0.2), dropped, lambda n: (1, n), ("bos", "eos")),
    "translation": Case("transformer", s.Translation(), both, lambda n: (n // 2, n), ("eos",)),
}
CLOSED = [pytest.param(case, id=name) for name, case in CASES.items()]


def below(kind: type[s.Objective]) -> Iterator[type[s.Objective]]:
    """All types below a type."""
    for each in kind.__subclasses__():
        yield each
        yield from below(each)


def test_every_objective_on_texts_is_looked_at() -> None:
    from clados.objectives.rollouts import RolloutTask
    from clados.objectives.tasks import TASKS

    ours = {each for each in below(s.Objective) if each.__module__.startswith("clados.")}
    running = {each for each in ours if runs(object.__new__(each)) and each in TASKS}
    texts = {each for each in running if TASKS[each].reads.__name__ in ("Text", "Pair")}
    apart = {s.TextAndActions, s.ContextDistilled}  # the latter hides nothing: it compares all that is written
    texts -= {*apart, *(each for each in texts if issubclass(TASKS[each], RolloutTask))}
    assert {each for each in texts if not TASKS[each].whole_batch} == {type(case.objective) for case in CASES.values()}


@cache
def small(case: Case) -> tuple[WholeModel, Setting]:
    """A small model of the case's card, exact to many places, and what its objective is told."""
    model = without_dropout(next(iter(structures(declared(case.card)).values())))
    words = VocabIds.declared(model.vocab)
    inside = frozenset(words.ordinary[1::3].tolist())
    marks = dict(zip(task(case.objective).marks([Text("a/b", "", "en")]), words.ordinary[-5:].tolist()))
    words = replace(words, inside=inside, marks=marks, encode=lambda text: words.ordinary[: len(text)].tolist())
    made, setting = build(model, seed=1), Setting(model, 0, words, build(model, seed=2).double())
    if owned := task(case.objective).owned(made, setting, seed=1):
        made.add_module("owned", owned)
    return made.double().eval(), setting


def texts(case: Case, least: int = 2) -> st.SearchStrategy[np.ndarray]:
    """Texts of tokens each of which occurs once, so that it is known where a label is from."""
    ordinary = small(case)[1].required_vocab_ids.ordinary
    return st.tuples(st.integers(least, MOST), st.integers(0, 2**31)).map(
        lambda drawn: generator(drawn[1], 7).permutation(ordinary)[: drawn[0]].astype(np.int64)
    )


def prepared(case: Case, rows: list[np.ndarray], seeds: list[int], *, held_out: bool = False) -> Batch:
    """The batch of some texts."""
    one = task(case.objective)
    one = one.held_out if held_out else one
    return one.prepare([one.row([row]) for row in rows], [generator(seed) for seed in seeds], small(case)[1])


@pytest.mark.parametrize("case", CLOSED)
@given(data=st.data(), seed=st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_what_is_seen_and_what_is_predicted_make_the_text(case: Case, data: st.DataObject, seed: int) -> None:
    text, vocab_ids = data.draw(texts(case)), small(case)[1].required_vocab_ids
    batch = prepared(case, [text], [seed], held_out=True)
    assert [token for token in case.restored(batch, vocab_ids) if vocab_ids.is_text[token]] == text.tolist()
    labels = batch.targets["labels"].numpy()
    least, most = case.predicted(len(text))
    assert least <= vocab_ids.is_text[labels].sum() <= most
    marks = {vocab_ids.ids.get(role) for role in case.marks} | (
        set(vocab_ids.sentinels) if "sentinels" in case.marks else set()
    )
    marks |= set(vocab_ids.marks.values()) if "marks" in case.marks else set()
    assert set(labels[~vocab_ids.is_text[labels]].tolist()) <= marks
    assert batch.weights["lm"] == len(labels)


@pytest.mark.parametrize("case", CLOSED)
@given(data=st.data(), seed=st.integers(0, 2**31))
@settings(max_examples=10, deadline=None)
def test_no_label_leaks_into_what_it_is_predicted_from(case: Case, data: st.DataObject, seed: int) -> None:
    """Another word in the place of a label changes nothing of what the model computes where it is predicted."""
    text, (model, setting) = data.draw(texts(case, 4)), small(case)
    batch = prepared(case, [text], [seed], held_out=True)
    labels = batch.targets["labels"].tolist()
    hidden = batch.targets.get("hidden", torch.ones(len(labels)).bool())  # what else is written may be copied
    words = [i for i, label in enumerate(labels) if label in text and hidden[i]]
    assume(words)  # a word of several tokens may be more than there is to hide
    asked = data.draw(st.sampled_from(words))
    inside = setting.required_vocab_ids.begins_word[labels[asked]]
    others = np.setdiff1d(setting.required_vocab_ids.ordinary, text)
    other = next((int(each) for each in others if setting.required_vocab_ids.begins_word[each] == inside), None)
    if other is None:
        return
    changed = prepared(case, [np.where(text == labels[asked], other, text)], [seed], held_out=True)
    assert changed.targets["labels"].tolist() == [*labels[:asked], other, *labels[asked + 1 :]]
    states = []
    with torch.no_grad():
        for each in (batch, changed):
            found = model.states(**each.inputs).flatten(0, 1)
            states.append(found[each.targets["at"][asked] if "at" in each.targets else asked])
    torch.testing.assert_close(states[0], states[1], rtol=0, atol=1e-9)


@pytest.mark.parametrize("case", CLOSED)
def test_a_row_is_the_same_in_one_two_and_three_parts(case: Case) -> None:
    random = generator(3)
    rows = [
        random.permutation(small(case)[1].required_vocab_ids.ordinary)[:n].astype(np.int64)
        for n in (36, 9, 23, 31, 2, 17)
    ]
    whole = prepared(case, rows, [*range(6)])
    for size in (1, 2, 3):
        parts = [prepared(case, rows[at : at + size], [*range(at, at + size)]) for at in range(0, 6, size)]
        for name in whole.targets.keys() - {"at"}:
            wide = whole.targets[name].shape[-1]  # of what is said of each place of a row; shorter rows have fewer
            found = [part.targets[name] for part in parts]
            found = [F.pad(each, (0, wide - each.shape[-1])) if each.dim() > 1 else each for each in found]
            assert torch.equal(torch.cat(found), whole.targets[name]), name
        for name in parts[0].inputs.keys() & whole.inputs.keys():
            for number, part in enumerate(parts):
                given_ = part.inputs.get(name)
                if given_ is not None:
                    same = whole.inputs[name][number * size : (number + 1) * size]
                    assert torch.equal(same[tuple(slice(n) for n in given_.shape)], given_), name
        assert sum(part.weights["lm"] for part in parts) == whole.weights["lm"]


@pytest.mark.parametrize("case", [each for each in CLOSED if each.id != "few bits"])
def test_the_loss_of_small_batches_adds_up_to_that_of_a_large_one(case: Case) -> None:
    """Rows of other lengths, padded among each other or alone; few bits are of a whole batch's numbers."""
    random, (model, setting) = generator(4), small(case)
    rows = [random.permutation(setting.required_vocab_ids.ordinary)[:n].astype(np.int64) for n in (36, 9, 23, 2)]
    one, seeds = task(case.objective), [*range(4)]
    with torch.no_grad():
        whole = one.loss(model, prepared(case, rows, seeds)).parts
        parts = [one.loss(model, prepared(case, [row], [seed])).parts for row, seed in zip(rows, seeds)]
    for name, term in whole.items():
        torch.testing.assert_close(sum(part[name].sum for part in parts), term.sum)
        assert sum(part[name].weight for part in parts) == term.weight


@pytest.mark.parametrize("length", [0, 1])
@pytest.mark.parametrize("case", CLOSED)
def test_next_to_nothing_is_read_or_refused(case: Case, length: int) -> None:
    model, setting = small(case)
    try:
        batch = prepared(case, [setting.required_vocab_ids.ordinary[:length].astype(np.int64)], [0])
    except InputError:
        return
    found = task(case.objective).loss(model, batch)
    assert found.mean.isfinite()


@pytest.mark.parametrize("case", CLOSED)
def test_long_documents_are_cut_to_the_length_and_empty_ones_passed_over(case: Case) -> None:
    one, model = task(case.objective), small(case)[1].model
    lines = ["To be or not to be, that is the question. " * 30, "", "x", "Be! It is."]
    examples: list[Any] = [Text(f"a/{i}", line) for i, line in enumerate(lines)]
    if one.reads is not Text:
        pytest.skip("reads pairs, which it cuts itself: tests/objectives/test_corrupted_spans.py")
    roles = replace(Roles.of(model.vocab), marks=one.marks(examples))
    tokenizer = train_tokenizer(lines[:1] * 3, model.vocab.kind, 400, roles)
    source = one.source(examples, SourceConfig(24, tokenizer=tokenizer))
    setting = Setting(model, 24, VocabIds.of(tokenizer))
    rows = [source.at(i) for i in range(len(source))]
    batch = one.prepare(rows, [generator(i) for i in range(len(rows))], setting)
    counts = [each.size(1) for name, each in batch.inputs.items() if name.endswith("input_ids")]
    if "position_ids" in batch.inputs:  # what is written has the place of its blank
        counts = [int(batch.inputs["position_ids"].max()) + 1]
    assert max(counts) <= 24
    with pytest.raises(CladosError):
        one.source([Text("", "")], SourceConfig(24, tokenizer=tokenizer))

"""Entities that words name (Zhang et al. 2019), beside what the authors' own code made (``golden/make.py``)."""

import json
import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

import clados
from clados import spec as s
from clados.data import Text, train_tokenizer
from clados.data.graph import wordnet_graph, wordnet_vectors
from clados.data.packing import generator
from clados.data.tokenizer import Tokenizer
from clados.models.declared import declared
from clados.nn import WholeModel, build
from clados.objectives import Batch, Setting, SourceConfig, VocabIds
from clados.objectives.entity_denoising import UNNAMED, EntityDenoisingTask, LinkedCouple, linker
from clados.objectives.view import show
from clados.proofs.cases import structures, without_dropout
from clados.train.choices import Choices
from clados.train.plan import initial_model
from clados.train.planned import planned
from tests.objectives.alike import alike, golden
from tests.train.small import choices

TEXT = "An animal is a physical object. Each adult female, and an adult, eats a vegetable or beef cattle."
ENTITY = EntityDenoisingTask(s.EntityDenoising())


@cache
def words() -> Tokenizer:
    return train_tokenizer([TEXT] * 3, "wordpiece", 300)


@cache
def small() -> tuple[WholeModel, Setting]:
    model = without_dropout(next(iter(structures(declared("ernie")).values())))
    return build(model, seed=1).double(), Setting(model, 0, VocabIds.declared(model.vocab))


def couple(links: list[int], first: int) -> LinkedCouple:
    """A pair of tokens each of which occurs once, with some entities."""
    ids = generator(len(links)).permutation(small()[1].required_vocab_ids.ordinary)[: len(links)].astype(np.int64)
    return LinkedCouple(ids[:first], ids[first:], follows=True, links=np.array(links))


ROWS = [
    couple([4, -1, -1, 9, -1, 9, -1, 30, 2, -1, -1], 5),
    couple([-1, 7, 7, -1], 2),
    couple([-1, -1, -1], 1),
    couple([8, -1, 1, 2, 3, 40, 5, -1, 6, -1, 11, 12, 13, 14], 6),
]


def batch_of(rows: list[LinkedCouple], one: EntityDenoisingTask = ENTITY, seed: int = 0) -> Batch:
    return one.prepare(rows, [generator(seed, i) for i in range(len(rows))], small()[1])


def named(text: str) -> dict[str, str]:
    """The names that are found in a text, by their first token, and the entities."""
    ids = words().encode(text, add_special_tokens=False)
    links, names = linker(words())(np.array(ids)), words().tokens(ids)
    return {names[at]: wordnet_graph().names[links[at]][0] for at in np.flatnonzero(links != UNNAMED)}


def test_the_longest_name_counts_whole_words_of_one_meaning_alone() -> None:
    assert named("an adult female") == {"adult": "woman"}
    assert named("an adult object") == {"adult": "adult"}
    assert named("adult") == {"adult": "adult"}
    assert named("adults") == {}
    assert named("a female animal") == {"animal": "animal"}  # of female there are several
    assert list(named(TEXT)) == ["animal", "physical", "adult", "beef"]


def test_alignments_are_given_hidden_and_replaced_as_often_as_the_authors_do() -> None:
    links = np.arange(20_000) % 6000
    seen = ENTITY.mask_or_replace(links, generator(1))
    other = (seen != links) & (seen != UNNAMED)
    assert (ENTITY.mask_or_replace(np.full(50, UNNAMED), generator(1)) == UNNAMED).all()
    kinds = {"given": int((seen == links).sum()), "hidden": int((seen == UNNAMED).sum()), "other": int(other.sum())}
    theirs = golden("ernie")["kinds"]
    assert alike(kinds, theirs)
    assert not alike({**kinds, "hidden": kinds["hidden"] + 500, "given": kinds["given"] - 500}, theirs)
    far = (seen[other] - links[other]) % 6000  # any other, evenly
    assert np.abs(np.histogram(far, 4, (0, 6000))[0] - len(far) / 4).max() < 4 * math.sqrt(len(far) * 3 / 16)


def test_all_alignments_are_to_be_predicted_among_those_of_the_sequence_as_the_authors_number_them() -> None:
    theirs = golden("ernie")
    links = theirs["links"][1:6] + theirs["links"][7:-1]  # without the places of marks
    batch = batch_of([couple(links, 5)])
    labels = torch.full((len(theirs["links"]),), -1)
    labels[batch.targets["entity_at"]] = batch.targets["entity"] + 1  # theirs also have none to choose
    assert labels.tolist() == theirs["labels"][:7] + theirs["labels"][7:]
    among = batch.targets["candidates"][0].numpy()
    assert np.array_equal(among, wordnet_vectors(15)[np.array(theirs["candidates"][1:], int)])


def test_a_token_is_given_the_vector_of_its_entity() -> None:
    batch = batch_of(ROWS, EntityDenoisingTask(s.EntityDenoising(replaced=0.0, hidden=0.0)))
    embeds, mask = batch.inputs["entity_embeds"], batch.inputs["entity_mask"]
    for row, seen, there in zip(ROWS, embeds, mask):
        links = [UNNAMED, *row.links[: len(row.first)], UNNAMED, *row.links[len(row.first) :], UNNAMED]
        for at in range(len(seen)):
            number = links[at] if at < len(links) else UNNAMED
            wanted = np.zeros(15) if number == UNNAMED else wordnet_vectors(15)[number]
            np.testing.assert_array_equal(seen[at].numpy(), wanted)
            assert bool(there[at]) == (at == 0 or number != UNNAMED)


def test_the_loss_is_equation_seven() -> None:
    model, batch = small()[0], batch_of(ROWS)
    found = ENTITY.loss(model, batch)
    states = model.states(**batch.inputs)
    ready = model.heads["entity"](states, model.inputs, {}).detach().numpy()
    total, number, vectors = 0.0, 0, wordnet_vectors(15).astype(float)
    for at, row in enumerate(ROWS):
        among = sorted({*row.links.tolist()} - {UNNAMED})
        for place, link in enumerate(row.links):
            if link != UNNAMED:
                x = ready[at, place + (1 if place < len(row.first) else 2)]
                scores = [float(x @ vectors[each]) for each in among]
                total -= scores[among.index(link)] - math.log(sum(map(math.exp, scores)))
                number += 1
    assert found.parts["entity"].weight == number == batch.weights["entity"] == 18
    assert found.parts["entity"].sum.item() == pytest.approx(total, rel=1e-6)
    assert set(found.parts) == {"entity", "lm", "nsp"}
    parts = [ENTITY.loss(model, ENTITY.prepare([row], [generator(0, i)], small()[1])) for i, row in enumerate(ROWS)]
    assert sum(each.parts["entity"].sum.item() for each in parts) == pytest.approx(total, rel=1e-6)


def test_what_is_hidden_does_not_show_and_held_out_nothing_else_is_asked() -> None:
    one = EntityDenoisingTask(s.EntityDenoising(hidden=0.5)).held_out
    batch = batch_of(ROWS, one)
    assert 0 < batch.weights["entity"] == len(batch.targets["entity"]) < 18
    assert (batch.targets["given"] == UNNAMED).all()
    length = batch.inputs["input_ids"].size(1)
    asked = batch.targets["entity_at"].tolist()
    links = [row.links.copy() for row in ROWS]
    for at in asked:
        place = at % length
        row = ROWS[at // length]
        links[at // length][place - (1 if place <= len(row.first) else 2)] += 100
    changed = batch_of([replace(row, links=each) for row, each in zip(ROWS, links)], one)
    assert all(torch.equal(each, changed.inputs[name]) for name, each in batch.inputs.items())
    assert changed.targets["entity_at"].tolist() == asked
    assert (batch.targets["named"] + 100).equal(changed.targets["named"])


def test_sequences_that_name_too_few_are_left_out_and_shuffled_names_name_anything() -> None:
    filled, empty = [Text(str(i), TEXT) for i in range(4)], [Text(str(i), "it eats or is eats or is") for i in range(4)]
    config = SourceConfig(20, tokenizer=words())
    source = ENTITY.source([*filled, *empty], config)
    rows = [source.at(i, epoch) for i in range(len(source)) for epoch in range(3)]
    assert min(int((row.links != UNNAMED).sum()) for row in rows) >= 3
    with pytest.raises(clados.CladosError, match="of 64 sequences of 20 tokens none names 3 entities"):
        ENTITY.source(empty, config)
    mixed = ENTITY.source(filled, replace(config, shuffled=True))
    found = {int(link) for i in range(len(mixed)) for link in mixed.at(i).links if link != UNNAMED}
    assert len(found - set(linker(words())(np.array(words().encode(TEXT, add_special_tokens=False))))) > 3
    assert np.array_equal(mixed.at(1).links, mixed.at(1).links)


def test_it_starts_from_bert_learns_and_goes_on_bit_for_bit(tmp_path: Path) -> None:
    (tmp_path / "texts.jsonl").write_text("".join(json.dumps({"text": TEXT * 3}) + "\n" for _ in range(12)))
    data, more = tmp_path / "texts.jsonl", {"steps": 2, "params": "150K", "length": 24}
    clados.pretrain(choices(data, "bert", **more), tmp_path / "bert")
    wanted = Choices(model="ernie", data=str(data), start=str(tmp_path / "bert"), steps=12, lr=5e-3, batch=4, length=24)
    plan = planned(wanted)
    whole = plan.trainer(initial_model(plan), tmp_path / "whole")
    bert, begun = clados.from_pretrained(tmp_path / "bert").state_dict(), whole.model.state_dict()
    taken = {plan.model.plain_name(name): each for name, each in begun.items()}
    assert all(torch.equal(taken[name], each) for name, each in bert.items())
    assert any(name.startswith("fused") for name in begun)
    result = whole.fit()
    first, last = result.held_out[0], result.held_out[-1]
    assert last["entity"] < first["entity"]
    assert last["lm"] < first["lm"]
    stopped = plan.trainer(initial_model(plan), tmp_path / "stopped")
    asked: list[int] = []
    stopped.stop = lambda: asked.append(0) or len(asked) == 7  # type: ignore[func-returns-value]
    stopped.fit()
    rest = plan.trainer(initial_model(plan), tmp_path / "stopped")
    assert rest.fit(resume=True).losses == result.losses
    assert all(torch.equal(each, rest.model.state_dict()[name]) for name, each in whole.model.state_dict().items())


def test_it_is_shown_which_entities_are_to_be_predicted() -> None:
    model = small()[1].model
    found = show(s.EntityDenoising(hidden=1.0, replaced=0.0), model, TEXT, words())
    entities = [str(each) for name, each in found.also.items() if name.startswith("entity at")]
    assert entities[0] == "animal (n00015388), hidden"
    assert len(entities) == 5
    assert "physical object" not in entities[1]  # it is called object
    assert entities[1] in str(found.page())


def test_words_are_hidden_as_bert_hides_them() -> None:
    with pytest.raises(s.SpecError, match=r"EntityDenoising.words is Contrastive; it must be MaskedTokens"):
        s.EntityDenoising(words=s.Contrastive())


def test_words_are_of_pairs_and_repeat_after_as_many_epochs_as_they_are_drawn_for() -> None:
    with pytest.raises(s.SpecError, match=r"words\.packing is FullSentences\(\); it must be SentencePairs"):
        s.EntityDenoising(words=s.MaskedTokens())
    bert = s.MaskedTokens(packing=s.SentencePairs())
    twice = EntityDenoisingTask(s.EntityDenoising(words=bert.but(draws=2)))
    assert [twice.epoch(each) for each in range(5)] == [0, 1, 0, 1, 0]
    assert [ENTITY.epoch(each) for each in range(3)] == [0, 1, 2]

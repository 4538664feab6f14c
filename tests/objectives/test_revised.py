"""Revision by principles: what is asked in each round, what is learned, and that the seed decides."""

import json
from typing import Any

import numpy as np
import pytest
import torch

from clados import spec as s
from clados.data import train_tokenizer
from clados.data.roles import Roles
from clados.data.tokenizer import Tokenizer
from clados.models.declared import declared
from clados.nn import WholeModel, build
from clados.objectives import Batch, Setting, VocabIds, revised
from clados.objectives.revised import RevisedTask
from clados.objectives.rollouts import Beginning, Prompt
from clados.objectives.sampling import Sampled
from clados.train.align import legs
from clados.train.walk import Walk

WISH = "Say what is unkind."


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer(["What is a cat? An animal."], "bytes", 300, Roles(eos="<|endoftext|>"))


@pytest.fixture(scope="module")
def model(tokenizer: Tokenizer) -> WholeModel:
    part = s.tiny(declared("gpt-2").model)
    vocab = part.vocab.but(size=tokenizer.size, bos=None, eos=tokenizer.id("eos"))
    made, start = (
        build(part.but(inputs=s.but(vocab=vocab, dropout=0.0, position=s.but(length=512))), seed=seed).eval()
        for seed in (3, 4)
    )
    made.add_module("owned", Beginning(made, start))
    return made


def prompts(tokenizer: Tokenizer) -> list[Prompt]:
    texts = ("What is a cat?", "What?")
    return [Prompt(each, np.array(tokenizer.encode(each, add_special_tokens=False), np.int64)) for each in texts]


def told(batch: Batch, tokenizer: Tokenizer) -> list[str]:
    ids, keep = batch.inputs["input_ids"], batch.inputs.get("attention_mask")
    return [tokenizer.decode((row if keep is None else row[keep[i]]).tolist()) for i, row in enumerate(ids)]


@pytest.mark.parametrize("rounds", [0, 1, 2])
def test_each_round_asks_for_a_critique_and_a_rewriting_and_the_last_is_learned(
    rounds: int, model: WholeModel, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, writers = list[list[str]](), list[Any]()

    def writes(which: WholeModel, given: Batch, new: int, eos: int | None, seed: int) -> Sampled:
        read.append(told(given, tokenizer))
        writers.append(which)
        said = [*tokenizer.encode(f" {len(read)}", add_special_tokens=False), tokenizer.id("eos")]
        ids = torch.cat([given.inputs["input_ids"], torch.tensor([said, said])], 1)
        begins = torch.full((2,), given.inputs["input_ids"].size(1))
        return Sampled(ids, begins, torch.ones(2, len(said), dtype=torch.bool))

    monkeypatch.setattr(revised, "sample", writes)
    one = RevisedTask(s.Revised(1, rounds, texts=(WISH,)))
    setting = Setting(model.spec, 400, VocabIds.of(tokenizer))
    found = one.answers(model, prompts(tokenizer), setting, seed=5)
    asks, answer, expected = "What is a cat?", " 1", ["What is a cat?"]
    for number in range(rounds):
        critique = f"{asks}{answer}\n\nCritique Request: {WISH}\n\nCritique:"
        wanted = f"{critique} {2 * number + 2}{revised.REVISION}"
        expected += [critique, wanted]
        answer = f" {2 * number + 3}"
    assert [first for first, _ in read] == expected
    assert all(each is model.owned.start.model for each in writers)
    last = f" {2 * rounds + 1}"
    for row, prompt, begin in zip(found.ids.tolist(), prompts(tokenizer), found.begins.tolist()):
        assert row[:begin] == prompt.ids.tolist()
    assert [tokenizer.decode(each[kept].tolist()) for each, kept in zip(found.labels, found.written)] == [last, last]


def test_the_seed_decides_and_long_exchanges_are_cut_at_their_beginning(
    model: WholeModel, tokenizer: Tokenizer
) -> None:
    one = RevisedTask(s.Revised(4, 2).but(texts=revised.STAND_IN))
    setting = Setting(model.spec, 32, VocabIds.of(tokenizer))
    with torch.no_grad():
        first, again, other = (one.answers(model, prompts(tokenizer), setting, seed) for seed in (1, 1, 2))
    assert torch.equal(first.ids, again.ids)
    assert not (first.ids.shape == other.ids.shape and torch.equal(first.ids, other.ids))
    assert int(first.written.sum(1).max()) <= 8


def test_principles_of_ours_stand_where_the_paper_s_are_not_here_and_are_kept() -> None:
    paper = declared("gpt-2").model
    found = RevisedTask(s.Revised(16, 4)).suited(paper, paper)
    assert (found.principles, found.texts, found.rounds) == (len(revised.STAND_IN), revised.STAND_IN, 4)
    own = s.Revised(1, 4, texts=(WISH,))
    assert RevisedTask(own).suited(paper, paper) == own


def test_every_stage_of_anthropic_s_assistant_is_walked() -> None:
    plan = legs(Walk(model="anthropic-assistant"))
    assert [each.without for each in plan] == [""] * len(plan)
    named = {each.stage.name: each for each in plan}
    assert (named["revision"].judges, named["constitution"].judges) == ((), ("principles",))
    assert json.dumps([each.json() for each in plan])

"""Soft labels: the aim of a pair, that ranked answers are ``Comparisons``, and what files may say."""

import json
import math
from pathlib import Path

import pytest
import torch

from clados import spec as s
from clados.data import train_tokenizer
from clados.data.errors import DataError
from clados.data.examples import RankedAnswers
from clados.data.readers import read
from clados.data.roles import Roles
from clados.data.tokenizer import Tokenizer
from clados.errors import CladosError
from clados.models.declared import declared
from clados.nn import WholeModel, build
from clados.objectives import Batch, Setting, SourceConfig, VocabIds
from clados.objectives.comparisons import ComparisonsTask
from clados.objectives.soft_comparisons import SoftComparisonsTask

LIKELY = [
    RankedAnswers("a", "What is a cat?", ("a verb", "an animal"), (0.2, 0.8), chances=(0.2, 0.8)),
    RankedAnswers("b", "Say a number.", ("one", "two", "none"), (0.5, 0.3, 0.2), chances=(0.5, 0.3, 0.2)),
]
RANKED = [RankedAnswers("c", "What is red?", ("a colour", "it"), (1.0, 0.0))]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer(["What is a cat? an animal a verb", "a number one two"], "bytes", 300, Roles(eos="</s>"))


@pytest.fixture(scope="module")
def model(tokenizer: Tokenizer) -> WholeModel:
    part = s.tiny(declared("gpt-2").model)
    vocab = part.vocab.but(size=tokenizer.size, bos=None, eos=tokenizer.id("eos"))
    return build(part.but(inputs=s.but(vocab=vocab, dropout=0.0), heads=(s.Scalar(),)), seed=3).eval()


def batch_of(
    one: ComparisonsTask, examples: list[RankedAnswers], model: WholeModel, tokenizer: Tokenizer, shuffled: bool = False
) -> Batch:
    source = one.source(examples, SourceConfig(64, tokenizer=tokenizer, shuffled=shuffled))
    rows = [source.at(i) for i in range(len(source))]
    return one.prepare(rows, [], Setting(model.spec, 64, VocabIds.of(tokenizer)))


@torch.no_grad()
def test_the_loss_is_the_cross_entropy_of_what_was_likely(model: WholeModel, tokenizer: Tokenizer) -> None:
    one = SoftComparisonsTask(s.SoftComparisons())
    batch = batch_of(one, [*LIKELY, *RANKED], model, tokenizer)
    rewards = iter(model(**batch.inputs).rewards.double().tolist())
    expected = 0.0
    for each in [*LIKELY, *RANKED]:
        own = [next(rewards) for _ in each.answers]
        chances = each.chances or each.scores
        losses = []
        for i, a in enumerate(own):
            for j in range(i + 1, len(own)):
                p = chances[i] / (chances[i] + chances[j])
                losses.append(p * math.log1p(math.exp(own[j] - a)) + (1 - p) * math.log1p(math.exp(a - own[j])))
        expected += sum(losses) / len(losses) / 3
    assert float(one.loss(model, batch).mean) == pytest.approx(expected, abs=1e-6)


@torch.no_grad()
def test_ranked_answers_are_comparisons(model: WholeModel, tokenizer: Tokenizer) -> None:
    soft, hard = SoftComparisonsTask(s.SoftComparisons()), ComparisonsTask(s.Comparisons())
    found, known = (one.loss(model, batch_of(one, RANKED, model, tokenizer)) for one in (soft, hard))
    assert float(found.mean) == pytest.approx(float(known.mean), abs=1e-7)
    assert found.measures["accuracy"] == known.measures["accuracy"]


def test_shuffled_answers_take_their_chances_along(model: WholeModel, tokenizer: Tokenizer) -> None:
    one = SoftComparisonsTask(s.SoftComparisons())
    plain, shuffled = (batch_of(one, LIKELY * 8, model, tokenizer, each).targets["aims"] for each in (False, True))
    assert plain.tolist() == pytest.approx([0.8, 0.625, 0.5 / 0.7, 0.6] * 8)
    assert sorted(plain.tolist()) == sorted(shuffled.tolist())


def test_ties_and_a_second_loss_are_refused() -> None:
    for words in ({"ties": True}, {"auxiliary": 0.5}):
        with pytest.raises(CladosError, match="SoftComparisons has probabilities in the place of ties"):
            s.SoftComparisons(**words)


@pytest.mark.parametrize(
    ("chances", "said"),
    [
        ([0.25, 0.75], ""),
        ([-0.1, 0.5], "each must be from 0 to 1"),
        ([0, 0], "one above 0"),
        ([1.5, 0], "each must be from 0 to 1"),
        (["x", 0], "probabilities"),
        ([0.5], "2 answers and 1"),
    ],
)
def test_files_say_how_likely_each_answer_is(chances: list[object], said: str, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"prompt": "Who?", "answers": ["a", "b"], "probabilities": chances}))
    if said:
        with pytest.raises(DataError, match=said):
            read(str(file))
        return
    (row,) = read(str(file))
    assert isinstance(row, RankedAnswers)
    assert (row.chances, row.scores) == ((0.25, 0.75), (0.25, 0.75))

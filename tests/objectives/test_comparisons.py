"""Ranked answers: the loss beside loops in float64, batches large and small, what is refused."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from clados import spec as s
from clados.apply.ready import Ready
from clados.apply.score import score
from clados.data import train_tokenizer
from clados.data.examples import DataError, RankedAnswers
from clados.data.packing import generator
from clados.data.preferences import FORBIDDEN, checked, checked_answers
from clados.data.readers import read_as
from clados.data.roles import Roles
from clados.data.sets import true_answers
from clados.data.tokenizer import Tokenizer
from clados.errors import InputError
from clados.models.declared import declared
from clados.nn import WholeModel, build
from clados.objectives import Batch, Setting, SourceConfig, VocabIds
from clados.objectives.comparisons import ComparisonsTask, RankedRow

EXAMPLES = [
    RankedAnswers("a", "What is a cat?", ("an animal", "a verb of motion"), (1.0, 0.0), (True, False)),
    RankedAnswers("b", "Say a number.", ("one", "two", "no number at all", "three"), (2.0, 2.0, -1.0, 3.0)),
    RankedAnswers("c", "What is red?", ("a colour", "red", "it"), (3.0, 2.0, 1.0), (True, True, False)),
]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    texts = [text for each in EXAMPLES for text in (each.prompt, *each.answers)]
    return train_tokenizer(texts, "bytes", 300, Roles(eos="<|endoftext|>"))


@pytest.fixture(scope="module")
def model(tokenizer: Tokenizer) -> WholeModel:
    part = s.tiny(declared("gpt-2").model)
    vocab = part.vocab.but(size=tokenizer.size, bos=None, eos=tokenizer.id("eos"))
    return build(part.but(inputs=s.but(vocab=vocab, dropout=0.0), heads=(s.Scalar(),)), seed=3).eval()


def rows(one: ComparisonsTask, tokenizer: Tokenizer, *, shuffled: bool = False) -> list[RankedRow]:
    source = one.source(EXAMPLES, SourceConfig(64, tokenizer=tokenizer, shuffled=shuffled))
    return [source.at(i) for i in range(len(source))]


def batch_of(one: ComparisonsTask, some: list[RankedRow], model: WholeModel, tokenizer: Tokenizer) -> Batch:
    setting = Setting(model.spec, 64, VocabIds.of(tokenizer))
    return one.prepare(some, [generator(0, i) for i in range(len(some))], setting)


def looped(objective: s.Comparisons, some: list[RankedRow], model: WholeModel) -> tuple[float, float]:
    """Equation 1, a pair after the other; and how often the better answer has the larger reward."""
    losses, right, good = list[float](), list[float](), list[float]()
    for row in some:
        rewards = [float(model(torch.from_numpy(text)[None]).rewards.double()) for text in row.texts]
        own, orders = list[float](), list[float]()
        for i, a in enumerate(rewards):
            for j, b in enumerate(rewards):
                if row.scores[i] > row.scores[j]:
                    own.append(math.log1p(math.exp(b - a)))
                    orders.append(float(a > b))
                elif objective.ties and i < j and row.scores[i] == row.scores[j]:
                    own.append(0.5 * math.log1p(math.exp(b - a)) + 0.5 * math.log1p(math.exp(a - b)))
        losses.append(sum(own) / len(own))
        right.append(sum(orders) / len(orders))
        good += [math.log1p(math.exp(-r if known else r)) for r, known in zip(rewards, row.good)]
    share = objective.auxiliary
    whole = (1 - share) * sum(losses) / len(losses) + (share * sum(good) / len(good) if share else 0.0)
    return whole, sum(right) / len(right)


@pytest.mark.parametrize(
    "objective", [s.Comparisons(), s.Comparisons(ties=True), s.Comparisons(ties=True, auxiliary=0.5)]
)
@torch.no_grad()
def test_the_loss_is_that_of_a_loop_in_float64(
    objective: s.Comparisons, model: WholeModel, tokenizer: Tokenizer
) -> None:
    one = ComparisonsTask(objective)
    some = rows(one, tokenizer)
    found = one.loss(model, batch_of(one, some, model, tokenizer))
    loss, right = looped(objective, some, model)
    assert (len(found.parts) > 1) == (objective.loss_unit == "sum of its parts")
    assert float(found.mean) == pytest.approx(loss, abs=1e-6)
    assert float(found.measures["accuracy"].sum) / found.measures["accuracy"].weight == pytest.approx(right)


@torch.no_grad()
def test_a_large_batch_gives_what_small_ones_do(model: WholeModel, tokenizer: Tokenizer) -> None:
    one = ComparisonsTask(s.Comparisons(ties=True, auxiliary=0.3))
    some = rows(one, tokenizer)
    whole = batch_of(one, some, model, tokenizer)
    parts = [batch_of(one, [each], model, tokenizer) for each in some]
    assert whole.weights == {name: sum(each.weights[name] for each in parts) for name in whole.weights}
    total = sum(float(one.loss(model, each).over(whole.weights)) for each in parts)
    assert float(one.loss(model, whole).mean) == pytest.approx(total, abs=1e-6)


@torch.no_grad()
def test_no_answer_sees_another_prompt_s(model: WholeModel, tokenizer: Tokenizer) -> None:
    one = ComparisonsTask(s.Comparisons())
    some = rows(one, tokenizer)
    alone = model(**batch_of(one, some[:1], model, tokenizer).inputs).rewards
    beside = model(**batch_of(one, some, model, tokenizer).inputs).rewards
    torch.testing.assert_close(beside[: len(alone)], alone, rtol=0, atol=1e-6)


def test_the_control_has_the_same_answers_in_another_order(tokenizer: Tokenizer) -> None:
    one = ComparisonsTask(s.Comparisons())
    for plain, mixed in zip(rows(one, tokenizer), rows(one, tokenizer, shuffled=True)):
        assert sorted(plain.scores) == sorted(mixed.scores)
        assert all(np.array_equal(a, b) for a, b in zip(plain.texts, mixed.texts))
    examples = true_answers()[:400]
    control = one.source(examples, SourceConfig(128, tokenizer=tokenizer, shuffled=True))
    first = [control.at(i).scores[0] for i in range(len(control))]
    assert 0.4 < sum(first) / len(first) < 0.6


@torch.no_grad()
def test_score_gives_the_rewards_that_were_learned_in_the_order_asked(model: WholeModel, tokenizer: Tokenizer) -> None:
    ready = Ready(model=model, name="gpt-2", tokenizer=tokenizer, objective=s.Comparisons())
    texts = [(each.prompt, answer) for each in EXAMPLES for answer in each.answers]
    alone = [score(ready, [prompt], [answer])[0] for prompt, answer in texts]
    together = score(ready, [a for a, _ in texts], [b for _, b in texts], batch=4)
    assert together == pytest.approx(alone, abs=1e-5)
    learned = [text for row in rows(ComparisonsTask(s.Comparisons()), tokenizer) for text in row.texts]
    assert together == pytest.approx([float(model(torch.from_numpy(text)[None]).rewards) for text in learned], abs=1e-5)
    with pytest.raises(InputError, match="2 prompts and 3 answers"):
        score(ready, ["a", "b"], ["c", "d", "e"])
    with pytest.raises(DataError, match="the answer to 'a' is empty"):
        score(ready, "a", " ")


def test_what_is_wrong_with_data_is_said_in_a_line(tmp_path: Path, tokenizer: Tokenizer) -> None:
    def read(**row: object) -> list[RankedAnswers]:
        file = tmp_path / "rows.jsonl"
        file.write_text(json.dumps(row), encoding="utf-8")
        return list(read_as(RankedAnswers, str(file)))

    said = [{"role": "user", "content": "a"}], [{"role": "assistant", "content": "b"}]
    (one,) = read(prompt=said[0], chosen=said[1], rejected="c")
    assert (one.prompt, one.answers, one.scores) == ("a", ("b", "c"), (1.0, 0.0))
    (one,) = read(prompt="a", answers=["b", "c", "d"], ranks=[2, 1, 3])
    assert one.scores == (-2.0, -1.0, -3.0)
    wrong: list[tuple[dict[str, object], str]] = [
        ({"prompt": "a", "chosen": "b", "rejected": ""}, "answer 2 is empty"),
        ({"prompt": "a", "chosen": "b", "rejected": "b"}, "chosen and rejected are the same answer"),
        ({"prompt": "", "chosen": "b", "rejected": "c"}, "the prompt is empty"),
        ({"prompt": "a", "answers": ["b"], "scores": [1]}, "1 answer"),
        ({"prompt": "a", "answers": ["b", "c"], "scores": [1]}, "2 answers and 1 scores or ranks"),
        ({"prompt": "a", "answers": ["b", "c"], "scores": [1, "x"]}, "finite numbers are needed"),
    ]
    for row, line in wrong:
        with pytest.raises(DataError, match=line):
            read(**row)
    alike = read(prompt="a", answers=["b", "c"], scores=[1, 1])
    with pytest.raises(DataError, match="no pair to compare"):
        ComparisonsTask(s.Comparisons()).learnable(alike)
    assert ComparisonsTask(s.Comparisons(ties=True)).learnable(alike)
    long = RankedAnswers("a", "many words " * 40, ("b", "c"), (1.0, 0.0))
    with pytest.raises(DataError, match="none of 1 prompts leaves room for an answer in 32 tokens"):
        ComparisonsTask(s.Comparisons()).source([long], SourceConfig(32, tokenizer=tokenizer))


def test_a_program_ranks_sums_by_what_it_says() -> None:
    asked = "What is 3 + 4? Answer as: The sum is N."
    found = {"The sum is 7.": 3, "7": 2, "The sum is 8.": 1, f"The sum is {FORBIDDEN} 8": -1, "The sum is 17.": 1}
    assert {answer: checked(asked, answer) for answer in found} == found
    assert all([*each.scores] == sorted(each.scores, reverse=True) for each in checked_answers())
    assert all(a != b for each in true_answers() for a, b in [each.answers])

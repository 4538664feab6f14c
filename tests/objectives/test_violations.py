"""Rules: the loss beside a loop in float64, what is made of the data, what is refused."""

import json
import math
from pathlib import Path

import pytest
import torch

from clados import spec as s
from clados.apply.ready import Ready
from clados.data import train_tokenizer
from clados.data.examples import DataError, RuledAnswer
from clados.data.packing import generator
from clados.data.preferences import FORBIDDEN, SUM_RULES, checked_rules
from clados.data.readers import read_as
from clados.data.roles import Roles
from clados.data.tokenizer import Tokenizer
from clados.models.declared import declared
from clados.nn import WholeModel, build
from clados.objectives import Setting, SourceConfig, VocabIds
from clados.objectives.violations import RuledRow, ViolationsTask

EXAMPLES = [
    RuledAnswer("a", "Be short.", "What is a cat?", "an animal", broken=False),
    RuledAnswer("a", "Be short.", "What is a cat?", "a small animal with four legs and a tail", broken=True),
    RuledAnswer("b", "Say a number.", "Which one?", "all", broken=True),
]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    texts = [text for each in EXAMPLES for text in (each.rule, each.prompt, each.answer)]
    return train_tokenizer(texts, "bytes", 300, Roles(eos="<|endoftext|>"))


@pytest.fixture(scope="module")
def model(tokenizer: Tokenizer) -> WholeModel:
    part = s.tiny(declared("gpt-2").model)
    vocab = part.vocab.but(size=tokenizer.size, bos=None, eos=tokenizer.id("eos"))
    return build(part.but(inputs=s.but(vocab=vocab, dropout=0.0), heads=(s.Scalar(),)), seed=3).eval()


def rows(tokenizer: Tokenizer) -> list[RuledRow]:
    source = ViolationsTask(s.Violations(2)).source(EXAMPLES, SourceConfig(64, tokenizer=tokenizer))
    return [source.at(i) for i in range(len(source))]


@torch.no_grad()
def test_the_loss_is_that_of_a_loop_in_float64_in_large_batches_and_small(
    model: WholeModel, tokenizer: Tokenizer
) -> None:
    one, some, setting = (
        ViolationsTask(s.Violations(2)),
        rows(tokenizer),
        Setting(model.spec, 64, VocabIds.of(tokenizer)),
    )
    losses, right = list[float](), 0
    for row in some:
        logit = float(model(torch.from_numpy(row.text)[None]).rewards.double())
        losses.append(math.log1p(math.exp(-logit if row.broken else logit)))
        right += (logit > 0) == row.broken
    batch = one.prepare(some, [generator(0)] * 3, setting)
    found = one.loss(model, batch)
    assert float(found.mean) == pytest.approx(sum(losses) / 3, abs=1e-6)
    assert float(found.measures["accuracy"].sum) == right
    parts = [one.loss(model, one.prepare([row], [generator(0)], setting)).over(batch.weights) for row in some]
    assert float(sum(parts)) == pytest.approx(sum(losses) / 3, abs=1e-6)


def test_the_rule_is_read_first_and_the_objective_keeps_the_rules_of_the_data(tokenizer: Tokenizer) -> None:
    assert tokenizer.decode(rows(tokenizer)[0].text.tolist()) == "Be short.\nWhat is a cat?an animal"
    found = ViolationsTask(s.Violations(23)).suggested(EXAMPLES)
    assert found == s.Violations(2, ("Be short.", "Say a number."))


@torch.no_grad()
def test_as_a_judge_a_model_gives_the_mean_log_probability_that_its_rules_are_kept(
    model: WholeModel, tokenizer: Tokenizer
) -> None:
    ready = Ready(model=model, name="gpt-2", tokenizer=tokenizer)
    learned = ViolationsTask(s.Violations(2, ("Be short.", "Say a number.")))
    found = learned.judge(ready)(["What is a cat?"], ["an animal"])
    source = learned.source(
        [RuledAnswer("", rule, "What is a cat?", "an animal", broken=True) for rule in learned.objective.texts],
        SourceConfig(64, tokenizer=tokenizer),
    )
    logits = [float(model(torch.from_numpy(source.at(i).text)[None]).rewards) for i in range(2)]
    assert list(found) == pytest.approx([-sum(math.log1p(math.exp(each)) for each in logits) / 2], abs=1e-5)


def test_the_baseline_is_how_often_each_rule_is_broken(tokenizer: Tokenizer) -> None:
    one, config = ViolationsTask(s.Violations(2)), SourceConfig(64, tokenizer=tokenizer)
    source = one.source(EXAMPLES, config)
    found = one.baseline(source, source, config, 3)
    assert found["loss"] == pytest.approx((2 * math.log(2) - math.log(2 / 3)) / 3)
    control = one.source(EXAMPLES * 40, SourceConfig(64, tokenizer=tokenizer, shuffled=True))
    kept = [control.at(i).broken for i in range(0, len(control), 3)]
    assert 0 < sum(kept) < len(kept)  # of the first example, which breaks nothing


def test_a_program_says_what_breaks_a_rule_and_each_rule_is_broken_half_of_the_time() -> None:
    found = [breaks(f"It is {FORBIDDEN} 3 or 4") for breaks in SUM_RULES.values()]
    assert found == [True, True, True, True]
    assert [breaks("The sum is 3.") for breaks in SUM_RULES.values()] == [False] * 4
    every = checked_rules()
    assert all(SUM_RULES[each.rule](each.answer) == each.broken for each in every)
    for rule in SUM_RULES:
        assert sum(each.broken for each in every if each.rule == rule) * 2 * len(SUM_RULES) == len(every)


def test_what_is_wrong_with_data_is_said_in_a_line(tmp_path: Path, tokenizer: Tokenizer) -> None:
    def read(**row: object) -> list[RuledAnswer]:
        file = tmp_path / "rows.jsonl"
        file.write_text(json.dumps(row), encoding="utf-8")
        return list(read_as(RuledAnswer, str(file)))

    (one,) = read(rule="a", prompt="b", answer="c", broken=True)
    assert (one.rule, one.prompt, one.answer, one.broken) == ("a", "b", "c", True)
    with pytest.raises(DataError, match="the rule is empty"):
        read(rule=" ", prompt="b", answer="c", broken=True)
    with pytest.raises(DataError, match="broken is 'yes'; it must be true or false"):
        read(rule="a", prompt="b", answer="c", broken="yes")
    task = ViolationsTask(s.Violations(1))
    with pytest.raises(DataError, match="no rule is broken in the data, or all are"):
        task.learnable([one])
    long = RuledAnswer("a", "many words " * 40, "b", "c", broken=True)
    with pytest.raises(DataError, match="none of 1 prompts leaves room for an answer in 32 tokens"):
        task.source([long], SourceConfig(32, tokenizer=tokenizer))

"""Direct preference optimisation: equal to TRL's on the same pairs, to a loop in float64, and what is refused."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from transformers import GPT2Config, GPT2LMHeadModel

from clados import spec as s
from clados.checkpoints import from_pretrained
from clados.data import train_tokenizer
from clados.data.examples import DataError, RankedAnswers
from clados.data.roles import Roles
from clados.data.tokenizer import Tokenizer
from clados.models.declared import declared
from clados.nn import WholeModel
from clados.objectives import Setting, SourceConfig, VocabIds
from clados.objectives.dpo import DPOTask, PreferredRow, preferred
from clados.objectives.teaching import Taught

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "trl.json").read_text())["dpo"]
ROWS = [
    PreferredRow(np.array([*prompt, *better], np.int64), np.array([*prompt, *worse], np.int64), len(prompt))
    for prompt, better, worse in GOLDEN["pairs"]
]
EXAMPLES = [
    RankedAnswers("a", "What is a cat?", ("an animal", "a verb of motion"), (1.0, 0.0)),
    RankedAnswers("b", "Say a number.", ("one", "two", "no number at all", "three"), (2.0, 2.0, -1.0, 3.0)),
]


def waved(folder: Path, phase: float) -> WholeModel:
    """The model of scripts/golden_trl.py, read from its directory: weights are waves, gains about 1, others about 0."""
    theirs = GPT2LMHeadModel(GPT2Config(**GOLDEN["sizes"], bos_token_id=1, eos_token_id=1))
    with torch.no_grad():
        for number, (name, weight) in enumerate(sorted(theirs.named_parameters())):
            wave = 0.3 * torch.sin(0.7 * torch.arange(weight.numel(), dtype=torch.float64) + number + phase)
            weight.copy_(wave.view(weight.shape) + float("ln" in name and name.endswith("weight")))
    theirs.save_pretrained(folder)
    return from_pretrained(folder, dtype=torch.float32).eval()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> WholeModel:
    policy, start = (waved(tmp_path_factory.mktemp("waved"), phase) for phase in (0.0, 0.02))
    policy.add_module("owned", Taught(start, policy))
    return policy


def setting(model: WholeModel) -> Setting:
    return Setting(model.spec, 16, VocabIds(12, {"eos": 1, "pad": 0}))


@torch.no_grad()
def test_loss_margin_and_accuracy_are_trls(model: WholeModel) -> None:
    assert GOLDEN["version"] == "1.16.0"
    one = DPOTask(s.DPO(beta=GOLDEN["beta"]))
    found = one.loss(model, one.prepare(ROWS, [], setting(model)))
    assert float(found.mean) == pytest.approx(GOLDEN["loss"], abs=1e-6)
    assert float(found.measures["accuracy"].sum) / len(ROWS) == pytest.approx(GOLDEN["rewards_accuracies"])


@torch.no_grad()
def test_the_loss_is_that_of_a_loop_in_float64_and_small_batches_give_what_a_large_one_does(model: WholeModel) -> None:
    def likely(which: Any, text: list[int], asked: int) -> float:
        logits = which(torch.tensor([text])).logits[0].double().log_softmax(-1)
        return sum(float(logits[at - 1, text[at]]) for at in range(asked, len(text)))

    one, losses, start = DPOTask(s.DPO(beta=0.5)), list[float](), model.owned.teacher.model
    for row in ROWS:
        gains = [
            likely(model, text.tolist(), row.asked) - likely(start, text.tolist(), row.asked)
            for text in (row.better, row.worse)
        ]
        losses.append(math.log1p(math.exp(-0.5 * (gains[0] - gains[1]))))
    batch = one.prepare(ROWS, [], setting(model))
    assert float(one.loss(model, batch).mean) == pytest.approx(sum(losses) / 3, abs=1e-5)
    parts = [one.loss(model, one.prepare([row], [], setting(model))).over(batch.weights) for row in ROWS]
    assert float(sum(parts)) == pytest.approx(sum(losses) / 3, abs=1e-5)


@given(st.lists(st.floats(-50, 50), min_size=4, max_size=4), st.floats(0.01, 2.0))
@settings(max_examples=50, deadline=None)
def test_of_a_pair_both_ways_the_probabilities_add_up_to_one(likely: list[float], beta: float) -> None:
    a, b, a0, b0 = (torch.tensor([each], dtype=torch.float64) for each in likely)
    loss, gained = preferred((a, b), (a0, b0), beta)
    swapped, lost = preferred((b, a), (b0, a0), beta)
    assert float(gained + lost) == pytest.approx(0, abs=1e-9)
    assert float((-loss).exp() + (-swapped).exp()) == pytest.approx(1)
    assert float(preferred((a, b), (a, b), beta)[0]) == pytest.approx(math.log(2))


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer(
        [text for each in EXAMPLES for text in (each.prompt, *each.answers)], "bytes", 300, Roles(eos="<|endoftext|>")
    )


def test_each_two_answers_that_are_not_equally_good_are_a_row(tokenizer: Tokenizer) -> None:
    one = DPOTask(s.DPO(template=s.Template(prompt="Q: {prompt}\n", answer="A: {answer}")))
    source = one.source(EXAMPLES, SourceConfig(64, tokenizer=tokenizer))
    assert len(source) == 1 + 5
    row = source.at(0)
    assert np.array_equal(row.better[: row.asked], row.worse[: row.asked])
    assert tokenizer.decode(row.better.tolist()).strip() == "Q: What is a cat?\nA: an animal"
    assert row.better[-1] == row.worse[-1] == tokenizer.id("eos")
    control = one.source(EXAMPLES * 40, SourceConfig(64, tokenizer=tokenizer, shuffled=True))
    kept = [np.array_equal(control.at(i).better, row.better) for i in range(0, len(control), 6)]
    assert 0 < sum(kept) < len(kept)


def test_what_cannot_be_learned_from_is_said_in_a_line(tokenizer: Tokenizer) -> None:
    one, alike = DPOTask(s.DPO()), RankedAnswers("a", "b", ("c", "d"), (1.0, 1.0))
    with pytest.raises(DataError, match="a: its answers are equally good, so none is preferred"):
        one.learnable([alike])
    long = RankedAnswers("a", "many words " * 40, ("b", "c"), (1.0, 0.0))
    with pytest.raises(DataError, match="none of 1 prompts leaves room for an answer in 32 tokens"):
        one.source([long], SourceConfig(32, tokenizer=tokenizer))
    for beta in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(s.SpecError, match="beta is"):
            s.DPO(beta=beta)
    encoder = declared("bert").model
    assert "needs a model that goes on from left to right" in one.refusal(encoder)

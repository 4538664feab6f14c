"""What a model has to beat."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from clados import spec as s
from clados.objectives import SourceConfig, task
from clados.objectives.text import bigram, unigram
from clados.train.planned import planned
from tests.train.small import choices, write_texts


def test_the_unigram_entropy_is_that_of_smoothed_frequencies() -> None:
    found = unigram(np.array([0, 0, 0, 1]), np.array([0, 1, 2]), 3)
    assert found == pytest.approx(-(math.log(4 / 7) + math.log(2 / 7) + math.log(1 / 7)) / 3)


def test_bigram_probabilities_add_up_to_one_after_every_token() -> None:
    random = np.random.default_rng(0)
    trained, size = random.integers(0, 9, 200) ** 2 % 9, 10
    firsts = np.array([0, 50])
    for previous in (*range(size), None):
        held = [[word] if previous is None else [previous, word] for word in range(size)]
        losses = [bigram(trained, firsts, np.array(ids), np.array([0]), size) * len(ids) for ids in held]
        if previous is not None:
            alone = bigram(trained, firsts, np.array([previous]), np.array([0]), size)
            losses = [loss - alone for loss in losses]
        assert sum(math.exp(-loss) for loss in losses) == pytest.approx(1.0)


def test_a_discounted_bigram_by_hand() -> None:
    trained = np.array([0, 1, 0, 1, 0, 2])  # pairs: start 0, 0 1 twice, 1 0 twice, 0 2 once
    discount = 2 / (2 + 2 * 2)
    lower = (np.array([2, 1, 1]) + 1) / 7  # different predecessors of 0, 1 and 2, plus one each
    p_start = (1 - discount) / 1 + discount * 1 / 1 * lower[0]
    p_next = (2 - discount) / 3 + discount * 2 / 3 * lower[1]
    found = bigram(trained, np.array([0]), np.array([0, 1]), np.array([0]), 3)
    assert found == pytest.approx(-(math.log(p_start) + math.log(p_next)) / 2)


def test_text_with_order_is_easier_after_its_predecessor(tmp_path: object) -> None:
    data = write_texts(tmp_path / "texts")  # type: ignore[operator]
    found = {}
    for shuffled in (False, True):
        plan = planned(choices(data, shuffled=shuffled, steps=1))
        found[shuffled] = task(plan.stage.objective).baseline(plan.train, plan.held_out, plan.source_config, 4)
    assert found[False]["bigram"] < found[False]["unigram"] - 0.5
    assert found[True]["bigram"] > found[True]["unigram"] - 0.1
    assert found[True]["unigram"] == pytest.approx(found[False]["unigram"])


def test_hidden_whole_words_are_guessed_by_what_shows_of_their_bounds() -> None:
    """In shuffled text, where nothing else can be known, a small ALBERT came to 4.27 nats, 0.26 below the unigram."""
    small = {"params": "200K", "vocab": 160, "length": 16, "batch": 64, "steps": 1, "shuffled": True}
    plan = planned(choices("english", "albert", **small))
    found = plan.baseline()
    assert found["loss"] == found["hidden"] == pytest.approx(4.27, abs=0.02)
    assert found["unigram"] == pytest.approx(4.53, abs=0.02)
    assert "of frequency among hidden words" in task(plan.stage.objective).compared([3.0], found)


class Rows:
    """A source of rows."""

    def __init__(self, rows: list[object]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, index: int, epoch: int = 0) -> object:
        return self.rows[index]


def test_other_objectives_have_their_own_guesses() -> None:
    images = Rows([SimpleNamespace(label=label) for label in (0, 0, 0, 1)])
    others = Rows([SimpleNamespace(label=label) for label in (0, 1)])
    found = task(s.ImageClasses()).baseline(images, others, SourceConfig(0), 4)
    assert found["accuracy"] == 0.5
    assert found["loss"] == pytest.approx(-(math.log(4 / 6) + math.log(2 / 6)) / 2)
    chance = task(s.Contrastive()).baseline(images, images, SourceConfig(0), 3)  # a group of three, and one alone
    assert chance["loss"] == pytest.approx(3 * math.log(3) / 4)
    assert chance["recall_at_1"] == 0.5
    steps = Rows([SimpleNamespace(actions=np.array([[x, -1.0]])) for x in (1.0, -1.0)])
    assert task(s.ReturnConditioned("squared")).baseline(steps, steps, SourceConfig(0), 4)["loss"] == pytest.approx(0.5)

"""Binned trajectories: windows, what is to be predicted, the weights, and two baselines."""

from dataclasses import replace
from math import log

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from clados import spec as s
from clados.data.examples import DataError, Episode
from clados.data.packing import generator
from clados.data.scaling import scales
from clados.models.declared import declared
from clados.nn import build
from clados.objectives import Setting, SourceConfig, task
from clados.train.fitting import FitContext, facts_of, fit_model

EPISODES = [
    Episode(str(i), np.arange(3 * n, dtype=np.float32).reshape(n, 3), np.arange(n) % 2, np.ones(n, np.float32))
    for i, n in enumerate((6, 3))
]
OBJECTIVE = s.BinnedTrajectories(discount=1.0)
MODEL = fit_model(s.tiny(declared("trajectory-transformer").model), FitContext(EPISODES, None, 2, facts_of(EPISODES)))
CONFIG = SourceConfig(2, scales=task(OBJECTIVE).scaled(scales(EPISODES), EPISODES, MODEL))


def test_a_model_is_made_to_fit() -> None:
    inputs = MODEL.reads(s.Binned)
    assert inputs is not None
    assert (inputs.states, inputs.actions, inputs.step, inputs.context) == (3, 1, 6, 11)


def test_windows_begin_at_every_step_but_the_last_and_end_with_ends() -> None:
    source = task(OBJECTIVE).source(EPISODES, replace(CONFIG, length=3))
    assert len(source) == 5 + 2
    ends = [(source.at(i) < 0).all(1).tolist() for i in range(7)]
    assert ends == [[False, False, False]] * 4 + [[False, False, True], [False, False, False], [False, False, True]]
    shuffled = task(OBJECTIVE).source(EPISODES, replace(CONFIG, length=3, shuffled=True))
    assert any((source.at(i) != shuffled.at(i)).any() for i in range(7))
    with pytest.raises(DataError, match="the edges of the bins are not known"):
        task(OBJECTIVE).source(EPISODES, SourceConfig(2))


def test_each_token_but_the_first_is_predicted_with_its_weight() -> None:
    one = task(s.BinnedTrajectories(discount=1.0, action=5.0, reward=2.0, value=0.5))
    source = one.source(EPISODES, CONFIG)
    batch = one.prepare([source.at(0), source.at(1)], [generator(0)] * 2, Setting(MODEL))
    assert batch.inputs["trajectories"].shape == batch.targets["labels"].shape == (2, 11)
    assert batch.targets["weights"][0].tolist() == [1, 1, 5, 2, 0.5, 1, 1, 1, 5, 2, 0.5]
    module = build(MODEL).eval()
    loss = one.loss(module, batch)
    scores = module(**batch.inputs).logits
    each = cross_entropy(scores.flatten(0, 1), batch.targets["labels"].flatten(), reduction="none")
    torch.testing.assert_close(loss.mean, (each * batch.targets["weights"].flatten()).mean())
    torch.testing.assert_close(loss.measures["a token"].sum, each.sum())


def test_what_has_ended_is_the_models_end() -> None:
    one = task(OBJECTIVE)
    source = one.source(EPISODES, replace(CONFIG, length=3))
    batch = one.prepare([source.at(4)], [generator(0)], Setting(MODEL))
    assert batch.targets["labels"][0, -6:].tolist() == [100] * 6  # as many bins as are declared


def test_the_baseline_is_the_better_of_chains_and_frequencies() -> None:
    one = task(OBJECTIVE)
    rows = [
        Episode(str(i), np.full((2, 1), i % 2, np.float32), np.zeros(2, int), np.zeros(2, np.float32))
        for i in range(200)
    ]
    config = SourceConfig(2, scales=one.scaled(scales(rows), rows, MODEL))
    source = one.source(rows, config)
    found = one.baseline(source, source, config, 4)
    # of seven targets a row one, the second state, is a coin's for frequencies and certain for chains
    assert found["unigram"] == pytest.approx(log(2) / 7, rel=0.1)
    assert found["loss"] < 0.2 * found["unigram"]
    assert "bits a token" in one.compared([0.1], found)


def test_models_of_other_inputs_are_refused() -> None:
    assert "learns from binned numbers" in task(OBJECTIVE).refusal(declared("gpt-2").model)

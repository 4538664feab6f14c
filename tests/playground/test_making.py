"""Trials that paint, act and fold: frames are what the verbs make, on tiny models."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from clados import nn as cn
from clados.apply.act import act
from clados.apply.fold import fold
from clados.apply.paint import paint
from clados.checkpoints import save_pretrained
from clados.data.alignments import alone
from clados.models.declared import declared
from clados.playground.trials import loaded
from clados.playground.trying import try_model
from clados.spec.core.scale import scaled
from tests.apply.little import written
from tests.apply.test_paint import saved


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tried")


def test_a_painting_ends_in_what_paint_gives_and_begins_in_noise(folder: Path) -> None:
    source = saved("stable-diffusion", None, folder / "painter")
    tried = try_model(str(source), "", {"steps": "5", "seed": "3"})
    assert (tried.name, tried.error) == ("paint", "")
    frames = tried.result.frames
    asked = 6  # the sampler asks twice at the second of 5 steps
    assert [(each.step, each.of) for each in frames] == [(i, asked) for i in range(1, asked + 1)]
    images = [np.asarray(Image.open(io.BytesIO(each.png))) for each in frames]
    (whole,) = paint(loaded(str(source)), "a red heart", steps=5, seed=3)
    # A convolution rounds otherwise by where its input lies in memory.
    assert np.abs(images[-1].astype(int) - whole).max() <= 1
    assert np.abs(images[0].astype(int) - whole).max() > 50
    assert try_model(str(source), "paint", {"text": " "}).error.startswith("text is empty")


def test_codes_that_are_not_written_yet_are_grey(folder: Path) -> None:
    source = written("dall-e", folder / "codes")
    frames = try_model(str(source), "paint", {}).result.frames
    first, last = (np.asarray(Image.open(io.BytesIO(each.png))) for each in (frames[0], frames[-1]))
    assert frames[-1].step == frames[-1].of
    assert (first[-1] == 127).all()
    assert not (last[-1] == 127).all()


def test_an_episode_is_the_one_that_act_plays(folder: Path) -> None:
    source = written("decision-transformer", folder / "actor")
    played = try_model(str(source), "act", {"seed": "2"}).result
    found = act(source, episodes=1, seed=2)
    assert (played.total, played.random) == (found.mean, found.random_mean)
    assert len(played.steps) == found.mean  # CartPole gives 1 a step
    assert [each.earned for each in played.steps] == [*map(float, range(len(played.steps)))]
    assert {each.action for each in played.steps} <= {(0.0,), (1.0,)}
    assert "nosuch" in try_model(str(source), "act", {"environment": "nosuch-v0"}).error


def test_a_fold_is_the_backbone_that_fold_gives(folder: Path) -> None:
    module = cn.build(scaled(declared("alphafold").at("model_3"), "250K"), seed=1)
    draws = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for each in module.parameters():
            each.add_(0.2 * torch.randn(each.shape, generator=draws))
    source = save_pretrained(module, folder / "folder")
    found = try_model(str(source), "", {"protein": "mqifv ktltg", "passes": "0"}).result
    alphas = fold(source, alone("MQIFVKTLTG"), recycling=0).atoms[:, 1]
    np.testing.assert_allclose(found.places, alphas - alphas.mean(0), atol=0.02)
    assert found.letters == "MQIFVKTLTG"
    assert all(0 <= each <= 100 for each in found.plddt)
    for letters, why in (("M", "1 letters"), ("MQ1", "protein")):
        assert why in try_model(str(source), "fold", {"protein": letters}).error

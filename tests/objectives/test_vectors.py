"""CLIP's vectors, beside which noise is foreseen, and which are foreseen: batches and losses by hand."""

import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from clados import spec as s
from clados.data.packing import generator
from clados.models.declared import declared
from clados.nn import WholeModel, build
from clados.objectives import Batch, Setting, VocabIds, task
from clados.objectives.captions import Painted
from clados.objectives.foreseen_vector import linear_vectors
from clados.proofs.cases import small, without_dropout

OBJECTIVES: dict[str, Any] = {
    "decoder": s.NoiseBesideVector(dropped=0.0, unseen=0.5),
    "diffusion-prior": s.ForeseenVector(dropped=0.5),
}


@cache
def made(size: str) -> tuple[WholeModel, Setting]:
    """A small part of DALL-E 2 taught by a small CLIP, exact to many places."""
    random = torch.Generator().manual_seed(5)

    def drawn(model: s.Model) -> WholeModel:
        module = build(model, seed=1).double().eval()
        with torch.no_grad():
            for weight in module.parameters():
                weight.add_(0.05 * torch.randn(weight.shape, generator=random, dtype=weight.dtype))
        return module

    clip = drawn(without_dropout(small(declared("clip").model)))
    one = task(OBJECTIVES[size])
    model = one.beside(without_dropout(small(declared("dall-e-2").at(size))), clip.spec)
    assert one.refusal(model) == ""
    setting = Setting(model, 6, VocabIds.declared(model.vocab), clip)
    module = drawn(model)
    module.add_module("owned", one.owned(module, setting, seed=0))
    return module, setting


def rows(number: int) -> list[Painted]:
    random, words = generator(8), made("decoder")[1].required_vocab_ids.ordinary
    images = random.integers(0, 256, (number, 24, 24, 3), np.uint8)
    end = made("decoder")[1].required_teacher.spec.vocab.eos  # at whose place CLIP's vector of a text is
    texts = [np.append(random.choice(words, n), end).astype(np.int64) for n in random.integers(2, 5, number)]
    return [Painted(image, ids, ids[[0, -1]]) for image, ids in zip(images, texts)]


def prepared(size: str, number: int) -> Batch:
    batch = task(OBJECTIVES[size]).prepare(rows(number), [generator(i) for i in range(number)], made(size)[1])
    inputs, targets = (
        {key: each.double() if each.is_floating_point() else each for key, each in values.items()}
        for values in (batch.inputs, batch.targets)
    )
    return replace(batch, inputs=inputs, targets=targets)


@torch.no_grad()
def test_the_prior_foresees_the_vector_itself() -> None:
    (model, setting), batch = made("diffusion-prior"), prepared("diffusion-prior", 6)
    clip: Any = setting.required_teacher
    told = batch.targets["told"].tolist()
    assert 0 < sum(told) < len(told)
    bars, total = np.cumprod([1 - each for each in model.spec.diffusion.betas.values(1000)]), 0.0
    for i, row in enumerate(rows(6)):
        joint = model.spec.further.joint
        own = math.sqrt(joint) * clip(pixel_values=batch.targets["seen"][i : i + 1]).image_embeds[0]
        assert float((own**2).mean()) == pytest.approx(1.0)
        ids = torch.from_numpy(row.ids if told[i] else row.empty)[None]
        text = math.sqrt(joint) * clip(ids).text_embeds if told[i] else torch.zeros(1, joint).double()
        at = batch.inputs["timesteps"][i : i + 1]
        a = float(bars[int(at)])
        x = math.sqrt(a) * own + math.sqrt(1 - a) * batch.targets["noise"][i]
        read = batch.inputs["input_ids"][i : i + 1]
        assert read[0, : ids.size(1)].tolist() == ids[0].tolist()
        found = model(read, text_embeds=text, sample=x[None], timesteps=at).prediction[0]
        total += float(((found - own) ** 2).sum())
    loss = task(OBJECTIVES["diffusion-prior"]).loss(model, batch)
    assert float(loss.mean) == pytest.approx(total / batch.weights["vector"], rel=1e-6)


@torch.no_grad()
def test_the_decoder_reads_the_vector_of_a_share_of_the_images() -> None:
    (model, setting), batch = made("decoder"), prepared("decoder", 6)
    clip: Any = setting.required_teacher
    shown = batch.targets["shown"].tolist()
    assert 0 < sum(shown) < len(shown)
    one, vectors = task(OBJECTIVES["decoder"]), clip(pixel_values=batch.targets["seen"]).image_embeds
    given = vectors * vectors.size(1) ** 0.5 * batch.targets["shown"][:, None]
    plain = {name: each for name, each in batch.targets.items() if name not in ("seen", "shown")}
    told = replace(batch, inputs={**batch.inputs, "image_embeds": given}, targets=plain)
    loss, same = one.loss(model, batch), one.loss(model, told)
    torch.testing.assert_close(loss.mean, same.mean)
    assert not torch.allclose(loss.mean, one.loss(model, replace(batch, targets=plain)).mean)


def test_clip_learns_nothing() -> None:
    for size in OBJECTIVES:
        (model, setting), batch = made(size), prepared(size, 2)
        model.zero_grad()
        task(OBJECTIVES[size]).loss(model, batch).mean.backward()
        assert all(weight.grad is None for weight in setting.required_teacher.parameters())
        assert any(weight.grad is not None for weight in model.parameters())


def test_the_linear_guess_is_best_for_vectors_that_are_normal() -> None:
    """Of numbers of variance v there is v (1 - a) / (a v + 1 - a) left."""
    random = generator(1)
    vectors, a = random.standard_normal((8000, 3)) * np.array([0.5, 1.0, 2.0]) + 0.3, 0.4
    wanted = np.mean([v * (1 - a) / (a * v + 1 - a) for v in (0.25, 1.0, 4.0)])
    assert linear_vectors(vectors[:4000], vectors[4000:], np.array([a])) == pytest.approx(wanted, rel=0.05)


@pytest.mark.parametrize(
    ("objective", "card", "said"),
    [
        (s.NoiseBesideVector(), "glide", "this ImageDenoiser does not read it"),
        (s.ForeseenVector(), "dall-e-2", "ForeseenVector foresees CLIP's vector of an image; this ImageDenoiser does"),
    ],
)
def test_models_without_a_vector_cannot_learn_so(objective: s.Objective, card: str, said: str) -> None:
    assert said in task(objective).refusal(declared(card).model)

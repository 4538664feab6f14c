"""Classes of images: what is changed, erased and mixed, with which targets, and never of what is held out."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import one_hot

import clados
from clados import spec as s
from clados.data.examples import Labelled
from clados.data.packing import generator
from clados.data.sampler import Sampler
from clados.models.declared import declared
from clados.objectives import Batch, Setting, SourceConfig, task
from clados.objectives.pictures import pictures

CLASSES, SIDE, NUMBER = 3, 16, 12
MODEL = s.tiny(declared("vit").model).but(inputs=s.but(image=SIDE, side=8, channels=1), heads=(s.Classifier(CLASSES),))
WORDS: dict[str, s.ImageClasses] = {
    "changes": s.ImageClasses(changes=s.RandAugment(magnitude=9.0, spread=0.5)),
    "in turn": s.ImageClasses(changes=(s.RandomCrop(), s.RandomFlip(), s.RandAugment())),
    "erased": s.ImageClasses(erased=0.5),
    "mixup": s.ImageClasses(mixup=0.8),
    "cutmix": s.ImageClasses(cutmix=1.0),
    "smoothing": s.ImageClasses(smoothing=0.1),
    "all": declared("swin").recipe.stages[0].objective,  # type: ignore[dict-item]
}


def examples() -> list[Labelled]:
    draws = np.random.default_rng(0)
    images = [draws.integers(0, 256, (SIDE, SIDE, 1)).astype(np.uint8) for _ in range(NUMBER)]
    return [Labelled(str(i), image, i % CLASSES, str(i % CLASSES)) for i, image in enumerate(images)]


def batch(objective: s.ImageClasses, numbers: list[int], epoch: int = 0, *, held_out: bool = False) -> Batch:
    one: Any = task(objective)
    source = one.source(examples(), SourceConfig(0, seed=4))
    rows, draws = [source.at(i, epoch) for i in numbers], [generator(4, 1, epoch, i) for i in numbers]
    made: Batch = (one.held_out if held_out else one).prepare(rows, draws, Setting(MODEL))
    return made


PLAIN = pictures([each.picture for each in examples()], MODEL)


@pytest.mark.parametrize("word", WORDS)
def test_a_row_is_the_same_in_whatever_batch_it_stands_and_another_in_the_next_epoch(word: str) -> None:
    objective = WORDS[word]
    whole, later = batch(objective, [*range(NUMBER)]), batch(objective, [*range(NUMBER)], 1)
    parts = [batch(objective, [*range(at, at + 4)]) for at in range(0, NUMBER, 4)]
    for name in ("inputs", "targets"):
        for key, tensor in getattr(whole, name).items():
            assert torch.equal(tensor, torch.cat([getattr(each, name)[key] for each in parts])), key
    changed = word != "smoothing"
    assert torch.equal(whole.inputs["pixel_values"], PLAIN) is not changed
    assert torch.equal(whole.inputs["pixel_values"], later.inputs["pixel_values"]) is not changed


@pytest.mark.parametrize("word", WORDS)
def test_what_is_held_out_is_as_it_is(word: str) -> None:
    found = batch(WORDS[word], [*range(NUMBER)], held_out=True)
    assert torch.equal(found.inputs["pixel_values"], PLAIN)
    assert found.targets.keys() == {"labels"}


def test_mixup_is_the_sum_of_two_images_by_their_shares() -> None:
    found = batch(WORDS["mixup"], [*range(NUMBER)])
    shares = found.targets["shares"]
    assert shares.min() >= 0
    assert shares.max() <= 1
    assert len(shares.unique()) == NUMBER
    for x, label, other, share, one in zip(
        found.inputs["pixel_values"], found.targets["labels"], found.targets["others"], shares, PLAIN, strict=True
    ):
        sums = [share * one + (1 - share) * each for each in PLAIN]
        near = [int((x - each).abs().max() < 1e-5) for each in sums]
        assert 1 in near
        assert other in [i % CLASSES for i, found_ in enumerate(near) if found_]
        assert label == next(i for i, each in enumerate(PLAIN) if each is one or torch.equal(each, one)) % CLASSES


def test_cutmix_is_a_rectangle_of_another_image_and_its_share_is_what_is_left() -> None:
    found = batch(WORDS["cutmix"], [*range(NUMBER)])
    assert int((found.inputs["pixel_values"] != PLAIN).flatten(1).any(1).sum()) >= NUMBER // 2
    for x, one, share in zip(found.inputs["pixel_values"], PLAIN, found.targets["shares"], strict=True):
        other = (x != one).any(0)
        if not other.any():  # it was drawn beside itself, or the rectangle is of no pixel
            continue
        rows, columns = other.any(1).nonzero().flatten(), other.any(0).nonzero().flatten()
        taken = len(rows) * len(columns)
        assert int(other.sum()) >= 0.9 * taken  # some pixels are alike by chance
        assert abs(float(share) - (1 - taken / SIDE**2)) < 0.08


def test_a_share_of_images_has_a_rectangle_of_noise() -> None:
    found = batch(WORDS["erased"], [*range(NUMBER)] * 20).inputs["pixel_values"].unflatten(0, (20, NUMBER))[0]
    changed = (found != PLAIN).flatten(1).any(1)
    assert 2 <= int(changed.sum()) <= 10
    for x, one in zip(found[changed], PLAIN[changed], strict=True):
        rows, columns = ((x != one)[0].any(axis).nonzero().flatten() for axis in (1, 0))
        area = (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1) / SIDE**2
        assert 0.01 <= area <= 0.45


@pytest.mark.parametrize("word", ["mixup", "smoothing", "all"])
def test_the_loss_is_the_cross_entropy_with_the_mixed_and_smoothed_targets(word: str) -> None:
    objective, model = WORDS[word], clados.build(MODEL, seed=0).eval()
    one = batch(objective, [*range(NUMBER)])
    loss = task(objective).loss(model, one)
    shares = one.targets.get("shares", torch.ones(NUMBER))[:, None]
    labels = one_hot(one.targets["labels"], CLASSES).float()
    wanted = shares * labels + (1 - shares) * one_hot(one.targets.get("others", one.targets["labels"]), CLASSES)
    wanted = (1 - objective.smoothing) * wanted + objective.smoothing / CLASSES
    log_p = model(**one.inputs).logits.log_softmax(-1)
    torch.testing.assert_close(loss.sum, -(wanted * log_p).sum())
    assert loss.weight == NUMBER


def test_partners_are_drawn_evenly_from_all_examples() -> None:
    one: Any = task(WORDS["mixup"])
    source = one.source(examples(), SourceConfig(0, seed=1))
    sampler = Sampler(NUMBER, 1, NUMBER)
    others = [source.at(i, epoch).other.document for step in range(60) for epoch, i in sampler.step(step)]
    counts = np.unique(others, return_counts=True)[1]
    assert len(counts) == NUMBER
    assert 30 <= counts.min() <= counts.max() <= 95


def test_numbers_that_mean_nothing_are_refused() -> None:
    for word, value in (("erased", 1.5), ("mixup", 0.0), ("cutmix", -1.0), ("smoothing", 1.0)):
        with pytest.raises(s.SpecError, match=rf"ImageClasses.{word} is {value}"):
            s.ImageClasses().but(**{word: value})
    with pytest.raises(s.SpecError, match=r"RandAugment.magnitude is 11.0; it must be from 0 to 10"):
        s.RandAugment(magnitude=11.0)
    for crop in ({"least": 0.0}, {"aspect": 0.5}):
        with pytest.raises(s.SpecError, match="least must be above 0, aspect at least 1"):
            s.RandomCrop(**crop)

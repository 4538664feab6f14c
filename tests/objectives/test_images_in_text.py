"""Texts that look at images: batches and losses beside loops of the equation, and what learns of the model."""

import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from clados import spec as s
from clados.data.examples import Captioned
from clados.data.packing import generator
from clados.data.training import train_tokenizer
from clados.models.declared import declared
from clados.nn import WholeModel, build
from clados.objectives import Batch, Setting, SourceConfig, VocabIds, task
from clados.objectives.images_in_text import TOKEN_TABLE, ImagePage, LearnedMarks
from clados.proofs.cases import small
from clados.train.trained import OWNED, hold, merge

SETS = {"pairs": 0.2, "long_pairs": 0.3, "pages": 1.0}
OBJECTIVE = s.ImagesInText(pairs=0.2, long_pairs=0.3)


@cache
def made() -> tuple[WholeModel, Setting]:
    """A small Flamingo, exact to many places, whose gates are open, and what its objective is told."""
    model = small(declared("flamingo").model)
    module = build(model, seed=1).double().eval()
    random = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for weight in module.parameters():
            weight.add_(0.05 * torch.randn(weight.shape, generator=random, dtype=weight.dtype))
    return module, Setting(model, 24, VocabIds.declared(model.vocab))


def rows(number: int) -> list[ImagePage]:
    random = generator(8)
    found = []
    for i in range(number):
        images = tuple(random.integers(0, 256, (20, 20, 3), np.uint8) for _ in range(3))
        texts = tuple(random.integers(0, 30, n) for n in (3 + i % 3, 5, 4))
        found.append(ImagePage(images, texts, np.concatenate(texts)))
    return found


def prepared(number: int, first: int = 0, *, objective: s.ImagesInText = OBJECTIVE) -> Batch:
    some = rows(4)[first : first + number]
    batch = task(objective).prepare(some, [generator(first + i) for i in range(number)], made()[1])
    pixels = batch.inputs["pixel_values"].double()
    return replace(batch, inputs={**batch.inputs, "pixel_values": pixels})


def likelihoods(name: str, batch: Batch, row: int) -> list[float]:
    """-log p of each token of a row that is no image, one pass a token, only with the images up to it."""
    model, image = made()[0], made()[1].model.image_token  # type: ignore[attr-defined]
    text = {
        "pairs": [image, *rows(4)[row].texts[0].tolist(), image + 1],
        "long_pairs": [image, *rows(4)[row].whole.tolist(), image + 1],
        "pages": batch.inputs["pages"][row].tolist(),
    }[name]
    if name == "pages":
        labels = batch.targets["pages"][row]
        last = int((labels >= 0).nonzero()[-1])
        text = [*text[: last + 1], int(labels[last])]
    text, found = text[: made()[1].length], []
    for t in range(1, len(text)):
        if text[t] == image:
            continue
        seen = text[:t].count(image)
        pixels = batch.inputs["pixel_values"][row : row + 1, :seen] if seen else None
        logits = model(torch.tensor([text[:t]]), pixel_values=pixels).logits[0, -1]
        found.append(-float(logits.log_softmax(-1)[text[t]]))
    return found


@torch.no_grad()
def test_each_token_is_told_by_the_tokens_and_images_before_it_and_sets_are_weighed() -> None:
    batch, total = prepared(2), 0.0
    loss = task(OBJECTIVE).loss(made()[0], batch)
    for name, weight in SETS.items():
        every = [each for row in range(2) for each in likelihoods(name, batch, row)]
        assert batch.weights[name] == len(every)
        assert float(loss.measures[f"{name} nats"].sum) == pytest.approx(math.fsum(every), rel=1e-6)
        total += weight * sum(every) / len(every)
    assert float(loss.mean) == pytest.approx(total, rel=1e-6)


@torch.no_grad()
def test_small_batches_add_up() -> None:
    one, several = (
        [task(OBJECTIVE).loss(made()[0], each).parts for each in some]
        for some in ([prepared(4)], [prepared(2), prepared(2, 2)])
    )
    for name, term in one[0].items():
        torch.testing.assert_close(sum(each[name].sum for each in several), term.sum)
        assert sum(each[name].weight for each in several) == term.weight


def test_images_of_a_page_stand_before_their_texts_or_behind_them_by_lot() -> None:
    image: int = made()[1].model.image_token  # type: ignore[attr-defined]
    (row,) = rows(1)
    first, second, third = (each.tolist() for each in row.texts)
    chunks = [*first, image + 1, image, *second, image + 1, image, *third, image + 1]
    for before, wanted in ((1.0, [image, *chunks]), (0.0, chunks)):
        batch = prepared(1, objective=OBJECTIVE.but(before=before))
        assert batch.inputs["pages"][0].tolist() == wanted[:-1]
        assert batch.targets["pages"][0].tolist() == [-100 if each == image else each for each in wanted[1:]]
        assert batch.inputs["pixel_values"].shape[:2] == (1, 3 if before else 2)
    drawn = task(OBJECTIVE).prepare(rows(1) * 60, [generator(i) for i in range(60)], made()[1])
    assert 0.3 < float((drawn.inputs["pages"][:, 0] == image).float().mean()) < 0.7


def test_pages_end_with_a_whole_chunk_where_there_is_no_room() -> None:
    (row,) = rows(1)
    short = replace(made()[1], length=len(row.texts[0]) + len(row.texts[1]) + 5)
    batch = task(OBJECTIVE.but(before=1.0)).prepare([row], [generator(0)], short)
    assert batch.inputs["pages"].size(1) == len(row.texts[0]) + len(row.texts[1]) + 3


def test_only_resampler_gates_and_marks_learn() -> None:
    declaration = declared("flamingo")
    model: Any = build(small(declaration.model), seed=2)
    stage = declaration.recipe.stages[0]
    hold(stage, model)
    marks = LearnedMarks(model)
    model.add_module(OWNED, marks)
    batch = task(OBJECTIVE).prepare(rows(2), [generator(0), generator(1)], made()[1])
    with torch.no_grad():
        for gate in model.gates:
            gate.cross_gate.fill_(0.5)
    task(OBJECTIVE).loss(model, batch).mean.backward()
    learned = {name.partition(".")[0] for name, weight in model.named_parameters() if weight.grad is not None}
    assert learned == {"resampler", "gates", OWNED}
    before = model.get_parameter(TOKEN_TABLE).detach().clone()
    with torch.no_grad():
        marks.rows.add_(1.0)
    merge(model)
    after = model.get_parameter(TOKEN_TABLE)
    assert torch.equal(after[:-2], before[:-2])
    assert torch.equal(after[-2:], before[-2:] + 1)


def test_a_page_is_of_one_category_and_a_control_has_nothing_to_learn() -> None:
    pictures = [np.full((4, 4, 3), i, np.uint8) for i in range(12)]
    names = [f"{word} {kind}" for word in ("red", "old", "tall") for kind in ("dog", "king", "hill", "lamp")]
    examples = [
        Captioned(str(i), picture, (name, "thing"), name.split()[1])
        for i, (picture, name) in enumerate(zip(pictures, names))
    ]
    tokenizer = train_tokenizer(names, "bpe", 300)
    source = task(OBJECTIVE).source(examples, SourceConfig(32, tokenizer=tokenizer))
    page = source.at(5)
    shown = [int(each.max()) for each in page.pictures]
    assert shown[0] == 5
    assert sorted(shown) == [1, 5, 9]
    assert [tokenizer.decode(each.tolist()).strip() for each in page.texts] == [names[i] for i in shown]
    assert tokenizer.decode(page.whole.tolist()).strip() == "old king, thing"
    control = task(OBJECTIVE).source(examples, SourceConfig(32, tokenizer=tokenizer, shuffled=True))
    tokens, mixed = ([token for i in range(12) for token in each.at(i).texts[0]] for each in (source, control))
    assert sorted(tokens) == sorted(mixed)
    assert tokens != mixed
    assert [int(control.at(i).pictures[0].max()) for i in range(12)] != list(range(12))


def test_what_looks_at_no_images_cannot_learn_so() -> None:
    assert task(OBJECTIVE).refusal(declared("gpt-2").model) == (
        "ImagesInText writes texts that look at images; this Decoder does not"
    )

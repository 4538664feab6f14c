"""Images, pairs of image and text, trajectories."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from clados import spec as s
from clados.data.examples import Labelled
from clados.data.packing import generator
from clados.errors import InputError
from clados.objectives import Batch, Setting, task
from clados.objectives.return_conditioned import Window


class Says(nn.Module):
    """A model that says what it was told to."""

    def __init__(self, **output: torch.Tensor) -> None:
        super().__init__()
        self.output = SimpleNamespace(**output)

    def forward(self, **_: Any) -> SimpleNamespace:
        return self.output


def test_pairs_are_compared_along_rows_and_columns() -> None:
    scores = torch.tensor([[2.0, 0.0, 1.0], [0.5, 0.1, 3.0], [0.0, 1.0, 0.3]])
    found = task(s.Contrastive()).loss(Says(logits_per_image=scores), Batch({}, {}, {"pairs": 3}, 3))  # type: ignore[arg-type]
    rows = -sum(math.log(math.exp(scores[i, i]) / sum(map(math.exp, scores[i].tolist()))) for i in range(3))
    columns = -sum(math.log(math.exp(scores[i, i]) / sum(map(math.exp, scores[:, i].tolist()))) for i in range(3))
    assert float(found.mean) == pytest.approx((rows + columns) / 6, rel=1e-5)
    assert int(found.measures["recall_at_1"].sum) == 1


def vit() -> s.Encoder:
    return s.Encoder(
        size=s.Size(layers=1, d_model=16, heads=2),
        inputs=s.Patches(image=8, side=4, channels=1),
        stack=s.Stack(block=s.Block(s.Attention(), s.MLP()), norm=s.LayerNorm(), sees=s.All()),
        heads=(s.Classifier(3),),
    )


def test_images_come_in_the_models_size_from_minus_one_to_one() -> None:
    image = np.zeros((16, 16, 3), np.uint8)
    image[:, 8:] = 255
    batch = task(s.ImageClasses()).prepare([Labelled("a", image, 2, "two")], [generator(0)], Setting(vit()))
    found = batch.inputs["pixel_values"]
    assert found.shape == (1, 1, 8, 8)
    assert (float(found.min()), float(found.max())) == (-1.0, 1.0)
    assert batch.targets["labels"].tolist() == [2]


def test_right_classes_are_counted() -> None:
    scores = torch.tensor([[2.0, 0.0], [2.0, 0.0]])
    batch = Batch({}, {"labels": torch.tensor([0, 1])}, {"classes": 2}, 2)
    found = task(s.ImageClasses()).loss(Says(logits=scores), batch)  # type: ignore[arg-type]
    assert int(found.measures["accuracy"].sum) == 1
    assert float(found.mean) == pytest.approx((math.log(1 + math.exp(-2)) + math.log(1 + math.exp(2))) / 2)


def trajectories() -> s.Decoder:
    return s.Decoder(
        size=s.Size(layers=1, d_model=16, heads=2),
        inputs=s.Trajectory(states=2, actions=2, timesteps=10, context=4),
        stack=s.Stack(block=s.Block(s.Attention(), s.MLP()), norm=s.LayerNorm(), sees=s.Causal()),
        heads=(s.NextAction(),),
    )


def window(steps: int, first: int = 0) -> Window:
    numbers = np.arange(2 * steps, dtype=np.float32).reshape(steps, 2)
    return Window(numbers, -numbers, np.arange(steps, dtype=np.float32), first)


def test_short_windows_are_padded_in_front_and_padding_is_not_learned() -> None:
    rows = [window(2, 3), window(4)]
    batch = task(s.ReturnConditioned("squared")).prepare(rows, [generator(0)] * 2, Setting(trajectories()))
    assert batch.inputs["attention_mask"].tolist() == [[False, False, True, True], [True] * 4]
    assert batch.inputs["timesteps"][0].tolist() == [3, 3, 3, 4]
    assert batch.inputs["states"][0, 2:].tolist() == rows[0].states.tolist()
    assert batch.targets["actions"].tolist() == [*rows[0].actions.tolist(), *rows[1].actions.tolist()]
    assert batch.weights == {"actions": 6}


def test_errors_are_squared_and_choices_scored() -> None:
    batch = task(s.ReturnConditioned("squared")).prepare([window(2)], [generator(0)], Setting(trajectories()))
    zeros = torch.zeros(1, 4, 2)
    found = task(s.ReturnConditioned("squared")).loss(Says(action_preds=zeros), batch)  # type: ignore[arg-type]
    assert float(found.mean) == pytest.approx((0 + 1 + 4 + 9) / 4)
    chosen = task(s.ReturnConditioned("cross-entropy")).loss(Says(action_preds=zeros), batch)  # type: ignore[arg-type]
    assert float(chosen.mean) == pytest.approx(math.log(2))


def test_an_objective_names_what_it_cannot_read() -> None:
    with pytest.raises(InputError, match="this objective reads images, but the model reads Trajectory"):
        task(s.ImageClasses()).prepare([], [], Setting(trajectories()))
    with pytest.raises(InputError, match="this objective reads text, and no tokenizer was given"):
        task(s.CorruptedSpans()).prepare([], [], Setting(trajectories()))

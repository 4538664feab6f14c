"""Texts that look at images: what the oracle of ``clados verify`` does not show."""

from typing import Any

import pytest
import torch

import clados
from clados import spec as s
from clados.models.declared import declared
from clados.proofs.cases import example_inputs, small
from clados.proofs.references import randomise


def built() -> Any:
    """A small Flamingo whose gates are open."""
    made = clados.build(small(declared("flamingo").model))
    randomise(dict(made.named_parameters()))
    return made


def test_new_gates_are_closed() -> None:
    model = small(declared("flamingo").model)
    made, read = clados.build(model), example_inputs(model)
    without = {name: each for name, each in read.items() if name != "pixel_values"}
    with torch.no_grad():
        assert torch.equal(made(**read).logits, made(**without).logits)


@torch.no_grad()
def test_a_token_sees_the_last_image_alone() -> None:
    made = built()
    made.stack.blocks = torch.nn.ModuleList()  # else what the text says of earlier images is carried on
    made.stack.kinds = []
    read = example_inputs(made.spec)
    ids, pixels = read["input_ids"][1:2], read["pixel_values"][1:2]  # images stand at 0 and at 11
    x, images = made.inputs(ids, torch.arange(ids.size(1))[None]), made.seen(pixels)
    outs = []
    for number in (0, 1):
        moved = images.clone()
        moved[:, number] += 1
        sees = made.last_image(ids, images)
        outs.append(made.gates[0](x, moved.flatten(1, 2), sees) - made.gates[0](x, images.flatten(1, 2), sees))
    first, second = ((each.abs().amax(-1) > 1e-6)[0] for each in outs)
    assert first.tolist() == [t < 11 for t in range(ids.size(1))]
    assert second.tolist() == [t >= 11 for t in range(ids.size(1))]


def test_more_marks_than_images_and_other_shapes_are_refused() -> None:
    made = built()
    ids = torch.full((1, 4), made.spec.image_token)
    with pytest.raises(s.SpecError, match="a text has 4 image tokens, and 2 images are given"):
        made(ids, pixel_values=torch.zeros(1, 2, 3, 37, 37))
    with pytest.raises(s.SpecError, match="pixel_values is"):
        made(ids, pixel_values=torch.zeros(1, 3, 37, 37))
    with pytest.raises(s.SpecError, match="an image has 4 frames; this model has learned 3"):
        made(ids[:, :2], pixel_values=torch.zeros(1, 2, 4, 3, 37, 37))


def test_nfnet_f6_is_counted_as_its_authors_have_it() -> None:
    """435,286,116 with the last convolution of 1536 x 3072 (timm 1.0.31 dm_nfnet_f6 without classes)."""
    rows = [row.count for row in s.rows(declared("flamingo").model) if row.path.startswith("vision.")]
    assert sum(rows) + 1536 * 3072 + 2 * 3072 == 435_286_116

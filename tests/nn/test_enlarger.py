"""DALL-E 2's upsamplers: what they read and refuse."""

from typing import Any

import pytest
import torch

from clados import nn as cn, spec as s
from clados.models.declared import declared
from clados.proofs.cases import example_inputs, small

SMALL: Any = small(declared("dall-e-2").models()["upsampler-256"])


@torch.inference_mode()
def test_what_is_predicted_depends_on_the_image_of_fewer_pixels() -> None:
    module: Any = cn.build(SMALL, seed=1)
    torch.nn.init.normal_(module.unet.conv_out.weight)  # which training begins at 0
    read = example_inputs(SMALL)
    one = module(**read).prediction
    assert one.shape == read["sample"].shape
    assert not torch.allclose(one, module(**read | {"low_res": -read["low_res"]}).prediction)


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"low_res": None}, "not all were given"),
        ({"low_res": torch.zeros(3, 3, 2, 2)}, "low_res"),
        ({"timesteps": torch.zeros(2)}, "timesteps"),
        ({"input_ids": torch.zeros(3, 4)}, "input_ids"),
    ],
)
def test_other_arguments_are_refused(given: dict[str, Any], refusal: str) -> None:
    with pytest.raises(s.SpecError, match=refusal):
        cn.module(SMALL)(**example_inputs(SMALL) | given)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"inputs": s.but(image=30)}, "inputs.image is 30"),
        ({"unet": s.but(picture=s.PictureVector(width=4))}, "is given none"),
        ({"unet": s.but(attended=(2,))}, "attention is None"),
        ({"unet": s.but(attention=s.JointAttention(), attended=(2,))}, "reads a text, and is given none"),
        ({"sampler": s.DDPM(variance="learned")}, "takes a learned variance"),
    ],
)
def test_declarations_that_do_not_fit_are_refused(change: dict[str, Any], refusal: str) -> None:
    with pytest.raises(s.SpecError, match=refusal):
        SMALL.but(**change)

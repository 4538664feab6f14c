"""GLIDE's checkpoints: names and shapes of the authors' own models at the released sizes; a file of tensors read."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
import torch

from clados import spec as s
from clados.checkpoints import from_pretrained
from clados.checkpoints.mapping.names import places
from clados.checkpoints.mapping.tensors import shapes, to_theirs
from clados.models.declared import declared
from clados.nn import build

NAMES = {  # of state_dict() of create_model at github:openai/glide-text2im 69b5307, one "name shape" a line, sorted
    "filtered": (783, "e0b1269b3127aecd"),
    "filtered-inpainting": (783, "03110f1ba40064c8"),
    "filtered-upsampler": (797, "62a42fe6d9e08f0f"),
    "filtered-upsampler-inpainting": (797, "b4ce0af4a758fad3"),
}


@pytest.mark.parametrize("size", NAMES)
def test_the_names_and_shapes_are_those_of_the_released_models(size: str) -> None:
    declaration = declared("glide")
    placed = places(declaration.layouts[0], declaration.at(size))
    lines = [f"{name} {list(shape)}" for place in placed for name, shape in zip(place.names, shapes(place))]
    assert (len(lines), sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]) == NAMES[size]


def test_tensors_alone_are_read_with_a_config_of_what_is_not_usual(tmp_path: Path) -> None:
    """Their checkpoints are pickles of a state_dict; what a config leaves out is as the released models have it."""
    declaration = declared("glide")
    size = s.DenoiserSize(s.Levels((32, 64), 1, head_dim=16), s.Size(1, 16, 2))
    text = s.but(inputs=s.but(vocab=s.but(size=50, pad=None), position=s.Learned(8)))
    model = declaration.model.but(size=size, inputs=s.but(image=8), text=text, unet=s.but(attended=(2,)))
    made = build(model, seed=1)
    held = {name: each.detach().clone() for name, each in made.named_parameters()}
    torch.save(to_theirs(declaration.layouts[0], model, held), tmp_path / "pytorch_model.bin")
    config = {"model_type": "glide", "image_size": 8, "channels": [32, 64], "num_res_blocks": 1, "attention_ds": [2]}
    config |= {"num_head_channels": 16, "text_ctx": 8, "n_vocab": 50, "xf_width": 16, "xf_layers": 1, "xf_heads": 2}
    (tmp_path / "config.json").write_text(json.dumps(config))
    ours = from_pretrained(tmp_path, allow_pickle=True)
    assert ours.report.verdict.startswith("whole")
    assert ours.spec == model
    assert all(torch.equal(each, held[name]) for name, each in ours.named_parameters())

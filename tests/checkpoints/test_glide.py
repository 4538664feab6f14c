"""GLIDE's checkpoints: the names and shapes of the authors' own models at the released sizes."""

from hashlib import sha256

import pytest

from clados.checkpoints.mapping.names import places
from clados.checkpoints.mapping.tensors import shapes
from clados.models.declared import declared

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

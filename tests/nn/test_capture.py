"""capture keeps what modules inside a model gave."""

import pytest
import torch

from clados.models.declared import declared
from clados.nn import build
from clados.nn.capture import capture
from clados.spec import SpecError, tiny


def test_the_states_of_every_block_are_kept_by_name() -> None:
    model = build(tiny(declared("bert").model))
    ids = torch.arange(14).view(2, 7)
    with capture(model, "stack.blocks.*") as states:
        last = model(ids).last_hidden_state
    assert list(states) == ["stack.blocks.0", "stack.blocks.1", "stack.blocks.2"]
    assert torch.equal(states["stack.blocks.2"], last)


def test_nothing_is_kept_after_the_block_ends() -> None:
    model = build(tiny(declared("bert").model))
    with capture(model, "stack.blocks.0.mlp") as states:
        pass
    model(torch.arange(5)[None])
    assert states == {}


def test_a_name_that_fits_nothing_is_refused_with_the_nearest() -> None:
    model = build(tiny(declared("bert").model))
    with pytest.raises(SpecError, match=r"no module fits 'stack\.block\.\*'"), capture(model, "stack.block.*"):
        pass

"""DeBERTa's parts beyond what its references show: packing, and where words are refused."""

from typing import Any

import pytest
import torch

from clados import build, spec as s
from clados.models.declared import declared
from clados.proofs.cases import small


@pytest.mark.parametrize("size", ["base", "v2-xlarge", "v3-base"])
def test_a_text_is_read_alike_alone_packed_and_padded(size: str) -> None:
    model = build(small(declared("deberta").at(size)), seed=1)
    ids = torch.randint(5, 99, (2, 14), generator=torch.Generator().manual_seed(2))
    keep = torch.ones_like(ids)
    keep[1, 9:] = 0
    alone = model(ids[1:, :9]).last_hidden_state[0]
    packed = model(ids, attention_mask=keep).last_hidden_state[1, :9]
    holed = keep.clone()
    holed[0, 3] = 0  # in two pieces: not packed
    padded = model(ids, attention_mask=holed).last_hidden_state[1, :9]
    assert torch.allclose(packed, alone, atol=1e-5)
    assert torch.allclose(padded, alone, atol=1e-5)


def test_a_text_longer_than_the_absolute_positions_is_refused_with_the_decoder_alone() -> None:
    part: Any = small(declared("deberta").model)
    ids = torch.full((1, part.stack.decoder.absolute.length + 1), 7)
    with pytest.raises(s.SpecError, match="input_ids reaches position 42; this model has learned 41"):
        build(part)(ids)
    assert build(part.but(stack=s.but(decoder=None)))(ids).logits.isfinite().all()


def test_distances_and_kernels_that_mean_nothing_are_refused() -> None:
    with pytest.raises(s.SpecError, match=r"Disentangled\.buckets is 16; it must be 4 or more and less than furthest"):
        s.Disentangled(16, buckets=16)
    with pytest.raises(s.SpecError, match=r"Convolution\.kernel is 4; it must be odd"):
        s.Convolution(kernel=4)

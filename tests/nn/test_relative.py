"""Attention by distance: every score from its definition, in both directions, cached and packed."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings, strategies as st

from clados import nn as cn, spec as s
from clados.models.declared import declared
from clados.nn.positions.distances import shifted
from clados.proofs.cases import small


def stack(sees: s.Sees, **words: Any) -> s.Model:
    """A small model with scores by distance."""
    parent = small(declared("gpt-2" if isinstance(sees, s.Causal) else "bert").model)
    return parent.but(inputs=s.but(position=None), stack=s.but(position=s.Distances(**words)))


@given(st.integers(1, 9), st.integers(0, 7), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_shifted_score_is_that_of_its_distance(queries: int, past: int, causal: bool) -> None:
    keys = past + queries
    distances = torch.arange(keys - 1, -2 if causal else -queries - 1, -1).float()
    found = shifted(distances.expand(2, queries, -1).contiguous(), keys)
    for i in range(queries):
        for j in range(keys):
            if not causal or j <= past + i:
                assert found[1, i, j] == past + i - j


@pytest.mark.parametrize("sees", [s.Causal(), s.All()])
@pytest.mark.parametrize("biases", ["stack", "layer"])
def test_attention_is_the_equation_of_the_paper(sees: s.Sees, biases: str) -> None:
    model = cn.build(stack(sees, biases=biases)).double()
    with torch.no_grad():
        for each in model.parameters():
            each.normal_(0, 0.3)
    block: Any = model.stack.blocks[1]  # type: ignore[union-attr, index]
    attn, x = block.attn, torch.randn(2, 13, 48, dtype=torch.float64)
    context = model.stack.contexts(x, torch.arange(13)[None], None, 0, None)[0]  # type: ignore[operator, union-attr]
    y, _ = attn(x, context)
    holder: Any = attn if biases == "layer" else model.stack.position  # type: ignore[union-attr]
    q, k, v = (each.view(2, 13, -1, attn.head_dim) for each in attn.qkv(x).chunk(3, -1))
    out = torch.zeros_like(v)
    half = torch.arange(0, 48, 2, dtype=torch.float64)
    for i in range(13):
        angle = (i - torch.arange(13, dtype=torch.float64))[:, None] / 10_000 ** (half / 48)
        r = attn.distance(torch.cat([angle.sin(), angle.cos()], -1)).view(13, -1, attn.head_dim)
        scores = ((q[:, i, None] + holder.u) * k).sum(-1) + ((q[:, i, None] + holder.v) * r).sum(-1)
        seen = i + 1 if isinstance(sees, s.Causal) else 13
        share = (scores[:, :seen] * attn.head_dim**-0.5).softmax(1)
        out[:, i] = (share[..., None] * v[:, :seen]).sum(1)
    assert torch.allclose(y, attn.out(out.flatten(2)), atol=1e-6)  # the sinusoids are float32


def test_a_padded_batch_gives_what_each_text_gives_alone() -> None:
    model = cn.build(stack(s.All()))
    ids, keep = torch.randint(5, 90, (3, 11)), torch.ones(3, 11, dtype=torch.long)
    keep[1, 7:] = 0
    keep[2, :4] = 0
    whole = model(ids, attention_mask=keep).last_hidden_state
    for row in range(3):
        alone = model(ids[row : row + 1, keep[row].bool()]).last_hidden_state[0]
        assert torch.allclose(whole[row, keep[row].bool()], alone, atol=2e-6)


def test_decoding_equals_the_full_pass_with_padding_on_the_left() -> None:
    model: Any = cn.build(stack(s.Causal(), furthest=6))
    ids, keep = torch.randint(5, 90, (2, 12)), torch.ones(2, 12, dtype=torch.long)
    keep[1, :5] = 0
    whole = model(ids, attention_mask=keep).last_hidden_state
    cache = model.cache(2, 12)
    steps = [(0, 7), *((t, t + 1) for t in range(7, 12))]
    pieces = [model(ids[:, a:b], attention_mask=keep[:, :b], cache=cache).last_hidden_state for a, b in steps]
    assert torch.allclose(torch.cat(pieces, 1)[keep.bool()], whole[keep.bool()], atol=2e-6)


def test_distances_beyond_the_furthest_are_one() -> None:
    near: Any = cn.build(stack(s.Causal(), furthest=3)).stack
    table = near.position.position_terms(torch.zeros(1, 9, 48), torch.arange(9)[None], 9, 0).distances.rows
    assert torch.equal(table[0], table[5])
    assert not torch.equal(table[5], table[6])
    with pytest.raises(s.SpecError, match="furthest is 0"):
        s.Distances(furthest=0)

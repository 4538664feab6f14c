"""Attention over blocks: which blocks are seen, and that nobody's padding or place changes it."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings, strategies as st

from clados import build, spec as s
from clados.models.declared import declared
from clados.nn.attention.block_sparse import random_blocks
from clados.proofs.cases import small

CPU = torch.device("cpu")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 30), st.integers(1, 5), st.integers(1, 40), st.sampled_from([1, 3, 5]), st.integers(0, 4))
def test_random_blocks_are_others_than_the_window_and_each_only_once(
    layer: int, heads: int, blocks: int, window: int, random: int
) -> None:
    which, there = random_blocks(layer, heads, blocks, window, random, CPU)
    assert which.shape == there.shape == (heads, blocks, min(random, blocks))
    for head in range(heads):
        for block in range(blocks):
            seen = which[head, block][there[head, block]].tolist()
            others = [other for other in range(blocks) if abs(other - block) > window // 2]
            assert len(set(seen)) == len(seen) == min(random, len(others))
            assert set(seen) <= set(others)


def test_every_block_is_as_likely_as_any_other() -> None:
    times = torch.zeros(20)
    for layer in range(60):
        which, _ = random_blocks(layer, 8, 20, 1, 3, CPU)
        times += torch.bincount(which[:, 10].flatten(), minlength=20)
    expected = 60 * 8 * 3 / 19
    assert times[10] == 0
    assert (times[torch.arange(20) != 10] - expected).abs().max() < 5 * expected**0.5


def test_layers_and_heads_draw_apart_and_always_the_same() -> None:
    first, _ = random_blocks(0, 4, 30, 3, 3, CPU)
    assert torch.equal(first, random_blocks(0, 4, 30, 3, 3, CPU)[0])
    assert not torch.equal(first, random_blocks(1, 4, 30, 3, 3, CPU)[0])
    assert not torch.equal(first[0], first[1])


@pytest.mark.parametrize("size", ["base", "etc-base"])
def test_a_place_sees_what_is_global_or_near_and_is_seen_by_what_sees_it(size: str) -> None:
    part = small(declared("big-bird").at(size)).but(stack=s.but(block=s.but(attn=s.but(pattern=s.but(random=0)))))
    model = build(part.but(size=s.but(layers=1)), seed=1)
    ids = torch.arange(24)[None] + 5
    usual = model(ids).last_hidden_state[0]
    changed = ids.clone()
    changed[0, 11] = 99  # in block 5 of twelve
    moved = (model(changed).last_hidden_state[0] - usual).abs().amax(-1) > 1e-6
    near = set(range(8, 14))  # blocks 4, 5 and 6
    assert set(moved.nonzero().flatten().tolist()) == (near | {0, 1, 22, 23} if size == "base" else near)


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 7, 23])
def test_any_length_is_read_and_short_texts_are_seen_whole(length: int) -> None:
    part: Any = small(declared("big-bird").model)
    sparse = build(part, seed=2)
    dense = build(part.but(stack=s.but(block=s.but(attn=s.but(pattern=None)))), seed=2)
    dense.load_state_dict(sparse.state_dict())
    ids = torch.randint(5, 99, (2, length), generator=torch.Generator().manual_seed(4))
    ours, theirs = (model(ids).logits for model in (sparse, dense))
    assert ours.shape[:2] == (2, length)
    assert torch.allclose(ours, theirs, atol=1e-5) == (length < 23)


def test_padding_on_either_side_changes_no_number_and_makes_none_that_is_not() -> None:
    model = build(small(declared("big-bird").at("etc-base")), seed=3)
    ids = torch.randint(5, 99, (1, 12), generator=torch.Generator().manual_seed(4))
    alone = model(ids).last_hidden_state
    behind = model(torch.cat([ids, ids], 1), attention_mask=torch.tensor([[1] * 12 + [0] * 12])).last_hidden_state
    assert behind.isfinite().all()
    assert torch.allclose(behind[:, :12], alone, atol=1e-5)
    left = model(torch.cat([ids, ids], 1), attention_mask=torch.tensor([[0] * 12 + [1] * 12]))
    assert left.last_hidden_state.isfinite().all()


def test_a_stack_over_blocks_refuses_what_does_not_go_with_them() -> None:
    part: Any = declared("big-bird").model
    block: Any = part.stack.block
    with pytest.raises(s.SpecError, match=r"Stack\.block\.attn\.pattern must be one BlockSparse"):
        part.but(stack=s.but(block=(block, block.but(attn=s.but(pattern=None)))))
    for changed in ({"sees": s.Causal()}, {"position": s.ALiBi()}, {"convolution": s.Convolution()}):
        with pytest.raises(s.SpecError, match=r"Stack\.(sees|position)"):
            part.stack.but(**changed)
    for wrong in ({"window": 2}, {"block": 0}, {"random": -1}, {"extra": -1}):
        with pytest.raises(s.SpecError, match=rf"BlockSparse\.{next(iter(wrong))} is"):
            s.BlockSparse(**wrong)


def test_a_stack_over_blocks_encodes_alone() -> None:
    model: Any = build(small(declared("big-bird").model))
    ids = torch.tensor([[5, 6, 7]])
    with pytest.raises(s.SpecError, match="this stack encodes"):
        model(ids, cache=model.cache(1, 8))
    with pytest.raises(s.SpecError, match=r"BlockSparse\(\.\.\.\) makes no matrix"):
        model.stack.contexts(model.inputs(ids, ids), ids, None, 0, None)

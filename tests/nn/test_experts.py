"""Experts: who finds room, what a token is multiplied with, what keeps the router sound."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings, strategies as st

from clados import nn, spec as s
from clados.nn.core.context import AttentionContext
from clados.nn.core.module import made
from clados.nn.feedforward.experts import Routing, grouped_mm, order_of_arrival
from clados.objectives.routing import largeness, strayed, unbalance
from clados.spec.core.pieces import Env

SIZE = s.Size(layers=1, d_model=16, heads=2, d_ff=24, experts=5)


def layer(**words: Any) -> Any:
    made = nn.module(s.Experts(**words), Env(SIZE.dims, s.RMSNorm())).eval()
    torch.manual_seed(0)
    for each in made.parameters():
        torch.nn.init.normal_(each, std=0.5)
    return made


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.integers(1, 6))
@settings(max_examples=40)
def test_the_first_tokens_of_an_expert_find_room_and_no_later_one(chosen: list[int], tokens: int) -> None:
    found = made(s.OfText(tokens))(
        torch.tensor(chosen), Routing(5, training=False, shape=(1, len(chosen)), context=AttentionContext())
    )
    expected = [chosen[:i].count(one) >= tokens for i, one in enumerate(chosen)]
    assert (found.tolist() if found is not None else [False] * len(chosen)) == expected


def test_room_is_of_each_text_or_of_all_that_is_computed() -> None:
    chosen = torch.tensor([0, 0, 0, 1, 0, 1])
    packed, rows = (
        Routing(2, training=False, shape=(1, 6), context=AttentionContext(lengths=(2, 4))),
        Routing(2, training=False, shape=(2, 3), context=AttentionContext()),
    )
    assert made(s.OfText(1))(chosen, packed).tolist() == [False, True, False, False, True, True]
    assert made(s.OfText(1))(chosen, rows).tolist() == [False, True, True, False, False, True]
    assert made(s.OfBatch(1.0, 0.5, least=1))(chosen, rows).tolist() == [False, True, True, False, True, True]
    training = rows._replace(training=True)
    assert made(s.OfBatch(1.0, 0.5, least=1))(chosen, training).tolist() == [False] * 4 + [True, False]


def test_padding_takes_no_room() -> None:
    keep = torch.tensor([[True, True, False], [True, True, True]])
    routing = Routing(2, training=False, shape=(2, 3), context=AttentionContext(keep=keep))
    chosen = torch.tensor([0, 0, 2, 0, 1, 1])  # 2: none, for padding
    assert made(s.OfBatch(1.0, 1.0, least=1))(chosen, routing).tolist()[3]
    assert order_of_arrival(chosen).tolist() == [0, 1, 0, 2, 0, 1]


@pytest.mark.parametrize("top", [1, 2])
def test_a_token_that_finds_no_room_passes_by_the_residual_alone(top: int) -> None:
    alike = torch.randn(1, 1, 16).expand(1, 7, 16)
    out = layer(top=top, capacity=s.OfText(3))(alike, AttentionContext())
    assert out[0, :3].abs().sum() > 0
    assert out[0, 3:].abs().sum() == 0


def test_normalised_gates_are_shares_of_the_chosen_ones() -> None:
    x = torch.randn(2, 3, 16)
    one = layer(top=2, gates="normalised")
    shares = one.router(x).softmax(-1).topk(2).values.sum(-1, keepdim=True)
    torch.testing.assert_close(one(x, AttentionContext()) * shares, layer(top=2)(x, AttentionContext()))


def test_only_experts_that_are_met_are_read() -> None:
    weight = torch.randn(4, 3, 2)
    weight[2] = float("nan")
    out = grouped_mm(torch.randn(5, 2), torch.tensor([2, 1, 0, 1]), weight)
    assert bool(out.isfinite().all())
    assert out[4].tolist() == [0.0] * 3


def test_as_many_parameters_are_active_as_a_token_meets() -> None:
    size = s.Size(layers=2, d_model=16, heads=2, d_ff=24, experts=5)
    stack = s.Stack(block=s.Block(s.Attention(), s.Experts(top=2)), norm=s.RMSNorm(), sees=s.Causal())
    found = s.count_parameters(
        s.Decoder(size=size, inputs=s.Tokens(vocab=s.Vocabulary(kind="bpe", size=60)), stack=stack)
    )
    assert found.total - found.active == 2 * 3 * (2 * 16 * 24)


def test_more_choices_than_experts_are_refused() -> None:
    with pytest.raises(s.SpecError, match=r"Experts\.top is 6, and Size\.experts is 5"):
        layer(top=6)


def test_the_losses_of_a_router_are_those_of_transformers() -> None:
    theirs = pytest.importorskip("transformers.models.switch_transformers.modeling_switch_transformers")
    scores = torch.randn(1, 23, 5, generator=torch.Generator().manual_seed(0))
    balance = theirs.load_balancing_loss_func(scores.softmax(-1), scores.argmax(-1))
    torch.testing.assert_close(unbalance(scores), balance)
    torch.testing.assert_close(largeness(scores), theirs.router_z_loss_func(scores))
    added = strayed(scores, layer(balance=0.1, z=0.01))
    torch.testing.assert_close(added, 0.1 * balance + 0.01 * theirs.router_z_loss_func(scores))


def test_tokens_spread_evenly_have_a_balance_of_one() -> None:
    assert float(unbalance(20.0 * torch.eye(5)[None])) == pytest.approx(1.0)
    assert float(unbalance(20.0 * torch.eye(5)[None, :1].expand(1, 5, 5))) == pytest.approx(5.0, rel=1e-3)

"""Layouts on tensors in memory: every declared one, and each kind of rule on numbers that can be followed."""

from typing import Any

import pytest
import torch
from hypothesis import given, strategies as st
from torch import Tensor

from clados import spec as s
from clados.checkpoints import LayoutError
from clados.checkpoints.mapping.detect import native_layout
from clados.checkpoints.mapping.names import TABLE, expanded, places, saved
from clados.checkpoints.mapping.tensors import to_ours, to_theirs
from clados.models.declared import declared, package_models
from tests.checkpoints.reference_models import held

EVERY = [(card, layout) for card in package_models() for layout in declared(card).layouts]


def numbered(model: s.Model) -> dict[str, Tensor]:
    """Tensors in which every number is another."""
    result, start = {}, 0
    for row in saved(model):
        result[row.path] = torch.arange(start, start + row.count, dtype=torch.float64).reshape(row.shape)
        start += row.count
    return result


def structure(card: str, layout: s.Layout) -> s.Model:
    return held(card, layout, next(iter(layout.architectures)))


@pytest.mark.parametrize(("card", "layout"), EVERY, ids=[f"{card}-{layout.model_type}" for card, layout in EVERY])
def test_ours_is_theirs_and_back_with_nothing_lost(card: str, layout: s.Layout) -> None:
    model = structure(card, layout)
    ours = numbered(model)
    theirs = to_theirs(layout, model, ours)
    back = to_ours(layout, model, theirs)
    zeros = sum(theirs[place.names[1]].numel() for place in places(layout, model) if isinstance(place.rule, s.PlusRow))
    assert back.keys() == ours.keys()
    assert all(torch.equal(back[path], ours[path]) for path in ours)
    assert sum(each.numel() for each in theirs.values()) - zeros == sum(each.numel() for each in ours.values())


@pytest.mark.parametrize(("card", "layout"), EVERY, ids=[f"{card}-{layout.model_type}" for card, layout in EVERY])
def test_every_second_name_and_class_points_at_something_declared(card: str, layout: s.Layout) -> None:
    model = structure(card, layout)
    paths = {row.path for row in saved(model)}
    heads = {head.slot for head in getattr(model, "heads", ())} or {"projection"}
    assert paths.issuperset({*layout.tied.values()} - {TABLE})
    assert heads.issuperset(slot for held in layout.architectures.values() for slot in held)


SIZE = s.Size(layers=1, d_model=8, heads=2)
MODEL = declared("llama").model.but(size=SIZE, inputs=s.but(vocab=s.but(size=5, bos=None, eos=None, unk=None)))
NAMES: dict[str, Any] = dict(native_layout("", MODEL).layout.rules)
QKV = "stack.blocks.*.attn.qkv.weight"
ROWS = torch.arange(24.0)  # q of head 0, q of head 1, k of head 0 ...; four rows each


def layout(rules: dict[str, str | s.Rule]) -> s.Layout:
    return s.Layout(model_type="x", architectures={"X": ("lm",)}, rules=rules, config={})


def kept(rule: str | s.Rule) -> dict[str, list[float]]:
    """The first column of what a rule makes of queries, keys and values whose rows are numbered."""
    ours = numbered(MODEL) | {"stack.blocks.0.attn.qkv.weight": ROWS[:, None].expand(24, 8)}
    theirs = to_theirs(layout({QKV: rule} | NAMES), MODEL, ours)
    return {name: each[:, 0].tolist() for name, each in theirs.items() if name.startswith("x.")}


def test_several_of_theirs_are_the_outputs_in_turn() -> None:
    first, second, third = ROWS.reshape(3, 8).tolist()
    assert kept("x.{q,k,v}") == {"x.q": first, "x.k": second, "x.v": third}


def test_side_by_side_is_head_after_head() -> None:
    assert kept(s.PerHead("x.qkv"))["x.qkv"] == [
        *(0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19),
        *(4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23),
    ]


def test_turned_pairs_lie_half_a_head_apart() -> None:
    theirs = kept(s.RotaryHalves("x.{q,k,v}"))
    assert theirs["x.q"] == [0, 2, 1, 3, 4, 6, 5, 7]
    assert theirs["x.v"] == ROWS[16:].tolist()


def test_fused_outputs_that_are_not_all_there_are_refused() -> None:
    with pytest.raises(LayoutError, match=r"'x\.all' holds more"):
        kept(s.Fused("x.all", ("q", "k", "v", "gate")))


def test_two_tensors_in_one_place_are_refused() -> None:
    with pytest.raises(LayoutError, match=r"'y' would hold inputs\.tokens\.weight and stack\.blocks\.0\.attn\.qkv"):
        places(layout({"inputs.tokens.*": "y", QKV: "y"} | NAMES), MODEL)


def test_a_tensor_without_a_rule_is_refused_by_name() -> None:
    with pytest.raises(LayoutError, match=r"no rule says where stack\.blocks\.0\.attn_norm\.weight is kept"):
        places(layout({"inputs.*.*": "y.*.*", QKV: "z"}), MODEL)


def test_a_rule_that_names_another_number_of_outputs_is_refused() -> None:
    with pytest.raises(LayoutError, match="fuses q, k, v, and the rule names 2"):
        kept("x.{q,k}")


@given(st.lists(st.lists(st.text("abc_", min_size=1, max_size=3), min_size=1, max_size=3), max_size=3))
def test_braces_name_every_combination_in_order(groups: list[list[str]]) -> None:
    name = "x" + "".join("{" + ",".join(group) + "}." for group in groups)
    expected = ["x"]
    for group in groups:
        expected = [f"{before}{each}." for before in expected for each in group]
    assert list(expanded(name)) == expected

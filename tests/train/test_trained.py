"""A stage trains what it says of a model, and nothing else moves."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from clados import spec as s
from clados.errors import InputError
from clados.models.declared import declared
from clados.nn import build
from clados.proofs.cases import structures
from clados.train.loop import Trainer
from clados.train.optimisers import by_layer, optimiser
from clados.train.plan import initial_model
from clados.train.planned import planned
from clados.train.scaled import scaled_stage
from clados.train.trained import hold, merge
from tests.train.small import choices, write_texts


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_texts(tmp_path_factory.mktemp("texts"))


def trainer(data: Path, trains: s.Trained, card: str = "gpt-2") -> Trainer:
    plan = planned(choices(data, card, steps=3))
    tokenizer = dict(s.part_fields(plan.stage))
    plan = replace(plan, stage=s.Tuning(**tokenizer, start=card, trains=trains))
    return plan.trainer(initial_model(plan))


def moved(before: dict[str, torch.Tensor], model: nn.Module) -> set[str]:
    return {name for name, each in model.state_dict().items() if not torch.equal(before[name], each)}


def test_the_upper_layers_move_alone(data: Path) -> None:
    one = trainer(data, s.Upper(1))
    before = {name: each.clone() for name, each in one.model.state_dict().items()}
    one.fit()
    last = len(one.model.stack.blocks) - 1  # type: ignore[union-attr, arg-type]
    assert last > 0
    found = moved(before, one.model)
    assert found
    assert all(name.startswith((f"stack.blocks.{last}.", "stack.norm_out.", "heads.")) for name in found)


def test_all_but_the_named_tensors_move(data: Path) -> None:
    one = trainer(data, s.AllBut(("inputs.tokens.weight", "stack.blocks.*.attn.out.bias")))
    before = {name: each.clone() for name, each in one.model.state_dict().items()}
    one.fit()
    still = before.keys() - moved(before, one.model)
    assert still == {name for name in before if name == "inputs.tokens.weight" or name.endswith(".attn.out.bias")}


@pytest.mark.parametrize("on", [("q", "v"), ("out",), ("q", "up")])
def test_low_rank_updates_move_alone_and_merge_into_the_weights(data: Path, on: tuple[str, ...]) -> None:
    one = trainer(data, s.LowRank(rank=2, alpha=4.0, on=on, dropout=0.1))
    before = {name: each.clone() for name, each in one.model.state_dict().items()}
    one.fit()
    assert {name.rpartition(".")[2] for name in moved(before, one.model)} == {"a", "b"}
    ids = torch.arange(12)[None]
    with torch.no_grad():
        updated = one.model(input_ids=ids).logits
        first = build(one.model.spec)  # type: ignore[arg-type]
        merged = one.trained()
        again = merged(input_ids=ids).logits
    assert merged.state_dict().keys() == first.state_dict().keys()
    torch.testing.assert_close(again, updated, rtol=1e-4, atol=1e-5)
    changed = {name for name, each in merged.state_dict().items() if not torch.equal(each, before[name])}
    assert {name.split(".")[-2] for name in changed} <= {"qkv", "out", "up"}


def test_a_low_rank_update_begins_as_nothing_and_has_the_paper_s_size() -> None:
    model = build(s.tiny(declared("gpt-2").model))
    ids = torch.arange(12)[None]
    before = model(input_ids=ids).logits
    hold(s.Tuning(**s.part_fields(_stage()), start="gpt-2", trains=s.LowRank(rank=3, alpha=6.0, on=("v",))), model)
    assert torch.equal(model(input_ids=ids).logits, before)
    width, layers = model.spec.size.d_model, model.spec.size.layers
    learned = sum(each.numel() for each in model.parameters() if each.requires_grad)
    assert learned == layers * 3 * (width + width)  # A is [rank, d_model], B is [d_model, rank]
    merge(model)
    assert torch.equal(model(input_ids=ids).logits, before)


@pytest.mark.parametrize(
    ("trains", "message"),
    [
        (s.Upper(99), "Upper.layers is 99; the model has"),
        (s.AllBut(("nothing",)), "AllBut.names has 'nothing', which is no tensor of the model"),
        (s.LowRank(rank=2, alpha=2.0, on=("query",)), "LowRank.on has 'query', which is no output of a product"),
    ],
)
def test_what_is_no_part_of_the_model_is_refused(trains: s.Trained, message: str) -> None:
    with pytest.raises(InputError, match=message):
        hold(s.Tuning(**s.part_fields(_stage()), start="gpt-2", trains=trains), build(s.tiny(declared("gpt-2").model)))


def _stage() -> s.Stage:
    return declared("gpt-2").recipe.stages[0]


def test_a_later_stage_trains_all_again_and_keeps_what_an_earlier_one_learned(data: Path) -> None:
    one = trainer(data, s.LowRank(rank=2, alpha=4.0, on=("q",)))
    one.fit()
    with torch.no_grad():
        learned = one.model(input_ids=torch.arange(12)[None]).logits
    hold(one.stage, one.model)  # twice is once
    hold(_stage(), one.model)
    assert all(each.requires_grad for each in one.model.parameters())
    with torch.no_grad():
        torch.testing.assert_close(one.model(input_ids=torch.arange(12)[None]).logits, learned, rtol=1e-4, atol=1e-5)


def test_low_rank_updates_are_drawn_from_the_seed_and_not_saved_unmerged(tmp_path: Path) -> None:
    stage = s.Tuning(**s.part_fields(_stage()), start="gpt-2", trains=s.LowRank(rank=2, alpha=4.0, on=("q",)))
    drawn = []
    for seed in (0, 0, 1):
        model = build(s.tiny(declared("gpt-2").model))
        hold(stage, model, seed)
        drawn.append(model.stack.blocks[0].attn.qkv.low_rank["q"].a)  # type: ignore[index, union-attr]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    with pytest.raises(InputError, match="merge low-rank updates before saving"):
        model.save_pretrained(tmp_path / "unmerged")


@pytest.mark.parametrize("card", ["stable-diffusion", "dall-e"])
def test_models_with_levels_beside_their_layers_have_no_upper_ones(card: str) -> None:
    model, stage = declared(card).model, declared(card).recipe.stages[1]
    with pytest.raises(InputError, match=f"Upper is of the layers of a stack; this {type(model).__name__} has others"):
        scaled_stage(stage.but(trains=s.Upper(1)), model, model)
    small = build(next(iter(structures(declared(card)).values())))
    with pytest.raises(InputError, match="Upper is of the layers of a stack"):
        hold(stage.but(trains=s.Upper(1)), small)
    with pytest.raises(InputError, match="Rates is of the layers of a stack"):
        by_layer(optimiser(stage.optimiser, small, 1e-3), s.Rates(decay=0.5), small)

"""Words of a config that stand for a word of ours in another form."""

import pytest

from clados import spec as s
from clados.checkpoints import LayoutError
from clados.checkpoints.mapping import values
from clados.checkpoints.mapping.config import from_config, to_config
from clados.models.declared import declared


def test_positions_are_said_without_the_rows_before_the_first() -> None:
    opt, layout = declared("opt").model, declared("opt").layouts[0]
    assert to_config(layout, opt)["max_position_embeddings"] == 2048
    shorter = from_config(layout, opt, {"max_position_embeddings": 100})
    assert s.reach(shorter, "inputs.position.length") == 102


def test_turned_numbers_of_a_head_are_a_share_of_the_head_that_is_read() -> None:
    gpt_j, layout = declared("gpt-j").model, declared("gpt-j").layouts[0]
    assert to_config(layout, gpt_j)["rotary_dim"] == 64
    other = from_config(layout, gpt_j, {"rotary_dim": 16, "n_embd": 512, "n_head": 8})
    assert s.reach(other, "stack.position.fraction") == 0.25
    assert s.reach(from_config(layout, gpt_j, {"rotary_dim": None}), "stack.position.fraction") == 1.0


def test_each_layer_is_named_in_rounds_or_one_by_one_and_others_are_refused() -> None:
    layout = declared("gpt-neo").layouts[0]
    model = declared("gpt-neo").model.but(size=s.but(layers=5))
    said = to_config(layout, model)
    assert said["attention_layers"] == ["global", "local", "global", "local", "global"]
    assert said["attention_types"] == [[["global", "local"], 2], [["global"], 1]]
    assert from_config(layout, model, said) == model
    with pytest.raises(LayoutError, match=r"'attention_types' is \[\[\['global'\], 5\]\]; as declared"):
        from_config(layout, model, {"attention_types": [[["global"], 5]]})
    odd = model.but(stack=s.but(block=s.but(attn=s.but(pattern=s.Banded(4)))))
    with pytest.raises(LayoutError, match=r"they have no word for stack\.block\.attn\.pattern None"):
        values.their_value(
            s.EachLayer("stack.block.attn.pattern", {"local": s.Banded}), "stack.block.attn.pattern", model
        )
    assert to_config(layout, odd)["attention_layers"] == ["local"] * 5


def test_one_part_of_several_is_changed_by_its_number() -> None:
    model = declared("gpt-neo").model
    changed = model.but(**s.at("stack.block[1].attn.pattern.span", 9))
    assert [path for path, _, _ in s.part_differences(model, changed)] == ["stack.block[1].attn.pattern.span"]
    with pytest.raises(s.SpecError, match=r"Stack\.block\[2\] is not there"):
        model.but(**s.at("stack.block[2].dropout", 0.5))
    with pytest.raises(s.SpecError, match="Stack has no 'blok'; did you mean 'block'"):
        model.but(**s.at("stack.blok[1].dropout", 0.5))

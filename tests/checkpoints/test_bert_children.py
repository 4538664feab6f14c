"""Checkpoints of BERT's children that say more than their structure."""

import json
from pathlib import Path

import pytest
from safetensors.torch import save_file

from clados import nn as cn, spec as s
from clados.checkpoints import from_pretrained, save_pretrained
from clados.checkpoints.mapping.detect import detect
from clados.checkpoints.mapping.dialects import flat
from clados.models.declared import declared

PUBLISHED = json.loads(Path(__file__).with_name("published.json").read_text(encoding="utf-8"))


def test_the_second_albert_bends_by_the_tanh_form_in_layers_and_head() -> None:
    model = detect(flat({**PUBLISHED["albert:base"], "hidden_act": "gelu_new"})).model
    assert (s.reach(model, "stack.block.mlp.act"), s.reach(model, "heads.transform")) == ("gelu_tanh", "gelu_tanh")


def test_a_text_embedder_is_written_as_a_list_of_modules_and_comes_back(tmp_path: Path) -> None:
    small = s.tiny(declared("instructor").model).but(inputs=s.but(vocab=s.but(size=60, sentinels=0)))
    made = cn.build(small)
    save_pretrained(made, tmp_path / "one")
    folders = {each["path"] for each in json.loads((tmp_path / "one" / "modules.json").read_text())}
    assert folders == {"", "1_Pooling", "2_Dense", "3_Normalize"}
    words = json.loads((tmp_path / "one" / "2_Dense" / "config.json").read_text())
    assert (words["in_features"], words["out_features"], words["bias"]) == (48, 768, False)
    back = from_pretrained(tmp_path / "one")
    assert back.spec == made.spec
    assert all(each.equal(back.get_parameter(name)) for name, each in made.named_parameters())


def test_a_list_of_modules_that_points_outside_is_refused(tmp_path: Path) -> None:
    made = cn.build(s.tiny(declared("instructor").model).but(inputs=s.but(vocab=s.but(size=60, sentinels=0))))
    save_pretrained(made, tmp_path / "one")
    (tmp_path / "one" / "modules.json").write_text(json.dumps([{"path": "../two"}]))
    save_file({}, tmp_path / "model.safetensors")
    with pytest.raises(s.CladosError, match="not the name of a folder beside it"):
        from_pretrained(tmp_path / "one")

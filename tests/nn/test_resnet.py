"""Towers of bottlenecks: what the references of ``clados verify`` do not show."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

import clados
from clados import spec as s
from clados.checkpoints import from_pretrained
from clados.checkpoints.metadata import images_of
from clados.models.declared import declared
from clados.nn.core.module import module
from clados.proofs.cases import example_inputs, small
from clados.spec.core.pieces import Env

GOLDEN = Path(clados.__file__).parent / "proofs" / "golden" / "clip"


def resnet() -> s.Model:
    """The smallest published one, small."""
    return small(declared("clip").models()["rn50"])


def test_batch_norm_in_training_and_evaluation_is_torch_s() -> None:
    env = Env(s.Size(1, 6, 1).dims, s.BatchNorm())
    ours: Any = module(s.BatchNorm(), env)
    theirs = torch.nn.BatchNorm2d(6)
    with torch.no_grad():
        for one, other in zip(ours.parameters(), theirs.parameters()):
            other.copy_(one.copy_(torch.randn(6)))
    for scale in (1.0, 3.0):
        x = torch.randn(4, 6, 5, 3) * scale + scale
        assert torch.equal(ours(x), theirs(x))
    assert torch.equal(ours.mean, theirs.running_mean)  # type: ignore[arg-type]
    assert torch.equal(ours.variance, theirs.running_var)  # type: ignore[arg-type]
    assert torch.equal(ours.eval()(x), theirs.eval()(x))


def test_statistics_are_saved_read_and_no_parameters(tmp_path: Path) -> None:
    model = resnet()
    made = clados.build(model).train()
    made(**example_inputs(model))
    made.eval().save_pretrained(tmp_path)
    again = from_pretrained(tmp_path)
    statistics = {name for name, _ in made.named_buffers()}
    assert {name.rpartition(".")[2] for name in statistics} == {"mean", "variance"}
    assert all(torch.equal(each, again.get_buffer(name)) for name, each in made.named_buffers())
    assert not statistics & {row.path for row in s.rows(model)}
    assert {row.path for row in s.saved_rows(model)} == {*made.state_dict()}


def test_a_new_tower_s_blocks_give_what_they_are_given() -> None:
    made: Any = clados.build(resnet())
    block, x = made.image.stages[1].blocks[1], torch.rand(2, 16, 4, 4)
    assert torch.equal(block(x), x)


def test_open_clip_s_own_files_are_read_at_the_highest_id(tmp_path: Path) -> None:
    # the words of open_clip 3.3.0's model_configs/RN50-quickgelu.json, which name no pooling of texts
    config = json.loads((GOLDEN / "config.json").read_text())["model_cfg"]
    config["text_cfg"] = {k: v for k, v in config["text_cfg"].items() if k not in ("pool_type", "eos_id")}
    means = {"mean": [0.1, 0.2, 0.3], "std": [0.5, 0.6, 0.7]}
    (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": means}))
    (tmp_path / "open_clip_model.safetensors").write_bytes((GOLDEN / "model.safetensors").read_bytes())
    read = from_pretrained(tmp_path)
    assert read.report.verdict.startswith("whole")
    assert read.spec.text.heads[0].at == "highest"
    steps, _ = images_of(tmp_path)
    assert steps is not None
    assert (steps.size, steps.crop, steps.mean, steps.std) == (64, (64, 64), (0.1, 0.2, 0.3), (0.5, 0.6, 0.7))


def test_what_does_not_go_together_is_refused() -> None:
    model: Any = declared("clip").models()["rn50"]
    with pytest.raises(s.SpecError, match="a ResNet has a ResNetSize, a Tower a Size"):
        model.but(size=s.but(image=s.Size(2, 32, 4)))
    with pytest.raises(s.SpecError, match=r"image is 100; it must be a multiple of 32"):
        s.count_parameters(model.but(image=s.but(inputs=s.but(image=100))))
    with pytest.raises(s.SpecError, match="what is read off a map is AttentionPool"):
        model.but(image=s.but(heads=(s.Projected("first"),)))
    with pytest.raises(s.SpecError, match="gives maps, for a ResNet"):
        declared("vit").model.but(inputs=s.ThreeConvolutions(image=64))
    with pytest.raises(s.SpecError, match="pixel_values are 32x64; this model reads 64x64"):
        clados.build(resnet())(pixel_values=torch.zeros(1, 3, 32, 64))


def test_a_resnet_is_scaled_to_a_budget() -> None:
    from clados.spec.core.scale import scaled

    model = scaled(declared("clip").models()["rn50"], "20M")
    assert abs(s.count_parameters(model).total - 20e6) < 1e6

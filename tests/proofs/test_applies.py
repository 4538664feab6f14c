"""What the proof ``applies`` asks by command and by function is the same question, for verbs on images and proteins."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from clados import nn as cn
from clados.apply.ready import load
from clados.checkpoints import save_pretrained
from clados.cli.frame import run_command_line
from clados.models.declared import declared
from clados.proofs import applies
from clados.spec.core.scale import scaled
from tests.apply.little import picture
from tests.apply.test_caption import looking
from tests.apply.test_paint import saved


def made(verb: str, folder: Path) -> Path:
    """A small model with random weights that can do it."""
    if verb == "fold":
        return save_pretrained(cn.build(scaled(declared("alphafold").at("model_3"), "250K"), seed=1), folder)
    return looking(folder) if verb == "caption" else saved("stable-diffusion", None, folder)


ROW = SimpleNamespace(
    picture=picture(1),
    pictures=(picture(1),),
    protein=SimpleNamespace(letters="GGMQIFVKTLTGKTD"),
    start=2,
    end=13,
)


@pytest.mark.parametrize("verb", ["paint", "reconstruct", "caption", "fold"])
def test_command_and_function_answer_alike_and_another_model_otherwise(
    verb: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(*arguments: str) -> Any:
        assert run_command_line([*arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    monkeypatch.setattr(applies, "command", command)
    folder = made(verb, tmp_path / "model")
    ready = load(folder)
    printed, computed = applies.ANSWERS[verb](ready, folder, ROW, tmp_path)
    assert len(printed) > 1
    assert printed == computed
    random = torch.Generator().manual_seed(7)
    for weight in ready.model.parameters():
        weight.data.add_(0.2 * torch.randn(weight.shape, generator=random))
    printed, computed = applies.ANSWERS[verb](ready, folder, ROW, tmp_path)
    assert printed != computed

"""Trajectories of bins: what sees what, and what is refused."""

import json
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import torch

import clados
from clados import spec as s
from clados.checkpoints import CheckpointError, from_pretrained
from clados.models.declared import declared
from clados.nn.make import build
from clados.proofs.cases import example_inputs, small
from clados.proofs.references import randomise

KEPT = Path(clados.__file__).parent / "proofs" / "golden" / "trajectory_transformer"
MODEL = small(declared("trajectory-transformer").model)


def made() -> Any:
    """A small model that tells its inputs apart."""
    model = build(MODEL).eval()
    randomise(dict(model.named_parameters()), 0.2)
    return model


@torch.no_grad()
def test_no_other_position_depends_on_a_return_to_go() -> None:
    model, read = made(), example_inputs(MODEL)["trajectories"]
    other, last = read.clone(), torch.arange(read.size(1)) % 7 == 6
    other[:, last] = (read[:, last] + 1) % 12
    before, after = model(trajectories=read).logits, model(trajectories=other).logits
    assert torch.equal(before[:, ~last], after[:, ~last])
    assert (before[:, last] != after[:, last]).any()  # it is still read where it stands


@torch.no_grad()
def test_what_is_padding_changes_nothing_before_it() -> None:
    """A return to go does not see itself beside padding either."""
    model, read = made(), example_inputs(MODEL)["trajectories"]
    keep = torch.arange(19) < torch.tensor([19, 14, 7])[:, None]
    masked = model(trajectories=read, attention_mask=keep).logits
    for row, length in enumerate((19, 14, 7)):
        alone = model(trajectories=read[row : row + 1, :length]).logits
        torch.testing.assert_close(masked[row : row + 1, :length], alone)


@torch.no_grad()
def test_the_end_is_one_token_wherever_it_stands() -> None:
    model = made()
    vectors = model.inputs(torch.full((1, 19), 11)) - model.inputs.positions.weight
    torch.testing.assert_close(vectors, model.inputs.tokens.weight[-1].expand(1, 19, -1))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(s.SpecError, match="trajectories have 20 tokens; this model has 19 positions"):
        made()(trajectories=torch.zeros(1, 20, dtype=torch.long))
    gpt = declared("gpt-2").model
    for change, part in (
        ({"heads": (s.BinLogits(),)}, "BinLogits"),
        ({"stack": s.but(block=s.but(attn=s.but(pattern=s.WithoutValues())))}, "WithoutValues"),
    ):
        with pytest.raises(s.SpecError, match=f"{part} needs Binned, but the model reads Tokens"):
            s.count_parameters(gpt.but(**change))


def test_a_step_of_another_length_than_its_numbers_is_refused(tmp_path: Path) -> None:
    folder = copytree(KEPT, tmp_path / "model", ignore=lambda *_: ["gradients"])
    assert from_pretrained(folder).spec.inputs.step == 7
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"transition_dim": 9}))
    with pytest.raises(CheckpointError, match="'transition_dim' is 9; the other keys make it 7"):
        from_pretrained(folder)

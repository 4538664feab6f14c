"""DALL-E 2's parts: trained for steps by their own objectives, and painting together."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from clados.apply.paint import paint
from clados.checkpoints import save_pretrained
from clados.checkpoints.errors import CheckpointError
from clados.cli.frame import run_command_line
from clados.errors import InputError
from clados.train.choices import Choices
from clados.train.plan import initial_model
from clados.train.pretrain import ready_plan

PARTS: dict[str, dict[str, Any]] = {
    "clip": {"model": "clip", "params": "250K", "vocab": 320, "length": 16, "batch": 16, "data": "emoji-16"},
    "prior": {"model": "dall-e-2:diffusion-prior", "params": "250K", "length": 16, "batch": 16, "data": "emoji-16"},
    "decoder": {"model": "dall-e-2", "params": "300K", "length": 16, "batch": 8, "data": "emoji-8"},
    "upsampler-1": {"model": "dall-e-2:upsampler-256", "params": "288K", "batch": 2, "data": "emoji"},
}
STEPS = 2


@pytest.fixture(scope="module")
def row(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("row")
    for name, asked in PARTS.items():
        taught: dict[str, Any] = {"teacher": str(folder / "clip")} if name in ("prior", "decoder") else {}
        plan = ready_plan(Choices(**asked, **taught, steps=STEPS))
        trainer = plan.trainer(initial_model(plan))
        losses = [trainer.step(i)["loss"] for i in range(STEPS)]
        assert np.isfinite(losses).all()
        save_pretrained(trainer.trained(), folder / name, tokenizer=plan.tokenizer)
    return folder


def test_a_text_becomes_a_vector_a_small_image_and_a_large_one(row: Path, tmp_path: Path) -> None:
    out = tmp_path / "painted.png"
    assert run_command_line(["paint", str(row), "a red heart", "--steps", "3", "--seed", "2", "--out", str(out)]) == 0
    (painted,) = paint(row, "a red heart", steps=3, seed=2)
    with Image.open(out) as image:
        assert image.size == (32, 32)
        assert np.array_equal(np.asarray(image), painted)
    for other in (paint(row, "a cat", steps=3, seed=2)[0], paint(row, "a red heart", steps=3, seed=3)[0]):
        assert not np.array_equal(painted, other)
    assert not np.array_equal(painted, paint(row, "a red heart", steps=3, seed=2, guidance=1.0)[0])
    both = paint(row, ["a red heart", "a cat"], steps=3, seed=2)
    assert np.abs(both[0].astype(int) - painted).max() <= 2  # rounded otherwise in a batch of two


def test_parts_that_are_missing_or_do_not_fit_are_refused(row: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="takes none of side, image, mask, strength, small"):
        paint(row, "a cat", side=16)
    broken = tmp_path / "row"
    shutil.copytree(row, broken)
    shutil.copytree(broken / "upsampler-1", broken / "upsampler-2")
    with pytest.raises(InputError, match=r"upsampler-2: it enlarges images of 8 pixels; what comes before it gives 32"):
        paint(broken, "a cat")
    shutil.rmtree(broken / "upsampler-2")
    shutil.rmtree(broken / "clip")
    with pytest.raises(CheckpointError, match="there is no folder 'clip'"):
        paint(broken, "a cat")
    shutil.copytree(broken / "upsampler-1", broken / "clip")
    with pytest.raises(InputError, match="ImageEnlarger compares no images and texts"):
        paint(broken, "a cat")

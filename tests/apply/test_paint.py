"""paint and reconstruct: PNG files by the command and from Python, on a model with random weights."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from clados import spec as s
from clados.apply.paint import paint, reconstruct
from clados.apply.ready import EmptyText, load
from clados.checkpoints import CheckpointError, save_pretrained
from clados.cli.frame import run_command_line
from clados.data.examples import DataError
from clados.errors import InputError
from clados.models.declared import declared
from clados.names import ROLES
from clados.nn import build
from clados.proofs.cases import small
from clados.train.fitting import tokenizer_for
from tests.apply.little import examples, picture


@pytest.fixture(scope="module")
def painter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved("stable-diffusion", None, tmp_path_factory.mktemp("paint") / "painter")


def saved(card: str, size: str | None, folder: Path) -> Path:
    """A small model with random weights and a tokenizer."""
    declared_model: Any = declared(card).at(size)
    tokenizer: Any = tokenizer_for(declared_model, examples("gpt-2"), 420)
    roles = dict.fromkeys(ROLES) | ({"pad": 3} if declared_model.vocab.pad is not None else {})
    vocab = declared_model.vocab.but(size=tokenizer.size, sentinels=0, **roles)
    model = small(declared_model).but(text=s.but(inputs=s.but(vocab=vocab)))
    module = build(model)
    with torch.no_grad():
        for each in module.parameters():
            each.add_(0.1 * torch.randn(each.shape, generator=torch.Generator().manual_seed(1)))
    return save_pretrained(module, folder, tokenizer=tokenizer)


def test_a_run_that_wrote_a_pipeline_has_ended(painter: Path, tmp_path: Path) -> None:
    run = shutil.copytree(painter, tmp_path / "run")
    (run / "run.json").write_text("{}")
    assert paint(load(run), "a heart", steps=2)[0].ndim == 3
    (run / "model_index.json").unlink()
    with pytest.raises(CheckpointError, match=r"this run has not ended; clados pretrain --resume goes on with it$"):
        load(run)
    for step in (10, 20):
        shutil.copytree(painter, run / f"checkpoints/step-{step:08d}/model")
    newest = run / "checkpoints/step-00000020"
    for folder, model in ((run, newest), (newest.parent, newest), (newest, newest)):
        with pytest.raises(CheckpointError, match=f"^{folder}: .*; there is a model in {model}/model$"):
            load(folder)


def test_a_text_is_read_alike_beside_a_longer_one(tmp_path: Path) -> None:
    """Imagen, whose texts have no positions of their own: what fills up the shorter one is masked."""
    ready = load(saved("imagen", None, tmp_path / "painter"))
    one, other = paint(ready, ["a heart", "the old king sat on the throne of the castle"], steps=3, guidance=2.0)
    assert not np.array_equal(one, other)
    assert np.abs(one.astype(int) - paint(ready, "a heart", steps=3, guidance=2.0)[0]).max() <= 1
    with pytest.raises(DataError, match=r"'龍 龍': .* knows none of its tokens"):
        paint(ready, ["a heart", "龍 龍"], steps=3)
    with pytest.warns(EmptyText, match="text 2 of 2 is empty: its image is led by no text"):
        assert paint(ready, ["a heart 龍", ""], steps=1)


def test_pixels_are_painted_enlarged_and_filled_in(tmp_path: Path) -> None:
    """GLIDE, whose padding is read: text and its length have a say."""
    base = load(saved("glide", None, tmp_path / "base"))
    one, other = paint(base, ["a red heart", "a red heart, the old king"], steps=3, seed=4)
    assert one.shape == (24, 24, 3)
    assert not np.array_equal(one, other)
    enlarger = saved("glide", "filtered-upsampler", tmp_path / "enlarger")
    given: dict[str, Any] = {"steps": 2, "seed": 4}
    large, others = (paint(enlarger, "a red heart", small=each, **given)[0] for each in (one[:6, :6], other[:6, :6]))
    assert large.shape == (24, 24, 3)
    assert not np.array_equal(large, others)
    file, out = tmp_path / "small.png", tmp_path / "large.png"
    Image.fromarray(one[:6, :6]).save(file)
    command = ["paint", str(enlarger), "a red heart", "--enlarge", str(file), "--steps", "2", "--seed", "4"]
    assert run_command_line([*command, "--out", str(out)]) == 0
    with Image.open(out) as image:
        assert np.array_equal(np.asarray(image), large)
    with pytest.raises(InputError, match="enlarges a small image, and none was given"):
        paint(enlarger, "a heart")
    with pytest.raises(InputError, match="enlarges no small image"):
        paint(base, "a heart", small=one)
    filler = saved("glide", "filtered-inpainting", tmp_path / "filler")
    picture_, mask = picture(3, 24, 24), np.zeros((24, 24, 3), np.uint8)
    mask[:12] = 255
    filled = paint(filler, "a dog", image=picture_, mask=mask, **given)[0]
    assert np.abs(filled[12:].astype(int) - picture_[12:]).max() <= 1
    mask[:] = 255
    assert not np.array_equal(filled[:12], paint(filler, "a dog", image=picture_, mask=mask, **given)[0][:12])


def test_seed_text_and_guidance_say_what_is_painted(painter: Path) -> None:
    ready = load(painter)
    one, other = paint(ready, ["a red heart", "the old king"], steps=3, seed=4)
    assert one.shape == (24, 24, 3)
    assert one.dtype == np.uint8
    alone = paint(ready, "a red heart", steps=3, seed=4)[0]
    assert np.abs(one.astype(int) - alone).max() <= 1  # rounded otherwise in a batch of two
    assert np.array_equal(alone, paint(ready, "a red heart", steps=3, seed=4)[0])
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, paint(ready, "a red heart", steps=3, seed=5)[0])
    assert not np.array_equal(one, paint(ready, "a red heart", steps=3, seed=4, guidance=1.0)[0])


def test_what_a_mask_keeps_is_the_image_as_its_codes_have_it(painter: Path) -> None:
    ready, image = load(painter), picture(3, 24, 24)
    black, white = (np.full((24, 24, 3), value, np.uint8) for value in (0, 255))
    kept = paint(ready, "a dog", steps=2, image=image, mask=black)[0]
    assert np.abs(kept.astype(int) - reconstruct(ready, image)[0]).max() <= 1
    assert np.array_equal(paint(ready, "a dog", steps=2, image=image, mask=white)[0], paint(ready, "a dog", steps=2)[0])


def test_an_image_is_painted_anew_as_far_as_asked(painter: Path) -> None:
    ready, image = load(painter), picture(3, 24, 24)
    given: dict[str, Any] = {"steps": 20, "image": image, "seed": 4}
    codes = reconstruct(ready, image)[0].astype(int)
    course: list[Any] = []
    watched = {**given, "watch": lambda step, images: course.append(images())}
    seen: list[int] = []
    apart = []
    for strength in (0.05, 0.3, 1.0):
        course.clear()
        found = paint(ready, "a dog", strength=strength, **watched)[0]
        assert np.array_equal(course[-1][0], found)
        seen.append(len(course))
        apart.append(float(np.abs(found - codes).mean()))
    assert seen == [1, 7, 21]  # of 20 steps 1, 6 and all: the sampler asks twice at the second
    assert apart == sorted(apart)
    assert apart[0] < 0.3 * apart[-1]
    usual = paint(ready, "a dog", **given)[0]
    assert np.array_equal(usual, paint(ready, "a dog", strength=0.8, **given)[0])
    assert not np.array_equal(usual, paint(ready, "a cat on a red hill", **given)[0])


def test_a_mask_keeps_its_part_at_any_strength(painter: Path) -> None:
    ready, image = load(painter), picture(3, 24, 24)
    black = np.zeros((24, 24, 3), np.uint8)
    kept = paint(ready, "a dog", steps=4, image=image, mask=black, strength=0.5)[0]
    assert np.abs(kept.astype(int) - reconstruct(ready, image)[0]).max() <= 1


def test_the_steps_are_written_as_a_gif(painter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, gif, given = tmp_path / "heart.png", tmp_path / "heart.gif", tmp_path / "given.png"
    Image.fromarray(picture(3, 30, 20)).save(given)
    command = ["paint", str(painter), "a heart", "a dog", "--from", str(given), "--strength", "0.5", "--steps", "6"]
    assert run_command_line([*command, "--out", str(out), "--gif", str(gif), "--json"]) == 0
    files = [Path(each).name for each in json.loads(capsys.readouterr().out)["files"]]
    assert files == ["heart-1.gif", "heart-2.gif", "heart-1.png", "heart-2.png"]
    for name in ("heart-1.gif", "heart-2.gif"):
        with Image.open(tmp_path / name) as frames:
            assert (frames.size, getattr(frames, "n_frames", 1)) == ((24, 24), 4)
            assert frames.info["loop"] == 0
    (tmp_path / "taken-1.gif").mkdir()
    assert run_command_line([*command, "--gif", str(tmp_path / "taken.gif"), "--out", str(out)]) == 2
    assert "taken-1.gif: not written" in capsys.readouterr().err
    (tmp_path / "parts" / "prior").mkdir(parents=True)  # DALL-E 2's: refused before anything is painted
    assert run_command_line(["paint", str(tmp_path / "parts"), "a heart", "--gif", str(gif)]) == 2
    assert "is a pipeline of parts, which shows no steps" in capsys.readouterr().err


def test_the_commands_write_png(painter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "heart.png"
    assert run_command_line(["paint", str(painter), "a heart", "a dog", "--steps", "2", "--out", str(out)]) == 0
    for name in ("heart-1.png", "heart-2.png"):
        with Image.open(tmp_path / name) as image:
            assert image.size == (24, 24)
    file = str(tmp_path / "heart-1.png")
    assert run_command_line(["reconstruct", str(painter), file, "--out", str(tmp_path / "again.png"), "--json"]) == 0
    assert "again.png" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"side": 25}, "side is 25"),
        ({"side": 0}, "side is 0"),
        ({"steps": 0}, "steps is 0"),
        ({"steps": 5000}, "steps is 5000"),
        ({"mask": picture(1)}, "mask is given, but no image"),
        ({"strength": 0.5}, "strength is given, but no image"),
        ({"image": picture(1), "strength": 0.0}, "strength is 0.0; it must be above 0 and at most 1"),
        ({"image": picture(1), "strength": 1.5}, "strength is 1.5; it must be above 0 and at most 1"),
    ],
)
def test_numbers_out_of_range_are_refused(painter: Path, given: dict[str, Any], refusal: str) -> None:
    with pytest.raises(InputError, match=refusal):
        paint(painter, "a heart", **given)


def test_codes_are_written_after_a_text_and_made_an_image(tmp_path: Path) -> None:
    declared_model: Any = declared("dall-e").model
    tokenizer: Any = tokenizer_for(declared_model, examples("gpt-2"), 420)
    vocab = declared_model.decoder.inputs.vocab.but(size=tokenizer.size)
    module = build(small(declared_model).but(decoder=s.but(inputs=s.but(vocab=vocab))), seed=1)
    save_pretrained(module, tmp_path / "painter", tokenizer=tokenizer)
    one, other = paint(tmp_path / "painter", ["A red heart", "rain"], seed=3)
    assert one.shape == other.shape == (24, 24, 3)
    assert not np.array_equal(one, other)
    assert np.array_equal(paint(tmp_path / "painter", "a RED heart", seed=3)[0], one)  # in small letters, by its seed
    with pytest.raises(InputError, match="this model, which writes codes, takes none of"):
        paint(tmp_path / "painter", "rain", side=24)
    assert reconstruct(tmp_path / "painter", one)[0].shape == (24, 24, 3)

"""Changes of images: shapes and types stay, nothing is lost without magnitude, and each does what its name says."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from PIL import Image

from clados import spec as s
from clados.data.augmentation import CHANGES, GREY, blended, changed, erased, pasted

NAMES = (
    "identity", "autocontrast", "equalize", "rotate", "solarize", "posterize", "color", "contrast", "brightness",
    "sharpness", "shear x", "shear y", "translate x", "translate y",
)  # fmt: skip


def image(channels: int, seed: int = 0, side: int = 20) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(20, 230, (side, side + 5, channels)).astype(np.uint8)
    return Image.fromarray(pixels[..., 0] if channels == 1 else pixels)


def test_there_are_as_many_as_in_the_paper() -> None:
    assert len(CHANGES) == len(NAMES) == 14


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("number", range(14), ids=NAMES)
def test_a_change_keeps_the_form_and_does_nothing_at_no_magnitude(number: int, channels: int) -> None:
    one = image(channels)
    for sign in (1, -1):
        still, moved = CHANGES[number](one, 0.0, sign), CHANGES[number](one, 0.9, sign)
        assert (moved.size, moved.mode) == (one.size, one.mode)
        if NAMES[number] not in ("autocontrast", "equalize"):  # which have none
            assert np.abs(np.asarray(still).astype(int) - np.asarray(one)).max() <= 1
        same = np.array_equal(np.asarray(moved), np.asarray(one))
        assert same is (NAMES[number] == "identity" or (NAMES[number] == "color" and channels == 1))


def test_the_most_of_each_is_the_papers() -> None:
    one = image(3)
    pixels = np.asarray(one).astype(int)
    posterised = np.asarray(CHANGES[NAMES.index("posterize")](one, 1.0, 1))
    assert np.array_equal(posterised, pixels & 0b11110000)
    solarised = np.asarray(CHANGES[NAMES.index("solarize")](one, 0.5, 1))
    assert np.array_equal(solarised, np.where(pixels < 128, pixels, 255 - pixels))
    moved = np.asarray(CHANGES[NAMES.index("translate x")](one, 1.0, 1)).astype(int)
    left = round(25 * 150 / 331)
    assert (moved[:, -left + 1 :] == GREY).all()
    grown = np.asarray(CHANGES[NAMES.index("brightness")](one, 1.0, -1))
    assert np.abs(grown - 0.1 * pixels).max() <= 1


@given(st.integers(0, 10_000), st.sampled_from([1, 3]), st.integers(1, 4), st.floats(0, 10), st.floats(0, 3))
def test_changes_are_a_function_of_their_draws(
    seed: int, channels: int, number: int, magnitude: float, spread: float
) -> None:
    one = np.asarray(image(channels, seed)).reshape(20, 25, channels)
    by = s.RandAugment(number, magnitude, spread)
    first, second = (changed(one, by, np.random.default_rng(seed)) for _ in range(2))
    assert first.shape == one.shape
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)


def test_a_share_of_images_is_flipped() -> None:
    one, draws = np.asarray(image(3)), np.random.default_rng(0)
    found = [changed(one, s.RandomFlip(0.3), draws) for _ in range(400)]
    flipped = [np.array_equal(each, one[:, ::-1]) for each in found]
    assert all(new or np.array_equal(each, one) for each, new in zip(found, flipped))
    assert 90 <= sum(flipped) <= 150


@given(st.integers(0, 10_000), st.floats(0.05, 1), st.floats(1, 3))
def test_a_crop_is_a_part_of_the_drawn_area_and_aspect(seed: int, least: float, aspect: float) -> None:
    """Of an image that rises to the right and downwards a crop rises by as much less as its sides are shorter."""
    rows, columns = np.mgrid[0:200:2, 0:200:2].astype(np.uint8)
    one = np.stack([rows, columns, rows], -1)
    found = changed(one, s.RandomCrop(least, aspect), np.random.default_rng(seed)).astype(float)
    tall, wide = ((found[80, 80, axis] - found[20, 20, axis]) / 120 for axis in (0, 1))
    assert least - 0.05 <= tall * wide <= 1.05
    assert 1 / aspect - 0.1 <= (wide + 0.02) / (tall + 0.02) <= aspect + 0.2
    assert np.array_equal(changed(one, s.RandomCrop(1.0, 1.0), np.random.default_rng(seed)), one)


@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 9), st.floats(0, 1))
def test_a_pasted_rectangle_and_the_share_that_is_left_go_together(
    seed: int, height: int, width: int, share: float
) -> None:
    one, other = np.zeros((2, height, width), np.float32), np.ones((2, height, width), np.float32)
    found, left = pasted(one, other, share, np.random.default_rng(seed))
    assert left == pytest.approx(1 - float(found.mean()))
    assert left >= share - 1e-6
    assert blended(one, other, share).mean() == pytest.approx(1 - share, abs=1e-6)


@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(1, 30))
def test_what_is_erased_is_one_rectangle_at_most(seed: int, height: int, width: int) -> None:
    one = np.full((3, height, width), 9.0, np.float32)
    found = erased(one, np.random.default_rng(seed))
    new = (found != one).any(0)
    if new.any():
        rows, columns = new.any(1).nonzero()[0], new.any(0).nonzero()[0]
        assert new[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        assert new.mean() <= 0.55 or min(height, width) < 8  # a few pixels are rounded to
    assert (one == 9).all()

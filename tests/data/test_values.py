"""Numbers as tokens, there and back; patches of images."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from clados.data.errors import DataError
from clados.data.values import LARGEST, MU, discrete, from_bins, image_patches, mu_law, mu_law_inverse, to_bins

BINS, FIRST = 1024, 32_000  # arXiv:2205.06175 §2.1


def test_the_mu_law_has_the_papers_constants() -> None:
    """sgn(x) log(|x| mu + 1) / log(M mu + 1), mu 100, M 256 (appendix B, figure 14): by hand."""
    assert (MU, LARGEST) == (100, 256)
    found = mu_law(np.array([0.0, 1.0, -1.0, 256.0, 0.01]))
    assert found == pytest.approx([0, 0.454674, -0.454674, 1, 0.068288], abs=1e-6)


@given(arrays(np.float64, 9, elements=st.floats(-256, 256)))
def test_the_mu_law_goes_there_and_back(values: NDArray[np.float64]) -> None:
    coded = mu_law(values)
    assert (np.abs(coded) <= 1 + 1e-12).all()
    assert mu_law_inverse(coded) == pytest.approx(values, rel=1e-9, abs=1e-9)


@given(st.floats(-256, 256), st.floats(-256, 256))
def test_the_mu_law_keeps_order(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert mu_law(np.array(low)) <= mu_law(np.array(high))


@given(arrays(np.float64, 9, elements=st.floats(-1, 1)))
def test_a_value_comes_back_from_its_bin_by_half_a_bin_at_most(values: NDArray[np.float64]) -> None:
    ids = to_bins(values, BINS, FIRST)
    assert ids.min() >= FIRST
    assert ids.max() < FIRST + BINS
    assert np.abs(from_bins(ids, BINS, FIRST) - values).max() <= 1 / BINS + 1e-12


@given(st.integers(FIRST, FIRST + BINS - 1))
def test_a_bins_middle_is_in_it(number: int) -> None:
    ids = np.array([number])
    assert to_bins(from_bins(ids, BINS, FIRST), BINS, FIRST).tolist() == [number]


def test_the_ends_are_in_the_outer_bins_and_what_lies_beyond_is_clipped() -> None:
    values = np.array([-7.0, -1.0, 0.0, 1.0, 7.0])
    assert to_bins(values, BINS, FIRST).tolist() == [32_000, 32_000, 32_512, 33_023, 33_023]


def test_what_is_no_token_is_refused() -> None:
    with pytest.raises(DataError, match="not finite"):
        to_bins(np.array([0.0, np.nan]), BINS, FIRST)
    with pytest.raises(DataError, match="ids reach from 5 to 5; those of bins are 32000 to 33023"):
        from_bins(np.array([5]), BINS, FIRST)
    with pytest.raises(DataError, match="discrete values reach from 3 to 1024; 0 to 1023 are allowed"):
        discrete(np.array([3, 1024]))
    assert discrete(np.array([0, 1023])).tolist() == [0, 1023]


def test_an_image_is_cut_in_raster_order_and_each_patch_has_its_part_of_128() -> None:
    """The intervals of 80 x 64 pixels are those of appendix C.3's figure 15 (as github:OrigamiDream/gato README)."""
    image = np.arange(64 * 80 * 3).reshape(64, 80, 3).astype(np.uint8)
    patches, places = image_patches(image, 16, 128)
    assert patches.shape == (20, 3, 16, 16)
    assert places.shape == (20, 2, 2)
    assert patches[7, 2, 3, 5] == pytest.approx(image[16 + 3, 32 + 5, 2] / 127.5 - 1)
    assert patches.min() >= -1
    assert patches.max() <= 1
    assert places[::5, 0].tolist() == [[0, 32], [32, 64], [64, 96], [96, 128]]
    assert places[:5, 1].tolist() == [[0, 26], [26, 51], [51, 77], [77, 102], [102, 128]]


def test_an_image_that_patches_do_not_fill_is_refused() -> None:
    with pytest.raises(DataError, match="an image is 20 x 32 pixels; its sides must be multiples of 16"):
        image_patches(np.zeros((20, 32, 3), np.uint8), 16, 128)

"""Numbers as tokens: continuous values by the mu-law and bins, discrete ones as they are (Reed et al. 2022, §2.1)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.data.errors import DataError

MU, LARGEST = 100.0, 256.0  # the mu-law's constants mu and M (appendix B, figure 14)
DISCRETE = 1024  # values from 0 on

_Numbers = NDArray[np.floating[Any]]
_Ids = NDArray[np.int64]


def mu_law(values: _Numbers) -> _Numbers:
    """sign(x) log(|x| mu + 1) / log(M mu + 1): -M .. M to -1 .. 1, fine about 0 (appendix B, figure 14)."""
    coded: _Numbers = np.sign(values) * np.log1p(np.abs(values) * MU) / np.log1p(LARGEST * MU)
    return coded


def mu_law_inverse(values: _Numbers) -> _Numbers:
    """The numbers of which ``mu_law`` gives these."""
    plain: _Numbers = np.sign(values) * np.expm1(np.abs(values) * np.log1p(LARGEST * MU)) / MU
    return plain


def to_bins(values: _Numbers, bins: int, first: int) -> _Ids:
    """Numbers from -1 to 1, others clipped, as ids from ``first`` on of so many equally wide bins.

    Raises:
        DataError: for what is no number.
    """
    if not np.isfinite(values).all():
        raise DataError("a value is not finite; numbers can be tokens alone")
    found = np.floor((np.clip(values, -1, 1) + 1) / 2 * bins).astype(np.int64)
    return np.minimum(found, bins - 1) + first


def from_bins(ids: _Ids, bins: int, first: int) -> _Numbers:
    """The middle of each id's bin.

    Raises:
        DataError: for an id of no bin.
    """
    if ids.size and not (ids.min() >= first and ids.max() < first + bins):
        raise DataError(f"ids reach from {ids.min()} to {ids.max()}; those of bins are {first} to {first + bins - 1}")
    return (ids - first + 0.5) / bins * 2 - 1


def discrete(values: NDArray[Any]) -> _Ids:
    """Whole numbers from 0 on, which are ids as they are.

    Raises:
        DataError: for others.
    """
    if values.size and not (values.min() >= 0 and values.max() < DISCRETE):
        raise DataError(f"discrete values reach from {values.min()} to {values.max()}; 0 to {DISCRETE - 1} are allowed")
    return values.astype(np.int64)


def image_patches(image: NDArray[np.uint8], side: int, intervals: int) -> tuple[NDArray[np.float32], _Ids]:
    """An image's patches in raster order, numbers from -1 to 1, and where each stands in it.

    Args:
        image: [height, width, channels], both sides multiples of ``side``.
        intervals: into which height and width are divided.

    Returns:
        patches [count, channels, side, side], and [count, 2, 2]: the interval from, to of rows and that of columns
        (appendix C.3, figure 15).

    Raises:
        DataError: for an image that patches do not fill.
    """
    high, broad = image.shape[:2]
    if high % side or broad % side or not (high and broad):
        raise DataError(f"an image is {high} x {broad} pixels; its sides must be multiples of {side}")
    rows, columns = high // side, broad // side
    grid = image.reshape(rows, side, columns, side, -1).transpose(0, 2, 4, 1, 3).reshape(rows * columns, -1, side, side)
    across, down = (np.round(np.arange(n + 1) / n * intervals).astype(np.int64) for n in (columns, rows))
    places = [[(down[i], down[i + 1]), (across[j], across[j + 1])] for i in range(rows) for j in range(columns)]
    return (grid / 127.5 - 1).astype(np.float32), np.array(places)

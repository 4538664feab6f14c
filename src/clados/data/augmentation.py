"""Changes of images that leave their class as it is, and mixtures of two that have both classes."""

from collections.abc import Callable
from math import exp, log
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clados import spec as s

if TYPE_CHECKING:
    from PIL.Image import Image

GREY = 128  # what stands where a change leaves nothing of an image
ANGLE, SHEARED, MOVED = 30.0, 0.3, 150 / 331  # the most: degrees, and shares of a side (Cubuk et al. 2019, table 6)
ENHANCED, BITS, LEVELS = 0.9, 4, 256  # the most: of a factor beside 1, of bits taken away, of levels below white
CROPS = 10  # tries to find a part that lies within the image
AREA, ASPECT, TRIES = (0.02, 0.4), 0.3, 100  # of what is erased (Zhong et al. 2020, §4.1)


def changed(
    image: NDArray[np.uint8], by: s.ImageChange | tuple[s.ImageChange, ...], random: np.random.Generator
) -> NDArray[np.uint8]:
    """An image after the changes that are drawn: uint8 [height, width, channels], of the same shape."""
    from PIL import Image

    one = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    for each in by if isinstance(by, tuple) else (by,):
        one = _MAKERS[type(each)](one, each, random)
    return np.asarray(one).reshape(image.shape)


def _cropped(image: "Image", by: s.RandomCrop, random: np.random.Generator) -> "Image":
    from PIL import Image

    most = log(by.aspect)
    for _ in range(CROPS):
        area, aspect = random.uniform(by.least, 1), exp(random.uniform(-most, most))
        wide, tall = (area * aspect) ** 0.5, (area / aspect) ** 0.5  # shares of the sides
        if wide <= 1 and tall <= 1:
            break
    else:
        wide = tall = 1.0
    left, top = random.uniform(0, 1 - wide) * image.width, random.uniform(0, 1 - tall) * image.height
    box = (left, top, left + wide * image.width, top + tall * image.height)
    return image.resize(image.size, Image.Resampling.BICUBIC, box)


def _flipped(image: "Image", by: s.RandomFlip, random: np.random.Generator) -> "Image":
    from PIL import Image

    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if random.random() < by.share else image


def _drawn(image: "Image", by: s.RandAugment, random: np.random.Generator) -> "Image":
    for number in random.integers(len(CHANGES), size=by.number):
        share = min(10.0, max(0.0, random.normal(by.magnitude, by.spread))) / 10
        image = CHANGES[number](image, share, 1 if random.random() < 0.5 else -1)
    return image


_MAKERS: dict[type[s.ImageChange], Callable[["Image", Any, np.random.Generator], "Image"]] = {
    s.RandomCrop: _cropped,
    s.RandomFlip: _flipped,
    s.RandAugment: _drawn,
}


def erased(pixels: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    """An image as the model reads it, [channels, height, width], with noise in a rectangle of it."""
    height, width = pixels.shape[1:]
    for _ in range(TRIES):
        area, aspect = random.uniform(*AREA) * height * width, random.uniform(ASPECT, 1 / ASPECT)
        tall, wide = round((area * aspect) ** 0.5), round((area / aspect) ** 0.5)
        if 0 < tall <= height and 0 < wide <= width:
            top, left = random.integers(height - tall + 1), random.integers(width - wide + 1)
            found = pixels.copy()
            found[:, top : top + tall, left : left + wide] = random.standard_normal((len(pixels), tall, wide))
            return found
    return pixels


def blended(image: NDArray[np.float32], other: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """``share`` of an image and the rest of another, number by number."""
    return (share * image + (1 - share) * other).astype(np.float32)


def pasted(
    image: NDArray[np.float32], other: NDArray[np.float32], share: float, random: np.random.Generator
) -> tuple[NDArray[np.float32], float]:
    """An image with a rectangle of another where its middle is drawn, and the share of the image that is left.

    The rectangle is a share 1 - ``share`` of the area, less what of it lies outside.
    """
    height, width = image.shape[1:]
    side = (1 - share) ** 0.5
    spans = []
    for length in (height, width):
        middle, half = random.integers(length), int(side * length) // 2
        spans.append(slice(max(0, middle - half), min(length, middle + half)))
    rows, columns = spans
    found = image.copy()
    found[:, rows, columns] = other[:, rows, columns]
    taken = (rows.stop - rows.start) * (columns.stop - columns.start)
    return found, 1 - taken / (height * width)


# ---------------------------------------------------------------- the 14 changes, by a share of their most and a sign


def _moved(image: "Image", *numbers: float) -> "Image":
    """The image whose pixel (x, y) is that at (a x + b y + c, d x + e y + f) before."""
    from PIL import Image

    grey = GREY if image.mode == "L" else (GREY,) * 3
    return image.transform(image.size, Image.Transform.AFFINE, numbers, Image.Resampling.BILINEAR, fillcolor=grey)


def _rotated(image: "Image", share: float, sign: int) -> "Image":
    from PIL import Image

    grey = GREY if image.mode == "L" else (GREY,) * 3
    return image.rotate(sign * share * ANGLE, Image.Resampling.BILINEAR, fillcolor=grey)


def _plain(name: str) -> Callable[["Image", float, int], "Image"]:
    """A change of Pillow's ImageOps that has no magnitude."""

    def change(image: "Image", share: float, sign: int) -> "Image":
        from PIL import ImageOps

        found: Image = getattr(ImageOps, name)(image)
        return found

    return change


def _enhanced(name: str) -> Callable[["Image", float, int], "Image"]:
    """One of Pillow's ImageEnhance."""

    def change(image: "Image", share: float, sign: int) -> "Image":
        from PIL import ImageEnhance

        made: Any = getattr(ImageEnhance, name)(image)
        found: Image = made.enhance(1 + sign * share * ENHANCED)
        return found

    return change


def _posterised(image: "Image", share: float, sign: int) -> "Image":
    from PIL import ImageOps

    return ImageOps.posterize(image, 8 - round(share * BITS))


def _solarised(image: "Image", share: float, sign: int) -> "Image":
    from PIL import ImageOps

    return ImageOps.solarize(image, round((1 - share) * LEVELS))


CHANGES: tuple[Callable[["Image", float, int], "Image"], ...] = (
    lambda image, share, sign: image,
    _plain("autocontrast"),
    _plain("equalize"),
    _rotated,
    _solarised,
    _posterised,
    *map(_enhanced, ("Color", "Contrast", "Brightness", "Sharpness")),
    lambda image, share, sign: _moved(image, 1, sign * share * SHEARED, 0, 0, 1, 0),
    lambda image, share, sign: _moved(image, 1, 0, 0, sign * share * SHEARED, 1, 0),
    lambda image, share, sign: _moved(image, 1, 0, sign * share * MOVED * image.width, 0, 1, 0),
    lambda image, share, sign: _moved(image, 1, 0, 0, 0, 1, sign * share * MOVED * image.height),
)

"""Encoded images to RGB bytes: which formats are opened, how large an image may be, what each kind of pixel means."""

import io
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clados.data.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

_SUFFIXES = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg"),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "BMP": (".bmp",),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm", ".pbm"),
}  # by Pillow's name of the format; no other is opened
IMAGE_SUFFIXES = tuple(suffix for suffixes in _SUFFIXES.values() for suffix in suffixes)
MOST_PIXELS = 89_478_485  # Pillow's own limit: 256 MiB at three bytes a pixel


def decode_image(data: bytes, where: str) -> NDArray[np.uint8]:
    """The pixels of an encoded image, uint8 [height, width, 3].

    Raises:
        DataError: the bytes are no image of these formats, damaged, or declare too many pixels.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=tuple(_SUFFIXES)) as image:
                return rgb(image)
    except DataError as error:
        raise DataError(f"{where}: {error}") from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise DataError(f"{where}: an image of more than {MOST_PIXELS:,} pixels; make it smaller") from error
    except UnidentifiedImageError as error:
        allowed = ", ".join(_SUFFIXES)
        raise DataError(f"{where}: not a readable image; formats that are read: {allowed}") from error
    except Exception as error:  # Pillow's decoders raise many kinds
        raise DataError(f"{where}: not a readable image ({' '.join(str(error).split())})") from error


def rgb(image: "Image") -> NDArray[np.uint8]:
    """An image of Pillow as uint8 [height, width, 3], turned as its EXIF says.

    Transparency is dropped, as in torchvision's and transformers' loaders. Of 16 bits the higher 8 are kept, for grey
    as Pillow keeps them for RGB (its own conversion of grey would clip at 255).

    Raises:
        DataError: for numbers of 32 bits, whose range nothing says.
    """
    from PIL import ImageOps

    form, image = image.format, ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):
        return _grey(np.asarray(image))
    if image.mode == "I" and form in ("PNG", "PPM"):
        return _grey(np.asarray(image).clip(0, 65535))
    if image.mode in ("I", "F"):
        raise DataError(f"its pixels are numbers of 32 bits (mode {image.mode}); save it with 8 or 16 bits a channel")
    return np.asarray(image.convert("RGB"))


def _grey(sixteen: NDArray[Any]) -> NDArray[np.uint8]:
    """[height, width] from 0 to 65535 as [height, width, 3] from 0 to 255."""
    return np.repeat((sixteen >> 8).astype(np.uint8)[..., None], 3, axis=2)

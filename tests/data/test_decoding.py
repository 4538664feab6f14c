"""Encoded images become the RGB that viewers, torchvision and transformers show; what has no such is refused."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from transformers.image_utils import load_image

from clados.data.decoding import decode_image
from clados.data.examples import DataError, Encoded

COLOURS = np.random.default_rng(0).integers(0, 256, (4, 6, 3)).astype(np.uint8)


def encoded(image: Image.Image, form: str, orientation: int = 0) -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    if orientation:
        exif[0x112] = orientation
    image.save(out, form, **({"exif": exif} if orientation else {}))
    return out.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", [1, 2, 3, 4, 5, 6, 7, 8])
def test_exif_turns_an_image(tmp_path: Path, form: str, orientation: int) -> None:
    file = tmp_path / "x"
    file.write_bytes(encoded(Image.fromarray(COLOURS), form, orientation))
    np.testing.assert_array_equal(Encoded(file).pixels(), np.asarray(load_image(str(file))))
    assert Encoded(file).pixels().shape[:2] == ((4, 6) if orientation < 5 else (6, 4))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_modes_of_eight_bits_are_as_in_transformers(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(COLOURS).convert(mode)
    if mode == "RGBA":
        image.putalpha(100)
    file = tmp_path / "x"
    file.write_bytes(encoded(image, "TIFF" if mode == "CMYK" else "PNG"))
    np.testing.assert_array_equal(decode_image(file.read_bytes(), "x"), np.asarray(load_image(str(file))))


def test_a_palette_with_transparency_has_its_colours() -> None:
    out = io.BytesIO()
    palette = Image.fromarray(COLOURS).convert("P")
    palette.save(out, "PNG", transparency=bytes(range(256)))
    assert np.array_equal(decode_image(out.getvalue(), "x"), np.asarray(palette.convert("RGB")))


SIXTEEN = np.array([[0, 255, 256, 1000], [30000, 32768, 65279, 65535]], np.uint16)


@pytest.mark.parametrize("form", ["PNG", "TIFF", "PPM"])
def test_grey_of_sixteen_bits_keeps_its_higher_eight(form: str) -> None:
    """Pillow's own conversion would clip at 255; of RGB of 16 bits it keeps the higher 8, as libpng's strip_16 does."""
    found = decode_image(encoded(Image.fromarray(SIXTEEN), form), "x")
    assert found.shape == (2, 4, 3)
    assert np.array_equal(found, np.repeat((SIXTEEN >> 8)[..., None], 3, 2))


def test_numbers_of_32_bits_are_refused() -> None:
    with pytest.raises(DataError, match=r"x: its pixels are numbers of 32 bits \(mode F\)"):
        decode_image(encoded(Image.fromarray(SIXTEEN.astype(np.float32)), "TIFF"), "x")
    with pytest.raises(DataError, match=r"x: its pixels are numbers of 32 bits \(mode I\)"):
        decode_image(encoded(Image.fromarray(SIXTEEN.astype(np.int32)), "TIFF"), "x")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("side", [10_000, 20_000, 2**31 - 1])
def test_more_pixels_than_pillow_allows_are_refused_unread(side: int) -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    with pytest.raises(DataError, match="x: an image of more than 89,478,485 pixels"):
        decode_image(data, "x")


@pytest.mark.parametrize("form", ["ICO", "PCX", "TGA", "EPS", "PDF"])
def test_no_other_format_is_opened(form: str) -> None:
    with pytest.raises(DataError, match="x: not a readable image; formats that are read: PNG, JPEG, WEBP"):
        decode_image(encoded(Image.fromarray(COLOURS), form), "x")


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def test_a_cut_image_is_refused_by_name(tmp_path: Path) -> None:
    image: NDArray[np.uint8] = np.tile(COLOURS, (30, 30, 1))
    for form in ("PNG", "JPEG", "BMP"):
        (tmp_path / form).write_bytes(b"...." + cut(encoded(Image.fromarray(image), form)))
        with pytest.raises(DataError, match=f"{form}: 1.png: not a readable image"):
            Encoded(tmp_path / form, 4, member="1.png").pixels()

"""Images that commands write: PNG files, and the frames of a GIF."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clados.errors import InputError
from clados.files import write_whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LAST_FRAME = 1_000  # milliseconds for which a GIF's last frame stands


def names_of_several(file: Path, number: int) -> list[Path]:
    """The names of so many files: of several, with a number before the ending."""
    return [file] if number == 1 else [file.with_stem(f"{file.stem}-{i + 1}") for i in range(number)]


def write_png(file: Path, image: "NDArray[np.uint8]") -> None:
    """Write an image, uint8 [height, width, 1 or 3], whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    _write(file, [image], format="PNG")


def write_gif(file: Path, frames: "Sequence[NDArray[np.uint8]]", milliseconds: int) -> None:
    """Write frames, uint8 [height, width, 1 or 3] each, as a GIF that begins anew when it has ended.

    Args:
        milliseconds: for which each but the last stands.

    Raises:
        InputError: it cannot be written.
    """
    durations = [milliseconds] * (len(frames) - 1) + [LAST_FRAME]
    _write(file, frames, format="GIF", save_all=True, duration=durations, loop=0)


def _write(file: Path, frames: "Sequence[NDArray[np.uint8]]", **how: Any) -> None:
    from PIL import Image

    first, *others = (Image.fromarray(each.squeeze(-1) if each.shape[-1] == 1 else each) for each in frames)
    how |= {"append_images": others} if others else {}
    try:
        write_whole(file, partial(first.save, **how))
    except OSError as error:
        raise InputError(f"{file}: not written ({error})") from error

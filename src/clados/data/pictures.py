"""How an image becomes what a model reads, in the words of Hugging Face's preprocessor_config.json."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from clados.data.examples import DataError

FILE = "preprocessor_config.json"
KINDS = (0, 1, 2, 3, 4, 5)  # Pillow's numbers for ways to resample


@dataclass(frozen=True)
class Preprocessing:
    """Resize, crop, scale and normalise.

    Attributes:
        size: (height, width) to stretch to, or one number for the shorter side; None leaves images as they are.
        crop: (height, width) of the middle that is kept; None keeps all.
        resample: Pillow's number of the way.
        factor: what the bytes are multiplied with.
        mean, std: of each channel, after that.
    """

    size: tuple[int, int] | int | None
    crop: tuple[int, int] | None = None
    resample: int = 2
    factor: float = 1 / 255
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    std: tuple[float, ...] = (0.5, 0.5, 0.5)

    @classmethod
    def usual(cls, side: int, channels: int = 3) -> Self:
        """What Clados trains with: the shorter side to ``side``, the middle of the longer, -1 to 1."""
        return cls(side, (side, side), mean=(0.5,) * channels, std=(0.5,) * channels)

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Self:
        """The steps that a preprocessor_config.json says.

        Raises:
            DataError: for a value that cannot be used.
        """
        try:
            size = _size(config.get("size")) if config.get("do_resize", True) else None
            crop = _size(config.get("crop_size")) if config.get("do_center_crop", False) else None
            normal = config.get("do_normalize", True)
            resample = int(config.get("resample", 2))
            if resample not in KINDS:
                raise ValueError(f"resample is {resample}; allowed: {', '.join(map(str, KINDS))}")
            return cls(
                size=size,
                crop=(crop, crop) if isinstance(crop, int) else crop,
                resample=resample,
                factor=float(config.get("rescale_factor", 1 / 255)) if config.get("do_rescale", True) else 1.0,
                mean=tuple(map(float, config.get("image_mean", (0.5,) * 3))) if normal else (0.0,) * 3,
                std=tuple(map(float, config.get("image_std", (0.5,) * 3))) if normal else (1.0,) * 3,
            )
        except (TypeError, ValueError, KeyError) as error:
            raise DataError(f"{FILE}: unusable ({error})") from error

    def config(self) -> dict[str, Any]:
        """The same as preprocessor_config.json, for the class of transformers that crops after it resizes."""
        size = {"shortest_edge": self.size} if isinstance(self.size, int) else _named(self.size)
        return {
            "image_processor_type": "CLIPImageProcessor",
            "do_convert_rgb": len(self.mean) == 3,
            "do_resize": self.size is not None,
            "size": size,
            "resample": self.resample,
            "do_center_crop": self.crop is not None,
            "crop_size": _named(self.crop),
            "do_rescale": self.factor != 1.0,
            "rescale_factor": self.factor,
            "do_normalize": True,
            "image_mean": list(self.mean),
            "image_std": list(self.std),
        }

    def __call__(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 [height, width, channels] as the model reads it, [channels, height, width]."""
        found = self._cropped(self._resized(np.atleast_3d(image))).astype(np.float32)
        if found.shape[2] != len(self.mean):
            found = np.repeat(found.mean(2, keepdims=True), len(self.mean), 2)
        mean, std = np.array(self.mean, np.float32), np.array(self.std, np.float32)
        scaled = (found * np.float32(self.factor) - mean) / std
        return np.ascontiguousarray(scaled.transpose(2, 0, 1))

    def _resized(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = image.shape[:2]
        match self.size:
            case None:
                return image
            case int(side):
                shorter = min(height, width)
                tall, wide = int(side * height / shorter), int(side * width / shorter)
            case _:
                tall, wide = self.size
        if (tall, wide) == (height, width):
            return image
        from PIL import Image

        plain = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
        return np.atleast_3d(np.asarray(plain.resize((wide, tall), Image.Resampling(self.resample))))

    def _cropped(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self.crop is None:
            return image
        (height, width), (tall, wide) = self.crop, image.shape[:2]
        if tall < height or wide < width:
            raise DataError(f"an image of {tall}x{wide} cannot be cropped to {height}x{width}")
        top, left = (tall - height) // 2, (wide - width) // 2
        return image[top : top + height, left : left + width]


def _size(said: Any) -> tuple[int, int] | int | None:
    if isinstance(said, Mapping):
        if "shortest_edge" in said:
            return int(said["shortest_edge"])
        return int(said["height"]), int(said["width"])
    if isinstance(said, Sequence):
        height, width = said
        return int(height), int(width)
    return None if said is None else (int(said), int(said))


def _named(size: tuple[int, int] | None) -> dict[str, int] | None:
    return None if size is None else {"height": size[0], "width": size[1]}

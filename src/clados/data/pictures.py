"""How an image becomes what a model reads, in the words of Hugging Face's preprocessor_config.json."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from clados.data.decoding import MOST_PIXELS
from clados.data.errors import DataError
from clados.files import JsonObject

PREPROCESSOR_FILE = "preprocessor_config.json"
_RESAMPLING = (0, 1, 2, 3, 4, 5)  # Pillow's numbers for ways to resample
HALVES = (0.5, 0.5, 0.5)


@dataclass(frozen=True)
class Defaults:
    """What a class of transformers does where its file says nothing (5.x, and 4.x's feature extractors alike).

    Attributes:
        square: whether a number as size is both sides; else it is the shorter one.
        cropped: whether the middle is cropped out.
    """

    size: tuple[int, int] | int
    square: bool = True
    crop: tuple[int, int] = (224, 224)
    cropped: bool = False
    resample: int = 2
    mean: tuple[float, ...] = HALVES
    std: tuple[float, ...] = HALVES


_CLIP = Defaults(
    224,
    square=False,
    cropped=True,
    resample=3,
    mean=(0.48145466, 0.4578275, 0.40821073),  # OPENAI_CLIP_MEAN, OPENAI_CLIP_STD
    std=(0.26862954, 0.26130258, 0.27577711),
)
_CLASSES = {  # by the name of the class without ImageProcessor, ImageProcessorFast or FeatureExtractor
    "CLIP": _CLIP,
    "ChineseCLIP": _CLIP,
    "Bit": _CLIP,
    "ViT": Defaults((224, 224)),
    "DeiT": Defaults((256, 256), cropped=True, resample=3),
    "Siglip": Defaults((224, 224), resample=3),
}
_MEANINGLESS = (  # keys that change no pixel here: images are always RGB, arrays [height, width, channels]
    "do_convert_rgb", "processor_class", "default_to_square", "data_format", "input_data_format", "return_tensors",
    "device", "disable_grouping", "_valid_processor_keys", "_processor_class",
)  # fmt: skip


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
    mean: tuple[float, ...] = HALVES
    std: tuple[float, ...] = HALVES

    @classmethod
    def usual(cls, side: int, channels: int = 3) -> Self:
        """What Clados trains with: the shorter side to ``side``, the middle of the longer, -1 to 1."""
        return cls(side, (side, side), mean=(0.5,) * channels, std=(0.5,) * channels)

    @classmethod
    def of(cls, config: Mapping[str, Any] | JsonObject, usual: str = "ViT") -> Self:
        """The steps that a preprocessor_config.json says, and its class where it says nothing.

        Args:
            usual: the class, without ImageProcessor, where the file names none or one that is not known.

        Raises:
            DataError: for a value that cannot be used.
        """
        settings = config if isinstance(config, JsonObject) else JsonObject(Path(PREPROCESSOR_FILE), config, DataError)
        settings.ignore(*_MEANINGLESS)
        default = _CLASSES[_class(settings, usual)]
        size = _size(settings, "size", default.square) or default.size
        crop = _size(settings, "crop_size", square=True) or default.crop
        if isinstance(crop, int):
            raise settings.refuse("crop_size", "needed are height and width")
        resample = settings.take("resample", int, default.resample)
        if resample not in _RESAMPLING:
            raise settings.refuse("resample", f"allowed: {', '.join(map(str, _RESAMPLING))}")
        factor, mean = settings.take("rescale_factor", float, 1 / 255), _channels(settings, "image_mean", default.mean)
        std = _channels(settings, "image_std", default.std)
        if len(mean) != len(std):
            raise settings.refuse("image_std", f"image_mean has {len(mean)} numbers")
        if 0 in std:
            raise settings.refuse("image_std", "it divides, so no number may be 0")
        cropped = settings.take("do_center_crop", bool, default=default.cropped)
        normalised = settings.take("do_normalize", bool, default=True)
        if settings.take("do_pad", bool, default=False):
            settings.note("do_pad", "images are not padded here")
        return cls(
            size=size if settings.take("do_resize", bool, default=True) else None,
            crop=crop if cropped else None,
            resample=resample,
            factor=factor if settings.take("do_rescale", bool, default=True) else 1.0,
            mean=mean if normalised else (0.0,) * len(mean),
            std=std if normalised else (1.0,) * len(std),
        )

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
        if not tall * wide <= MOST_PIXELS or not tall or not wide:
            raise DataError(f"an image of {height}x{width} would be resized to {tall}x{wide}; it is too thin")
        from PIL import Image

        plain = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
        return np.atleast_3d(np.asarray(plain.resize((wide, tall), Image.Resampling(self.resample))))

    def _cropped(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The middle; what an image lacks is black around it, as in transformers' center_crop."""
        if self.crop is None:
            return image
        (height, width), (tall, wide) = self.crop, image.shape[:2]
        if height > tall or width > wide:
            more = [max(0, height - tall), max(0, width - wide)]
            image = np.pad(image, [*((ceil(each / 2), each // 2) for each in more), (0, 0)])
        top, left = (max(tall, height) - height) // 2, (max(wide, width) - width) // 2
        return image[top : top + height, left : left + width]


def _class(settings: JsonObject, usual: str) -> str:
    name = settings.take("image_processor_type", str, None)
    older = settings.take("feature_extractor_type", str, None)
    key, name = ("image_processor_type", name) if name else ("feature_extractor_type", older or usual)
    stem = re.sub(r"(ImageProcessor|FeatureExtractor)(Fast|Pil)?$", "", name)
    if stem not in _CLASSES:
        settings.note(key, f"not known here, so what it leaves open is as in {usual}ImageProcessor")
        return usual
    return stem


def _size(settings: JsonObject, key: str, square: bool) -> tuple[int, int] | int | None:
    """(height, width), or the shorter side; None where the file has no size."""
    value = settings.take(key, int | list | tuple | dict, None)
    side: tuple[Any, ...]
    match value:
        case None:
            return None
        case int():
            side = (value, value) if square else (value,)
        case list() | tuple():
            side = tuple(value)
        case {"shortest_edge": shortest, **rest} if not any(rest.values()):
            side = (shortest,)
        case {"height": height, "width": width, **rest} if not any(rest.values()):
            side = (height, width)
        case {"longest_edge": longest} if longest is not None:
            allowed = "allowed are height and width, or shortest_edge alone"
            raise settings.refuse(key, f"longest_edge is {longest}, which is not supported; {allowed}")
        case _:
            side = ()
    usable = all(isinstance(each, int) and not isinstance(each, bool) and each > 0 for each in side)
    if not usable or len(side) not in (1, 2) or (side[0] * side[-1]) > MOST_PIXELS:
        allowed = "a number, [height, width], or an object with height and width, or with shortest_edge"
        raise settings.refuse(key, f"needed is {allowed}; at most {MOST_PIXELS:,} pixels")
    return side[0] if len(side) == 1 else (side[0], side[1])


def _channels(settings: JsonObject, key: str, default: tuple[float, ...]) -> tuple[float, ...]:
    """A number for each channel."""
    value = settings.take(key, float | list | tuple, None)
    if value is None:
        return default
    each = list(value) if isinstance(value, list | tuple) else [value] * len(default)
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) and abs(one) < 1e6 for one in each)
    if not numbers or len(each) not in (1, 3):
        raise settings.refuse(key, "needed are 1 or 3 numbers")
    return tuple(map(float, each))


def _named(size: tuple[int, int] | None) -> dict[str, int] | None:
    return None if size is None else {"height": size[0], "width": size[1]}

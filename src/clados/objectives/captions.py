"""Images and texts of them, as models read them that paint."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clados import spec as s
from clados.data.examples import Captioned, Picture, pixels as decoded
from clados.data.packing import generator
from clados.data.pictures import Preprocessing
from clados.objectives.base import Ids, padded
from clados.objectives.tasks import Listed, Source, SourceConfig, of_kind
from clados.spec import Causal

FURTHER_CAPTIONS = 2  # captions of an image that follow its best, at most


@dataclass(frozen=True, eq=False)
class Painted:
    """An image, one text of it with its marks, and the marks around none; for a model without text no ids."""

    picture: Picture
    ids: Ids
    empty: Ids


def painted(examples: Sequence[Any], config: SourceConfig, *, lower: bool = False) -> Source:
    """An image and its best caption; in later epochs with some of its others, drawn by lot.

    In a control each number of each pixel is that of another image: nothing is left that one could tell of another.

    Args:
        lower: whether texts are in small letters.
    """
    rows = of_kind(examples, Captioned)
    encode = config.tokenizer.encode if config.tokenizer else None
    images: Any = config.model.reads(s.Pixels) if config.model else None
    if config.shuffled and images:
        mixed = scrambled(np.stack([as_bytes(row.picture, images) for row in rows]), config.seed)
        rows = [replace(row, picture=picture) for row, picture in zip(rows, mixed)]

    none = np.array(encode("") if encode else [], np.int64)

    def make(row: Captioned, epoch: int, index: int) -> Painted:
        texts = list(row.captions[:1])
        if epoch:
            random = generator(config.seed, 3, epoch, index)
            others = random.permutation(len(row.captions) - 1)[: random.integers(0, FURTHER_CAPTIONS, endpoint=True)]
            texts += [row.captions[1 + i] for i in others]
        text = ", ".join(texts)
        return Painted(row.picture, np.array(encode(text.lower() if lower else text) if encode else [], np.int64), none)

    return Listed(rows, make)


def scrambled(images: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """Each number of each place from another image: [images, height, width, channels], the same shape."""
    random = generator(seed, 2)
    order = random.permuted(np.broadcast_to(np.arange(len(images))[:, None], (len(images), images[0].size)), axis=0)
    return np.take_along_axis(images.reshape(len(images), -1), order, 0).reshape(images.shape)


def as_bytes(picture: Picture, inputs: s.Pixels) -> NDArray[np.uint8]:
    """An image brought to the side that a model reads, uint8 [height, width, channels]."""
    read = Preprocessing.usual(inputs.image, inputs.channels)(decoded(picture))
    return ((read.transpose(1, 2, 0) + 1) * 127.5).round().astype(np.uint8)


def read_pixels(rows: Sequence[Any], inputs: s.Pixels) -> Tensor:
    """The images as a model reads them: [images, channels, side, side], from -1 to 1."""
    read = Preprocessing.usual(inputs.image, inputs.channels)
    return torch.from_numpy(np.stack([read(decoded(row.picture)) for row in rows]))


def filled(rows: Sequence[Ids], text: Any, fill: int, room: int, end: int | None) -> tuple[Tensor, Tensor]:
    """Ids of texts and what is read of them, both [texts, length].

    Texts are as long as a tower has positions; what fills them up is read where no text's end can be known otherwise,
    in a tower where each position sees those before, and masked where there are no positions. One that is too long
    keeps its end.

    Args:
        text: the declared tower; room: tokens at most, where it has any number of positions.
    """
    position = text.inputs.position
    most = position.length - position.start if isinstance(position, s.Learned) else room or max(map(len, rows))
    cut = [row if len(row) <= most else row[:most] if end is None else np.append(row[: most - 1], end) for row in rows]
    ids, keep = padded(cut, fill, most if isinstance(position, s.Learned) else 0)
    whole = keep is None or isinstance(text.stack.sees, Causal)
    return ids, torch.ones_like(ids) if whole or keep is None else keep.long()

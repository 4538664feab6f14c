"""classify: what an image shows."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from clados import spec as s
from clados.apply.images import Image, pixel_values, several
from clados.apply.ready import Source, batched, load


@dataclass(frozen=True)
class Label:
    """A class, by name and number, and how probable the model finds it."""

    label: str
    number: int
    probability: float


@torch.inference_mode()
def classify(
    source: Source,
    images: Image | Sequence[Image],
    *,
    top: int = 5,
    batch: int = 32,
    device: str | torch.device = "cpu",
) -> list[tuple[Label, ...]]:
    """The likeliest classes of each image, the best first.

    Args:
        images: paths of PNG or JPEG files, or arrays, uint8 [height, width, channels].

    Raises:
        SpecError: for a model that classifies no images, and numbers out of range.
        DataError: for no images, and a file that is no image.
    """
    if top < 1:
        raise s.SpecError(f"top is {top}; it must be at least 1")
    ready, images = load(source, "classify", device=device), several(images)
    found: list[tuple[Label, ...]] = []
    for numbers in sorted(batched(images, batch, lambda _: 0)):
        pixels = pixel_values(ready, [images[number] for number in numbers], ready.spec.inputs)  # type: ignore[attr-defined]
        scores = ready.model(pixel_values=pixels).logits.float().softmax(-1)
        likely = scores.topk(min(top, scores.size(-1)))
        for chances, chosen in zip(likely.values.tolist(), likely.indices.tolist()):
            found.append(tuple(Label(named(ready.labels, i), i, chance) for i, chance in zip(chosen, chances)))
    return found


def named(labels: Sequence[str], number: int) -> str:
    """The name of a class; its number where it has none."""
    return labels[number] if number < len(labels) else str(number)

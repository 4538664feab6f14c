"""classify: what an image shows."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from clados.apply.images import Image, pixel_values, several
from clados.apply.ready import ModelSource, batched, load
from clados.errors import InputError
from clados.nn.memory import enough_memory


@dataclass(frozen=True)
class Label:
    """A class: its name, its number and its probability.

    The probabilities of an image's classes sum to 1, unless the classes do not exclude each other.
    """

    label: str
    number: int
    probability: float


@enough_memory("classifying these images", "give a smaller batch")
@torch.inference_mode()
def classify(
    source: ModelSource,
    images: Image | Sequence[Image],
    *,
    top: int = 5,
    batch: int = 32,
    device: str | torch.device = "cpu",
) -> list[tuple[Label, ...]]:
    """The likeliest classes of each image, the best first.

    Scores become probabilities as in transformers' pipeline: by a softmax, or one by one by a sigmoid, where the config
    says ``multi_label_classification`` or there is a single label.

    Args:
        images: paths, images of Pillow, or arrays or tensors, uint8 [height, width, channels]; of four axes a batch.

    Raises:
        InputError: for a model that classifies no images, or gives numbers instead (``regression``), and numbers out of
            range.
        DataError: for no images, and a file that is no image.
    """
    if top < 1:
        raise InputError(f"top is {top}; it must be at least 1")
    ready, images = load(source, "classify", device=device), several(images)
    if ready.problem == "regression":
        raise InputError(f"{ready.name}: its config says regression: it gives numbers, and no classes")
    found: list[tuple[Label, ...]] = []
    for numbers in sorted(batched(images, batch, lambda _: 0)):
        pixels = pixel_values(ready, [images[number] for number in numbers])
        scores = _probabilities(ready.model(pixel_values=pixels).logits.float(), ready.problem)
        likely = scores.topk(min(top, scores.size(-1)))
        for chances, chosen in zip(likely.values.tolist(), likely.indices.tolist()):
            found.append(tuple(Label(_named(ready.labels, i), i, chance) for i, chance in zip(chosen, chances)))
    return found


def _probabilities(scores: Tensor, problem: str) -> Tensor:
    """[images, classes] of any numbers as probabilities."""
    independent = problem == "multi_label_classification" or scores.size(-1) == 1
    return scores.sigmoid() if independent else scores.softmax(-1)


def _named(labels: Sequence[str], number: int) -> str:
    """The name of a class; its number where it has none."""
    return labels[number] if number < len(labels) else str(number)

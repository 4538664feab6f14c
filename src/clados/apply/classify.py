"""classify: what an image shows, or a text says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from clados import spec as s
from clados.apply.images import Image, pixel_values, several
from clados.apply.ready import ModelSource, Ready, batched, load
from clados.apply.whole import read_ready
from clados.data.examples import DataError
from clados.errors import InputError
from clados.nn.memory import enough_memory

TextOrPair = str | tuple[str, str]


@dataclass(frozen=True)
class Label:
    """A class: its name, its number and its probability.

    The probabilities of all classes sum to 1, unless the classes do not exclude each other.
    """

    label: str
    number: int
    probability: float


@enough_memory("classifying these", "give a smaller batch")
@torch.inference_mode()
def classify(
    source: ModelSource,
    inputs: Image | TextOrPair | Sequence[Image | TextOrPair],
    *,
    top: int = 5,
    batch: int = 32,
    device: str | torch.device = "cpu",
) -> list[tuple[Label, ...]]:
    """The likeliest classes of each image or text, the best first.

    Scores become probabilities as in transformers' pipeline: by a softmax, or one by one by a sigmoid, where the config
    says ``multi_label_classification`` or there is a single label.

    Args:
        inputs: of a model of images paths, images of Pillow, or arrays or tensors, uint8 [height, width, channels]; of
            four axes a batch. Of one of texts these, and as a tuple two that are read together; what is longer than the
            model's positions is cut, and a warning says so.

    Raises:
        InputError: for a model without classes, or one that gives numbers instead (``regression``), numbers out of
            range, and an empty text.
        DataError: for no inputs, and a file that is no image.
    """
    if top < 1:
        raise InputError(f"top is {top}; it must be at least 1")
    ready = load(source, "classify", device=device)
    if ready.problem == "regression":
        raise InputError(f"{ready.name}: its config says regression: it gives numbers, and no classes")
    number, scored = _of_texts(ready, inputs) if ready.spec.reads(s.Tokens) else _of_images(ready, inputs)
    found: list[tuple[Label, ...]] = [()] * number
    for numbers in batched(range(number), batch, lambda _: 0):
        scores = _probabilities(scored(numbers).float(), ready.problem)
        likely = scores.topk(min(top, scores.size(-1)))
        for at, chances, chosen in zip(numbers, likely.values.tolist(), likely.indices.tolist()):
            found[at] = tuple(Label(_named(ready.labels, i), i, chance) for i, chance in zip(chosen, chances))
    return found


def _of_images(ready: Ready, inputs: Any) -> tuple[int, Callable[[Sequence[int]], Tensor]]:
    """How many there are, and their scores by their numbers."""
    images = several(inputs)

    def scored(numbers: Sequence[int]) -> Tensor:
        pixels = pixel_values(ready, [images[number] for number in numbers])
        found: Tensor = ready.model(pixel_values=pixels).logits
        return found

    return len(images), scored


def _of_texts(ready: Ready, inputs: Any) -> tuple[int, Callable[[Sequence[int]], Tensor]]:
    """The same of texts, which are read as far as there are positions."""
    texts = [inputs] if isinstance(inputs, str | tuple) else list(inputs)
    if not texts:
        raise DataError("no text was given; at least one is needed")
    if wrong := next((each for each in texts if not _is_text(each)), None):
        raise InputError(f"{ready.name} classifies texts, and was given a {type(wrong).__name__}")
    if empty := [number for number, each in enumerate(texts, 1) if not "".join(each).strip()]:
        raise InputError(f"text {empty[0]} of {len(texts)} is empty; there is nothing to classify")
    pairs = [(each, "") if isinstance(each, str) else each for each in texts]
    ready.check_words([" ".join(pair) for pair in pairs], said=[first for first, _ in pairs], refuse=False)
    rows = ready.read(texts)

    def scored(numbers: Sequence[int]) -> Tensor:
        found: Tensor = ready.model(**read_ready(ready, [rows[number] for number in numbers])).logits
        return found

    return len(rows), scored


def _is_text(given: object) -> bool:
    return isinstance(given, str) or (
        isinstance(given, tuple) and len(given) == 2 and all(isinstance(each, str) for each in given)
    )


def _probabilities(scores: Tensor, problem: str) -> Tensor:
    """[images, classes] of any numbers as probabilities."""
    independent = problem == "multi_label_classification" or scores.size(-1) == 1
    return scores.sigmoid() if independent else scores.softmax(-1)


def _named(labels: Sequence[str], number: int) -> str:
    """The name of a class; its number where it has none."""
    return labels[number] if number < len(labels) else str(number)

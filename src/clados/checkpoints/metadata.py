"""What a model's directory says besides weights and tokenizer: class names, preprocessing, scales, what was learned.

Labels stand in config.json (``id2label``) and preprocessing in preprocessor_config.json, as in transformers; what
transformers has no word for is read from run.json, which the trainer writes.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from clados.checkpoints.errors import CheckpointError, LayoutError
from clados.checkpoints.formats import open_clip
from clados.checkpoints.formats.files import read_object
from clados.checkpoints.mapping.parsing import part
from clados.data.errors import DataError
from clados.data.pictures import PREPROCESSOR_FILE, Preprocessing
from clados.data.scaling import Scales
from clados.files import JsonObject, write_text
from clados.spec.core.declaration import parts
from clados.spec.errors import SpecError
from clados.spec.inputs.image import ImageInputs
from clados.spec.kinds.model import Model
from clados.spec.learning.objectives.base import Objective
from clados.spec.learning.recipe import Stage

T = TypeVar("T")
IMAGES = ("processor_config.json", PREPROCESSOR_FILE)  # the first is read where it says anything of images
TRAINED_KEY = ("model", "classes", "scales", "stage", "length")  # keys of run.json that tell of the model
PROBLEMS = ("single_label_classification", "multi_label_classification", "regression")


@dataclass(frozen=True)
class Metadata:
    """What belongs to a trained model; what a directory does not say is empty.

    Attributes:
        card: the model, perhaps with its size.
        labels: names of the classes, in order.
        problem: config.json's ``problem_type``, which says what the scores of the classes mean; empty when not said.
        images: how images are prepared.
        scales: of trajectories.
        objective: what the weights were trained on; None where only the paper's recipe is known.
        length: tokens or steps of the sequences that it was trained on; 0 when not known.
    """

    card: str = ""
    labels: tuple[str, ...] = ()
    problem: str = ""
    images: Preprocessing | None = None
    scales: Scales = field(default_factory=Scales)
    objective: Objective | None = None
    length: int = 0


def read_metadata(directory: Path) -> Metadata:
    """What a directory says besides weights and tokenizer.

    Raises:
        CheckpointError: a file is damaged, or holds what no Clados wrote.
        DataError: preprocessor_config.json holds a value that cannot be used.
    """
    config = _object(directory / "config.json")
    ours = config.inside("clados")
    run = _object(directory / "run.json") if (directory / "run.json").exists() else ours.inside("run")
    try:
        learned = part(stage, Stage).objective if (stage := run.take("stage", str, "")) else None
        return Metadata(
            card=run.take("model", str, "") or ours.take("card", str, ""),
            labels=_labels(config) or tuple(_listed(run, "classes", str)),
            problem=_problem(config) or getattr(learned, "problem", ""),
            images=images_of(directory)[0],
            scales=_scales(run.inside("scales")),
            objective=learned,
            length=_number(run, "length", 0),
        )
    except (LayoutError, SpecError) as error:
        raise CheckpointError(f"{run.file}: stage is unusable ({error})") from error


def training_record(directory: Path) -> dict[str, Any]:
    """What a directory says of how its model was trained, to be written with a copy; ``read_metadata`` reads it.

    It stands in run.json, or in a copy's config.json (``clados.run``).

    Raises:
        CheckpointError: a file is no JSON object.
    """
    own = (directory / "run.json").exists()
    run = _object(directory / "run.json") if own else _object(directory / "config.json").inside("clados").inside("run")
    return {key: run.peek(key) for key in TRAINED_KEY if key in run}


def image_files(directory: Path) -> dict[str, bytes]:
    """The files that say how images are prepared, by name."""
    return {name: (directory / name).read_bytes() for name in IMAGES if (directory / name).is_file()}


def _object(file: Path) -> JsonObject:
    return JsonObject.read(file, CheckpointError) if file.exists() else JsonObject(file, {}, CheckpointError)


def _number(said: JsonObject, key: str, usual: int) -> int:
    value = said.take(key, int, usual)
    if value < 0:
        raise said.refuse(key, "needed is an integer of 0 or more")
    return value


def _listed(said: JsonObject, key: str, kind: type[T]) -> list[T]:
    values = said.take(key, list, list[Any]())
    entries = JsonObject(said.file, {str(i): each for i, each in enumerate(values)}, said.error, inside=key)
    taken = [entries.take(str(i), kind, None) for i in range(len(values))]
    found = [each for each in taken if each is not None]
    if len(found) < len(values):
        raise said.refuse(key, "null is not among what it may list")
    return found


def _problem(config: JsonObject) -> str:
    problem = config.take("problem_type", str, "")
    if problem and problem not in PROBLEMS:
        raise config.refuse("problem_type", f"allowed: {', '.join(PROBLEMS)}")
    return problem


def images_of(directory: Path) -> tuple[Preprocessing | None, tuple[str, ...]]:
    """How a directory's files prepare images, and lines about what of them is not used; None where they do not say.

    transformers 5 writes what prepares images into processor_config.json where a tokenizer belongs to it (CLIP).

    Raises:
        DataError: for a value that cannot be used.
    """
    both, alone = (directory / name for name in IMAGES)
    said = JsonObject.read(both, DataError).inside("image_processor") if both.exists() else None
    if not (said and said.keys()):
        if not alone.exists() and not (directory / open_clip.CONFIG).exists():
            return None, ()
        said = JsonObject.read(alone, DataError) if alone.exists() else _of_open_clip(directory / open_clip.CONFIG)
    named = _if_there(directory / "config.json").get("model_type")
    clip = open_clip.is_open_clip(directory) or named in ("clip", open_clip.MODEL_TYPE)
    steps = Preprocessing.of(said, "CLIP" if clip else "ViT")
    return steps, said.notes


def _of_open_clip(file: Path) -> JsonObject:
    return JsonObject(file, open_clip.preprocessor(read_object(file)), DataError)


def _if_there(file: Path) -> dict[str, Any]:
    return read_object(file) if file.exists() else {}


def preprocessing(model: Model) -> Preprocessing | None:
    """How images are prepared for a model that was trained here; None for one that reads none."""
    patches = (each for each in parts(model) if isinstance(each, ImageInputs))
    return next((Preprocessing.usual(each.image, each.channels) for each in patches), None)


def _labels(config: JsonObject) -> tuple[str, ...]:
    """The names of the classes in the order of their numbers, which are the keys of ``id2label``."""
    named = config.inside("id2label")
    keys = named.keys()
    if odd := next((key for key in keys if not re.fullmatch(r"\d{1,9}", key)), None):
        raise named.refuse(odd, "needed are the numbers of classes as keys")
    return tuple(str(named.take(key, str | int | float, "")) for key in sorted(keys, key=int))


def _scales(said: JsonObject) -> Scales:
    usual = Scales()
    most = said.take("most", float, usual.most)
    return Scales(
        mean=tuple(_listed(said, "mean", float)),
        std=tuple(_listed(said, "std", float)),
        most=most,
        best=said.take("best", float, most),
        choices=_number(said, "choices", usual.choices),
        low=tuple(_listed(said, "low", float)),
        high=tuple(_listed(said, "high", float)),
        kinds=_number(said, "kinds", usual.kinds),
        edges=tuple(_edges(row, said) for row in _listed(said, "edges", list)),
    )


def _edges(row: list[Any], said: JsonObject) -> tuple[float, ...]:
    """The edges of a number's bins: two numbers or more, in order."""
    numbers = all(type(each) in (int, float) and math.isfinite(each) for each in row)
    if len(row) < 2 or not numbers or any(low >= high for low, high in pairwise(row)):
        raise said.refuse("edges", "needed are rows of two finite numbers or more, each above the one before")
    return tuple(map(float, row))


def labels_config(labels: Sequence[str], problem: str = "") -> dict[str, Any]:
    """What transformers' configs say of classes: their names by number, their numbers by name, what scores mean."""
    names = {"id2label": {str(i): name for i, name in enumerate(labels)}} if labels else {}
    numbers = {"label2id": {name: i for i, name in enumerate(labels)}} if labels else {}
    return {**names, **numbers, **({"problem_type": problem} if problem else {})}


def write_metadata(
    directory: Path, *, labels: Sequence[str] = (), problem: str = "", images: Preprocessing | None = None
) -> None:
    """Add class names and what their scores mean to config.json, and write preprocessor_config.json, beside a model.

    Raises:
        CheckpointError: there is no config.json, or a file cannot be written.
    """
    if said := labels_config(labels, problem):
        _write(directory / "config.json", read_object(directory / "config.json") | said)
    if images is not None:
        _write(directory / PREPROCESSOR_FILE, images.config())


def _write(file: Path, content: Mapping[str, Any]) -> None:
    try:
        write_text(file, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise CheckpointError(f"{file}: not written ({error})") from error

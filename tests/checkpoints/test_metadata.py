"""What a directory says besides weights and tokenizer is read back as it was written."""

import json
from pathlib import Path
from typing import Any

import pytest

from clados.apply.ready import load
from clados.checkpoints import CheckpointError, from_pretrained, save_pretrained
from clados.checkpoints.metadata import Metadata, images_of, preprocessing, read_metadata, write_metadata
from clados.data.examples import DataError
from clados.data.pictures import PREPROCESSOR_FILE, Preprocessing
from clados.data.scaling import Scales
from clados.models.declared import declared
from clados.nn import build
from clados.spec import ReturnConditioned, tiny


def written(folder: Path, name: str, content: Any) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(content), encoding="utf-8")


def test_class_names_and_preprocessing_come_back(tmp_path: Path) -> None:
    written(tmp_path, "config.json", {"model_type": "vit"})
    names = tuple(f"class {i}" for i in range(12))  # so many that the order of their numbers as text is another
    steps = preprocessing(declared("vit").model)
    write_metadata(tmp_path, labels=names, images=steps)
    assert read_metadata(tmp_path) == Metadata(labels=names, images=steps)
    assert steps == Preprocessing.usual(224)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["config.json", "preprocessor_config.json"]


def test_a_model_without_images_has_no_preprocessing() -> None:
    assert preprocessing(declared("gpt-2").model) is None


def test_the_images_of_a_processor_of_transformers_5_are_read(tmp_path: Path) -> None:
    written(tmp_path, "config.json", {"model_type": "clip"})
    written(tmp_path, "processor_config.json", {"image_processor": {"size": {"shortest_edge": 30}, "sharpen": 1}})
    written(tmp_path, "preprocessor_config.json", {"size": 20})
    steps, notes = images_of(tmp_path)
    assert steps == Preprocessing.of({"size": 30}, "CLIP")
    assert notes == ("processor_config.json: not used here: image_processor.sharpen",)
    written(tmp_path, "processor_config.json", {"processor_class": "CLIPProcessor"})
    assert images_of(tmp_path)[0] == Preprocessing.of({"size": 20}, "CLIP")


def test_what_a_preprocessor_file_says_beyond_is_named_in_the_load_report(tmp_path: Path) -> None:
    save_pretrained(build(tiny(declared("vit").model)), tmp_path)
    written(
        tmp_path, PREPROCESSOR_FILE, {"image_processor_type": "PvtImageProcessor", "do_thumbnail": True, "do_pad": True}
    )
    assert from_pretrained(tmp_path).report.notes == (
        'preprocessor_config.json: image_processor_type is "PvtImageProcessor"; not known here, so what it leaves open '
        "is as in ViTImageProcessor",
        "preprocessor_config.json: do_pad is true; images are not padded here",
        "preprocessor_config.json: not used here: do_thumbnail",
    )
    written(tmp_path, PREPROCESSOR_FILE, {"size": -1})
    (note,) = from_pretrained(tmp_path).report.notes  # the weights are read all the same
    assert note.startswith("images cannot be prepared: ")
    with pytest.raises(DataError, match="size is -1"):
        load(tmp_path)


def test_a_problem_of_another_kind_is_refused(tmp_path: Path) -> None:
    written(tmp_path, "config.json", {"problem_type": "both"})
    with pytest.raises(CheckpointError, match='problem_type is "both"; allowed: single_label_classification, multi'):
        read_metadata(tmp_path)


def test_a_run_says_what_was_learned_and_how_its_numbers_were_scaled(tmp_path: Path) -> None:
    written(tmp_path, "config.json", {"id2label": {}})
    stage = repr(declared("decision-transformer").recipe.stages[0])
    scales = {"mean": [0.5, 1.0], "std": [1.0, 2.0], "most": 500.0, "best": 490.0, "choices": 2,
              "low": [-2.0], "high": [3.0], "kinds": 7}  # fmt: skip
    written(tmp_path, "run.json", {"model": "decision-transformer", "stage": stage, "length": 20, "scales": scales})
    found = read_metadata(tmp_path)
    assert found.scales == Scales((0.5, 1.0), (1.0, 2.0), 500.0, 490.0, 2, (-2.0,), (3.0,), 7)
    assert (found.card, found.objective, found.length) == ("decision-transformer", ReturnConditioned("squared"), 20)


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ({"stage": "Stage(name='x')"}, "stage is unusable"),
        ({"stage": "print(1)"}, "stage is unusable"),
        ({"stage": 3}, "stage is 3; needed is a string"),
        ({"scales": {"mean": 3}}, r"scales\.mean is 3; needed is a list"),
        ({"scales": {"std": [1, "x"]}}, r"std\.1 is \"x\"; needed is a number"),
        ({"scales": {"best": 10**30}}, r"scales\.best is 1"),
        ({"scales": {"kinds": -1}}, r"scales\.kinds is -1; needed is an integer of 0 or more"),
        ({"scales": []}, r"scales is \[\]; an object is needed"),
        ({"classes": ["cat", None]}, "classes is"),
        ({"length": "long"}, 'length is "long"; needed is an integer'),
    ],
)
def test_a_run_that_no_trainer_wrote_is_refused(tmp_path: Path, run: dict[str, Any], said: str) -> None:
    written(tmp_path, "config.json", {})
    written(tmp_path, "run.json", run)
    with pytest.raises(CheckpointError, match=rf"run\.json: {said}"):
        read_metadata(tmp_path)

"""What a directory says besides weights and tokenizer is read back as it was written."""

import json
from pathlib import Path
from typing import Any

import pytest

from clados.checkpoints import CheckpointError
from clados.checkpoints.beside import Beside, beside, preprocessing, write_beside
from clados.data.pictures import Preprocessing
from clados.data.scaling import Scales
from clados.models.declared import declared
from clados.spec import ReturnConditioned


def written(folder: Path, name: str, content: Any) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(content), encoding="utf-8")


def test_class_names_and_preprocessing_come_back(tmp_path: Path) -> None:
    written(tmp_path, "config.json", {"model_type": "vit"})
    names = tuple(f"class {i}" for i in range(12))  # so many that the order of their numbers as text is another
    steps = preprocessing(declared("vit").model)
    write_beside(tmp_path, labels=names, images=steps)
    assert beside(tmp_path) == Beside(labels=names, images=steps)
    assert steps == Preprocessing.usual(224)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["config.json", "preprocessor_config.json"]


def test_a_model_without_images_has_no_preprocessing() -> None:
    assert preprocessing(declared("gpt-2").model) is None


def test_a_run_says_what_was_learned_and_how_its_numbers_were_scaled(tmp_path: Path) -> None:
    written(tmp_path, "config.json", {"id2label": {}})
    stage = repr(declared("decision-transformer").recipe.stages[0])
    scales = {"mean": [0.5, 1.0], "std": [1.0, 2.0], "most": 500.0, "best": 490.0, "choices": 2}
    written(tmp_path, "run.json", {"model": "decision-transformer", "stage": stage, "length": 20, "scales": scales})
    found = beside(tmp_path)
    assert found.scales == Scales((0.5, 1.0), (1.0, 2.0), 500.0, 490.0, 2)
    assert (found.card, found.objective, found.length) == ("decision-transformer", ReturnConditioned("squared"), 20)


def test_pooling_and_length_of_sentence_transformers_are_read(tmp_path: Path) -> None:
    written(tmp_path, "config.json", {})
    written(tmp_path, "sentence_bert_config.json", {"max_seq_length": 256})
    written(tmp_path, "1_Pooling/config.json", {"pooling_mode_cls_token": True})
    assert (beside(tmp_path).limit, beside(tmp_path).pool) == (256, "first")


@pytest.mark.parametrize(
    "run", [{"stage": "Stage(name='x')"}, {"stage": "print(1)"}, {"scales": {"mean": 3}}, {"length": "long"}]
)
def test_a_run_that_no_trainer_wrote_is_refused(tmp_path: Path, run: dict[str, Any]) -> None:
    written(tmp_path, "config.json", {})
    written(tmp_path, "run.json", run)
    with pytest.raises(CheckpointError, match=r"run\.json is unusable"):
        beside(tmp_path)

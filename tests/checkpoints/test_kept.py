"""What of a directory is kept when its model is read and written again; what of an older one is not taken for it."""

import json
from pathlib import Path
from typing import Any

import transformers

from clados.checkpoints import from_pretrained, save_pretrained
from clados.checkpoints.metadata import images_of, read_metadata
from clados.data.scaling import Scales
from clados.models.declared import declared
from clados.nn import build
from clados.spec import tiny

VIT = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16, "image_size": 16}
BERT = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16, "vocab_size": 60}
HOME = "sentence_transformers.models."


def written(file: Path, content: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content), encoding="utf-8")


def again(path: Path) -> Path:
    """Where a directory's model is written anew."""
    return save_pretrained(from_pretrained(path), path.parent / f"{path.name} again")


def embedder(path: Path) -> None:
    """A directory of sentence-transformers."""
    transformers.BertModel(transformers.BertConfig(**BERT)).save_pretrained(path)
    modules = [("", "Transformer"), ("1_Pooling", "Pooling")]
    written(path / "modules.json", [{"path": folder, "type": HOME + kind} for folder, kind in modules])
    written(path / "1_Pooling" / "config.json", {"pooling_mode": "cls", "include_prompt": False})
    settings = {"prompts": {"q": "query: "}, "default_prompt_name": "q", "similarity_fn_name": "dot", "truncate_dim": 8}
    written(path / "config_sentence_transformers.json", settings)


def test_classes_and_preprocessing_are_kept(tmp_path: Path) -> None:
    said = {"id2label": {0: "cat", 1: "dog"}, "label2id": {"cat": 0, "dog": 1}}
    config = transformers.ViTConfig(**VIT, patch_size=8, **said, problem_type="multi_label_classification")
    transformers.ViTForImageClassification(config).save_pretrained(tmp_path / "vit")
    steps = {"size": {"height": 16, "width": 16}, "image_mean": [0.1, 0.2, 0.3], "resample": 3, "do_thumbnail": False}
    written(tmp_path / "vit" / "preprocessor_config.json", steps)
    copy = again(tmp_path / "vit")
    one, other = read_metadata(tmp_path / "vit"), read_metadata(copy)
    assert (one.labels, one.problem, one.images) == (other.labels, other.problem, other.images)
    assert other.labels == ("cat", "dog")
    assert json.loads((copy / "preprocessor_config.json").read_text()) == steps
    assert transformers.AutoConfig.from_pretrained(copy).label2id == {"cat": 0, "dog": 1}


def test_preprocessing_of_an_older_model_is_not_read_in_place_of_the_new(tmp_path: Path) -> None:
    transformers.ViTModel(transformers.ViTConfig(**VIT, patch_size=8)).save_pretrained(tmp_path / "vit")
    written(tmp_path / "vit" / "preprocessor_config.json", {"size": 20})
    written(tmp_path / "old" / "processor_config.json", {"image_processor": {"size": 30}})
    save_pretrained(from_pretrained(tmp_path / "vit"), tmp_path / "old")
    assert images_of(tmp_path / "old") == images_of(tmp_path / "vit")


def test_how_a_model_writes_is_kept_with_what_is_not_used_here(tmp_path: Path) -> None:
    config = transformers.GPT2Config(vocab_size=60, n_embd=16, n_layer=1, n_head=2, n_positions=16)
    transformers.GPT2LMHeadModel(config).save_pretrained(tmp_path / "gpt")
    said = {
        "max_new_tokens": 7,
        "eos_token_id": [3, 5],
        "min_p": 0.1,
        "typical_p": 0.5,
        "cache_implementation": "static",
    }
    written(tmp_path / "gpt" / "generation_config.json", said)
    kept = json.loads((again(tmp_path / "gpt") / "generation_config.json").read_text())
    assert {key: kept[key] for key in said} == said


def test_what_makes_vectors_of_texts_is_kept(tmp_path: Path) -> None:
    embedder(tmp_path / "embedder")
    one: Any
    other: Any
    one, other = from_pretrained(tmp_path / "embedder"), from_pretrained(again(tmp_path / "embedder"))
    assert other.spec.heads == one.spec.heads
    assert other.embedding_settings == one.embedding_settings


def test_how_a_trained_model_reads_its_data_is_kept(tmp_path: Path) -> None:
    save_pretrained(build(tiny(declared("decision-transformer").model)), tmp_path / "dt")
    run = {
        "model": "decision-transformer",
        "scales": {"mean": [1.0, 2.0], "std": [3.0, 4.0]},
        "length": 9,
        "stage": None,
    }
    written(tmp_path / "dt" / "run.json", run)
    for copy in (again(tmp_path / "dt"), again(again(tmp_path / "dt"))):
        assert read_metadata(copy).scales == Scales(mean=(1.0, 2.0), std=(3.0, 4.0))
        assert read_metadata(copy) == read_metadata(tmp_path / "dt")
        assert not (copy / "run.json").exists()


def test_an_embedders_files_do_not_make_another_model_an_embedder(tmp_path: Path) -> None:
    bert: Any
    e5: Any
    bert, e5 = (build(tiny(declared(card).model)) for card in ("bert", "e5"))
    save_pretrained(e5, tmp_path / "own")
    own: Any = from_pretrained(tmp_path / "own").spec
    assert own.heads == e5.spec.heads
    save_pretrained(bert, tmp_path / "own")
    assert not (tmp_path / "own" / "modules.json").exists()  # which Clados wrote
    embedder(tmp_path / "theirs")
    save_pretrained(bert, tmp_path / "theirs")
    for name in ("own", "theirs"):
        assert from_pretrained(tmp_path / name).spec == bert.spec
    (note,) = from_pretrained(tmp_path / "theirs").report.notes
    assert note.startswith("modules.json: not used: ")
    config = json.loads((tmp_path / "theirs" / "config.json").read_text())
    written(tmp_path / "theirs" / "config.json", config | {"transformers_version": "5.23.0"})  # written anew by others
    assert from_pretrained(tmp_path / "theirs").embedding_settings.similarity == "dot"
    theirs: Any = from_pretrained(tmp_path / "theirs").spec
    assert theirs.heads != bert.spec.heads

"""Directories of classes that were fine-tuned, or that nobody knows: heads, bodies, and notes on what is not used."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from clados import spec as s
from clados.checkpoints import CheckpointError, LayoutError, from_pretrained, save_pretrained
from tests.checkpoints.reference_models import outputs, read_by, saved, tuned

TOLERANCE = 2e-5  # of the largest number


def agree(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> None:
    for name, each in ours.items():
        if name in theirs:
            assert (each - theirs[name]).abs().max() <= TOLERANCE * theirs[name].abs().max(), name


# classifiers of texts of every family; the other classes of those whose names or equations differ
OTHERS = ("Bert", "Roberta", "DistilBert", "Electra", "DebertaV2", "BigBird", "GPT2", "Llama", "Bart", "XLNet")
CASES = [case for case in tuned() if case[2].endswith("ForSequenceClassification") or case[2].split("For")[0] in OTHERS]


@pytest.mark.parametrize(("card", "layout", "architecture"), CASES, ids=[name for _, _, name in CASES])
def test_a_tuned_class_is_read_with_its_head_and_written_back(
    tmp_path: Path, card: str, layout: s.Layout, architecture: str
) -> None:
    """Right: the outputs of transformers 5.23.0."""
    reference: Any = saved(card, layout, architecture, tmp_path / "theirs")
    reference.config.pad_token_id = reference.config.pad_token_id or 0
    ours: Any = from_pretrained(tmp_path / "theirs")
    assert ours.report.verdict.startswith("whole")
    assert not ours.report.notes
    given, theirs = read_by(ours.spec, architecture)
    expected = {name: each.mT if theirs.get("input_ids", torch.empty(0)).dim() == 3 else each
                for name, each in outputs(reference, theirs).items()}  # fmt: skip
    own = outputs(ours, given)
    assert {*own} & {*expected} & {"logits", "start_logits"}
    agree({name: each for name, each in own.items() if name.endswith("logits")}, expected)

    save_pretrained(ours, tmp_path / "ours")
    config = json.loads((tmp_path / "ours" / "config.json").read_text())
    assert (config["model_type"], config["architectures"]) == (layout.model_type, [architecture])
    before, after = (load_file(tmp_path / name / "model.safetensors") for name in ("theirs", "ours"))
    folded = any(isinstance(rule, s.PlusRow) for rule in layout.rules.values())
    assert folded or all(torch.equal(after[name], before[name]) for name in after)
    _, info = getattr(transformers, architecture).from_pretrained(tmp_path / "ours", output_loading_info=True)
    assert not any(info.values()), info
    assert from_pretrained(tmp_path / "ours").spec == ours.spec


def files(path: Path, architecture: str = "BertForPreTraining", **words: Any) -> Any:
    """A tiny BERT with every head on disk, whose config names what is given."""
    small: dict[str, Any] = {"num_hidden_layers": 1, "hidden_size": 16, "num_attention_heads": 2, "vocab_size": 60}
    config = transformers.BertConfig(**small, intermediate_size=32, max_position_embeddings=32)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made: Any = getattr(transformers, architecture)(config).eval()
    made.save_pretrained(path)
    file = path / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | words))
    return made


IDS = torch.arange(5, 17)[None]


def test_heads_that_the_class_lacks_are_not_used_and_named_with_the_classes_that_have_them(tmp_path: Path) -> None:
    """bert-base-cased's files: BertForMaskedLM in the config, pooler and next sentences beside it."""
    made = files(tmp_path, architectures=["BertForMaskedLM"])
    ours: Any = from_pretrained(tmp_path)
    assert torch.allclose(ours(IDS).logits, made(IDS).prediction_logits, atol=1e-5)
    assert len(ours.report.unused) == 4
    assert ours.report.verdict.endswith("4 more are of other heads or parts")
    [note] = ours.report.notes
    assert "'bert.pooler.dense.bias'" in note
    assert "BertForPreTraining" in note
    assert "BertForSequenceClassification" not in note  # whose classifier the files lack


@pytest.mark.parametrize("named", [{"architectures": None}, {"architectures": []}, {"architectures": "BertModel"}])
def test_a_class_may_be_absent_or_a_plain_name(tmp_path: Path, named: dict[str, Any]) -> None:
    made = files(tmp_path, **named)
    ours: Any = from_pretrained(tmp_path)
    assert torch.allclose(ours(IDS).last_hidden_state, made.bert(IDS).last_hidden_state, atol=1e-5)


def test_another_class_is_asked_for(tmp_path: Path) -> None:
    made = files(tmp_path)
    ours: Any = from_pretrained(tmp_path, architecture="BertModel")
    assert torch.allclose(ours(IDS).pooler_output, made.bert(IDS).pooler_output, atol=1e-5)
    assert [head.slot for head in ours.spec.heads] == ["pooler"]
    assert ours.report.notes[0] == "read as BertModel, not 'BertForPreTraining'"
    with pytest.raises(LayoutError, match="architecture is 'BertModell', which no bert is read as; did you mean"):
        from_pretrained(tmp_path, architecture="BertModell")


def test_a_class_that_nobody_knows_is_read_as_its_body_and_what_lies_beside_it_is_named(tmp_path: Path) -> None:
    made = files(tmp_path, "BertModel", architectures=["BertForRelations"])
    file = tmp_path / "model.safetensors"
    whole = {f"bert.{name}": each for name, each in load_file(file).items()}
    save_file(whole | {"relations.weight": torch.zeros(3, 16)}, file)
    ours: Any = from_pretrained(tmp_path)
    assert torch.allclose(ours(IDS).pooler_output, made(IDS).pooler_output, atol=1e-5)
    assert ours.report.unused == ("relations.weight",)
    assert "the class 'BertForRelations' is not known here" in ours.report.notes[0]
    save_file(whole | {"bert.relations.weight": torch.zeros(3, 16)}, file)  # within the body
    with pytest.raises(CheckpointError, match=r"nothing takes 'bert\.relations\.weight'"):
        from_pretrained(tmp_path)


def test_a_tensor_that_nobody_knows_beside_a_known_class_is_refused(tmp_path: Path) -> None:
    files(tmp_path)
    file = tmp_path / "model.safetensors"
    save_file(load_file(file) | {"relations.weight": torch.zeros(3, 16)}, file)
    with pytest.raises(CheckpointError, match=r"nothing takes 'relations\.weight'"):
        from_pretrained(tmp_path)


def test_norms_under_their_names_of_2018(tmp_path: Path) -> None:
    """Every bert-*'s first files, gamma and beta; transformers reads them so for all models."""
    made = files(tmp_path)
    file = tmp_path / "model.safetensors"
    older = ((re.sub("Norm.weight$", "Norm.gamma", name), each) for name, each in load_file(file).items())
    save_file({re.sub("Norm.bias$", "Norm.beta", name): each for name, each in older}, file)
    assert sum("gamma" in name for name in load_file(file)) == 4
    ours: Any = from_pretrained(tmp_path)
    assert ours.report.verdict.startswith("whole")
    assert torch.allclose(ours(IDS).logits, made(IDS).prediction_logits, atol=1e-5)


@pytest.mark.parametrize(
    ("front", "named"), [("module.", "module."), ("encoder.", "encoder."), ("model.bert.", "model.")]
)
def test_names_behind_what_a_class_around_the_model_puts_in_front(tmp_path: Path, front: str, named: str) -> None:
    made = files(tmp_path, "BertModel", architectures=["Ranker"])
    file = tmp_path / "model.safetensors"
    save_file({front + name: each for name, each in load_file(file).items()} | {"rank.bias": torch.zeros(1)}, file)
    ours: Any = from_pretrained(tmp_path)
    assert torch.allclose(ours(IDS).pooler_output, made(IDS).pooler_output, atol=1e-5)
    assert ours.report.unused == ("rank.bias",)
    assert f"names are read without '{named}' in front" in ours.report.notes


def test_the_body_of_t5_behind_its_classifiers_name(tmp_path: Path) -> None:
    """transformers 5.23.0 T5ForSequenceClassification, whose body is called transformer, and T5Model without it."""
    config = transformers.T5Config(vocab_size=60, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = transformers.T5ForSequenceClassification(config).eval()
    made.save_pretrained(tmp_path)
    ours: Any = from_pretrained(tmp_path, architecture="T5Model")
    right = made.transformer(input_ids=IDS, decoder_input_ids=IDS).last_hidden_state
    assert torch.allclose(ours(IDS, decoder_input_ids=IDS).last_hidden_state, right, atol=1e-5)
    assert len(ours.report.unused) == 4
    save_pretrained(ours, tmp_path / "body")
    back, info = transformers.T5Model.from_pretrained(tmp_path / "body", output_loading_info=True)
    assert not any(info.values()), info
    assert torch.allclose(back(input_ids=IDS, decoder_input_ids=IDS).last_hidden_state, right, atol=1e-5)


def test_names_of_classes_are_written_back(tmp_path: Path) -> None:
    names = {"0": "contradiction", "1": "neutral", "2": "entailment"}
    said = {"id2label": names, "label2id": {name: int(i) for i, name in names.items()}}
    files(tmp_path, "BertForSequenceClassification", **said, problem_type="single_label_classification")
    file = tmp_path / "model.safetensors"
    rows = {"classifier.weight": torch.zeros(3, 16), "classifier.bias": torch.zeros(3)}
    save_file(load_file(file) | rows, file)
    save_pretrained(from_pretrained(tmp_path), tmp_path / "back")
    config = json.loads((tmp_path / "back" / "config.json").read_text())
    assert {key: config[key] for key in said} == said
    assert config["problem_type"] == "single_label_classification"
    back: Any = from_pretrained(tmp_path / "back").spec
    assert back.heads == (s.Classifier(3, transform="tanh"),)


ENCODER_DECODER = {
    "vocab_size": 60, "d_model": 32, "encoder_layers": 2, "decoder_layers": 1, "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48, "encoder_attention_heads": 4, "decoder_attention_heads": 4, "max_position_embeddings": 40,
    "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0,
}  # fmt: skip


@pytest.mark.parametrize("family", ["Marian", "Pegasus", "BigBirdPegasus", "Bart", "MBart"])
def test_encoder_decoders_without_their_head(tmp_path: Path, family: str) -> None:
    """Right: the states that transformers 5.23.0 gives."""
    config = getattr(transformers, f"{family}Config")(**ENCODER_DECODER)
    reference = getattr(transformers, f"{family}Model")(config).eval()
    reference.save_pretrained(tmp_path / "theirs")
    ours: Any = from_pretrained(tmp_path / "theirs")
    assert ours.report.verdict.startswith("whole")
    assert not ours.report.notes
    ids, written = torch.arange(5, 19)[None], torch.arange(20, 24)[None]
    with torch.no_grad():
        theirs = reference(input_ids=ids, decoder_input_ids=written).last_hidden_state
        states = ours(ids, decoder_input_ids=written).last_hidden_state
    agree({"states": states}, {"states": theirs})
    save_pretrained(ours, tmp_path / "ours")
    written_names = {*load_file(tmp_path / "ours" / "model.safetensors")}
    assert written_names <= {*load_file(tmp_path / "theirs" / "model.safetensors")}


def test_a_vision_transformer_that_fills_in_patches_is_read_as_its_body(tmp_path: Path) -> None:
    sizes = {"num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 48, "image_size": 16}
    config = transformers.ViTConfig(hidden_size=32, patch_size=8, encoder_stride=8, **sizes)
    transformers.ViTForMaskedImageModeling(config).save_pretrained(tmp_path)
    ours: Any = from_pretrained(tmp_path)
    assert any("'vit.embeddings.mask_token'" in note for note in ours.report.notes)

"""Keys of published configs that change where positions begin, biases, precision, or nothing at all.

Right: the outputs of transformers 5.23.0 with the same numbers.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

import clados
from clados.checkpoints.errors import LayoutError
from clados.checkpoints.mapping.detect import writable
from clados.models.declared import declared
from clados.spec import but

TEXT = torch.tensor([[11, 12, 13, 14, 15], [20, 21, 22, 23, 24]])
SIZES: dict[str, Any] = {
    "vocab_size": 60,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "max_position_embeddings": 20,
}
BERT = {**SIZES, "intermediate_size": 24}
OPT = {**SIZES, "ffn_dim": 24, "word_embed_proj_dim": 16}
BART: dict[str, Any] = {
    "vocab_size": 60,
    "d_model": 16,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 24,
    "decoder_ffn_dim": 24,
    "max_position_embeddings": 20,
}
GPT = {
    "vocab_size": 60,
    "n_embd": 16,
    "n_layer": 2,
    "n_head": 2,
    "n_positions": 20,
    "bos_token_id": 0,
    "eos_token_id": 0,
}
LLAMA = {**BERT, "hidden_size": 32, "max_position_embeddings": 64}
BANDS = {
    "rope_type": "llama3", "rope_theta": 100.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}  # fmt: skip
AS_THEIRS = {
    "rotary positions, scaled": (
        "LlamaForCausalLM",
        {**LLAMA, "rope_parameters": {"rope_type": "linear", "rope_theta": 500.0, "factor": 4.0}},
    ),
    "rotary positions, scaled in bands": ("LlamaForCausalLM", {**LLAMA, "rope_parameters": BANDS}),
    "positions after padding 0": ("RobertaForMaskedLM", {**BERT, "pad_token_id": 0, "type_vocab_size": 1}),
    "positions after padding 5": ("RobertaForMaskedLM", {**BERT, "pad_token_id": 5}),
    "XLM-R, after padding 4": ("XLMRobertaForMaskedLM", {**BERT, "pad_token_id": 4, "type_vocab_size": 1}),
    "XLM-R XL, after padding 4": ("XLMRobertaXLForMaskedLM", {**BERT, "pad_token_id": 4, "type_vocab_size": 1}),
    "CamemBERT, two types": ("CamembertForMaskedLM", {**BERT, "pad_token_id": 3}),
    "OPT, always after two rows": ("OPTForCausalLM", {**OPT, "pad_token_id": 5}),
    "BART, always after two rows": ("BartForConditionalGeneration", {**BART, "pad_token_id": 5}),
    "OPT without biases": ("OPTForCausalLM", {**OPT, "enable_bias": False}),
    "another order of precision": ("GPT2LMHeadModel", {**GPT, "reorder_and_upcast_attn": True}),
    "positions that began as sinusoids": (
        "DistilBertForMaskedLM",
        {"vocab_size": 60, "dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 24, "sinusoidal_pos_embds": True},
    ),
}


def saved(kind: str, config: dict[str, Any], path: Path) -> Any:
    """A class of transformers with random numbers, in a directory."""
    made = getattr(transformers, kind)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = made(made.config_class(**config)).eval()
        for each in model.parameters():
            each.data += 0.1 * torch.randn_like(each)
    model.save_pretrained(path)
    return model


def scores(model: Any) -> torch.Tensor:
    """What a model says of the text."""
    both = {"decoder_input_ids": TEXT} if model.config.is_encoder_decoder else {}
    with torch.no_grad():
        found: torch.Tensor = model(input_ids=TEXT, **both)["logits"]
    return found


@pytest.mark.parametrize("case", AS_THEIRS)
def test_keys_of_a_config_are_read_and_written_as_their_class_means_them(case: str, tmp_path: Path) -> None:
    kind, config = AS_THEIRS[case]
    theirs = saved(kind, config, tmp_path / "theirs")
    ours: Any = clados.from_pretrained(tmp_path / "theirs")
    assert ours.report.verdict.startswith("whole")
    with torch.no_grad():
        both = {"decoder_input_ids": TEXT} if theirs.config.is_encoder_decoder else {}
        found = ours(input_ids=TEXT, **both)["logits"]
    assert torch.allclose(found, scores(theirs), atol=1e-5)
    clados.save_pretrained(ours, tmp_path / "ours")
    assert json.loads((tmp_path / "ours" / "config.json").read_text())["model_type"] == theirs.config.model_type
    assert torch.allclose(scores(type(theirs).from_pretrained(tmp_path / "ours").eval()), scores(theirs), atol=1e-5)


def test_keys_of_precision_and_of_tasks_are_named(tmp_path: Path) -> None:
    tasks = {"text-generation": {"do_sample": True, "max_length": 50}}
    saved("GPT2LMHeadModel", {**GPT, "reorder_and_upcast_attn": True, "task_specific_params": tasks}, tmp_path)
    notes = "\n".join(clados.from_pretrained(tmp_path).report.notes)
    assert "reorder_and_upcast_attn is true" in notes
    assert "not used here: task_specific_params" in notes
    config = json.loads((tmp_path / "config.json").read_text())
    off = {"reorder_and_upcast_attn": False, "task_specific_params": {}, "use_return_dict": False, "pretraining_tp": 2}
    (tmp_path / "config.json").write_text(json.dumps(config | off))
    assert not clados.from_pretrained(tmp_path).report.notes


@pytest.mark.parametrize(
    ("kind", "config", "message"),
    [
        (
            "GPT2LMHeadModel",
            {**GPT, "scale_attn_by_inverse_layer_idx": True},
            "'scale_attn_by_inverse_layer_idx' is True",
        ),
        ("OPTForCausalLM", {**OPT, "layer_norm_elementwise_affine": False}, "'layer_norm_elementwise_affine' is False"),
        ("BlenderbotSmallForConditionalGeneration", BART, "its decoder adds positions after the norm"),
        (
            "UMT5ForConditionalGeneration",
            {"vocab_size": 60, "d_model": 16, "d_ff": 8, "num_layers": 1},
            "biases of its",
        ),
    ],
)
def test_what_is_not_supported_is_named(kind: str, config: dict[str, Any], message: str, tmp_path: Path) -> None:
    saved(kind, config, tmp_path)
    with pytest.raises(LayoutError, match=message):
        clados.from_pretrained(tmp_path)


def test_positions_that_do_not_follow_padding_are_not_written_as_roberta() -> None:
    model = declared("roberta").models()["base"]
    assert writable(model).layout.model_type == "roberta"
    assert writable(model.but(inputs=but(position=but(start=7)))).layout.model_type == "clados"


def test_no_padding_id_says_no_row_to_count_from(tmp_path: Path) -> None:
    saved("RobertaForMaskedLM", BERT, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"pad_token_id": None}))
    with pytest.raises(LayoutError, match="'pad_token_id' is None; a number is allowed"):
        clados.from_pretrained(tmp_path)

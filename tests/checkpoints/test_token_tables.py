"""Words are read out with the table and the bias that files hold: the logits of transformers 5.23.0's own models."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from clados import from_pretrained, save_pretrained, spec as s
from clados.apply.generate import generate
from clados.checkpoints import LayoutError
from clados.checkpoints.mapping.token_tables import with_table
from clados.models.declared import declared
from clados.nn import build

VOCAB, D = 61, 16
SIDES = {
    f"{side}_{key}": number
    for side in ("encoder", "decoder")
    for key, number in (("layers", 1), ("attention_heads", 2), ("ffn_dim", 32))
}
T5 = {"d_model": D, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2, "decoder_start_token_id": 0}
BART = {"d_model": D, "max_position_embeddings": 32, **SIDES}
MARIAN = {**BART, "pad_token_id": 60, "eos_token_id": 0, "decoder_start_token_id": 60, "forced_eos_token_id": 0}
APART = {"share_encoder_decoder_embeddings": False, "decoder_vocab_size": 71, "decoder_start_token_id": 70}
OPUS = {
    "activation_function": "swish", "add_bias_logits": False, "add_final_layer_norm": False, "bad_words_ids": [[60]],
    "classif_dropout": 0.0, "extra_pos_embeddings": 61, "normalize_before": False, "normalize_embedding": False,
    "num_beams": 6, "scale_embedding": True, "static_position_embeddings": True, "bos_token_id": 0,
}  # fmt: skip
LLAMA = {"hidden_size": D, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
LLAMA |= {"bos_token_id": 1, "eos_token_id": 2}
GPT_2 = {"n_embd": D, "n_layer": 1, "n_head": 2, "n_positions": 32, "bos_token_id": 60, "eos_token_id": 60}
GPT_J = {**GPT_2, "rotary_dim": 4}
NEOX = {**LLAMA, "rotary_pct": 0.5, "bos_token_id": 0, "eos_token_id": 0}
BLOOM = {"hidden_size": D, "n_layer": 1, "n_head": 2}
OPT = {"hidden_size": D, "word_embed_proj_dim": D, "num_hidden_layers": 1, "num_attention_heads": 2, "ffn_dim": 32}
OPT |= {"max_position_embeddings": 32}
SWITCH = {**T5, "num_sparse_encoder_layers": 1, "num_sparse_decoder_layers": 1, "num_experts": 2}


def made(architecture: str, words: dict[str, Any], *, own: bool = False, bias: float = 0.0) -> Any:
    """A reference model; its LM head with another table, or words made likelier, where that is wanted."""
    kind = getattr(transformers, architecture)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = kind(kind.config_class(vocab_size=VOCAB, **words)).eval()
        for parameter in model.parameters():
            parameter.data += 0.1 * torch.randn_like(parameter) * parameter.requires_grad
        if own:
            model.lm_head.weight = torch.nn.Parameter(torch.randn(VOCAB, D))
    if bias:
        model.final_logits_bias[0, 7] = bias
    return model


def logits(model: Any) -> torch.Tensor:
    ids = torch.tensor([[5, 6, 7, 1]])
    read = {"input_ids": ids}
    if model.__module__.startswith("clados"):
        several = isinstance(model.spec, s.EncoderDecoder)
    else:
        several = model.config.is_encoder_decoder
    with torch.no_grad():
        found: torch.Tensor = model(**read, **({"decoder_input_ids": ids[:, :3]} if several else {})).logits
    return found


GATED = {"feed_forward_proj": "gated-gelu", **T5}
CASES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    # T5 is tied by 5.x whatever its config says; only the scaling remains (configuration_t5.py)
    "t5-v1.1 tied, unscaled": ("T5ForConditionalGeneration", {**GATED, "tie_word_embeddings": False}, {}),
    "t5-v1.1 tied, scaled": ("T5ForConditionalGeneration", GATED, {}),
    "t5-v1.1 untied": ("T5ForConditionalGeneration", {**GATED, "tie_word_embeddings": False}, {"own": True}),
    "ul2 tied, unscaled": (
        "T5ForConditionalGeneration",
        {**T5, "feed_forward_proj": "gated-silu", "tie_word_embeddings": False},
        {},
    ),
    "t5 tied": ("T5ForConditionalGeneration", T5, {}),
    "t5 tied, unscaled": ("T5ForConditionalGeneration", {**T5, "tie_word_embeddings": False}, {}),
    "t5 untied, scaled": ("T5ForConditionalGeneration", T5, {"own": True}),
    "llama tied": ("LlamaForCausalLM", {**LLAMA, "tie_word_embeddings": True}, {}),
    "gpt-neox tied": ("GPTNeoXForCausalLM", {**NEOX, "tie_word_embeddings": True}, {}),
    "gpt-j tied": ("GPTJForCausalLM", {**GPT_J, "tie_word_embeddings": True}, {}),
    "gpt-2 untied": ("GPT2LMHeadModel", {**GPT_2, "tie_word_embeddings": False}, {}),
    "gpt-2 untied, config tied": ("GPT2LMHeadModel", GPT_2, {"own": True}),
    "bloom untied": ("BloomForCausalLM", {**BLOOM, "tie_word_embeddings": False}, {}),
    "opt untied": ("OPTForCausalLM", {**OPT, "tie_word_embeddings": False}, {}),
    "bart untied": ("BartForConditionalGeneration", BART, {"own": True}),
    "pegasus untied": ("PegasusForConditionalGeneration", BART, {"own": True, "bias": 2.0}),
    # a buffer of every file: zeros in most (modeling_bart.py adds it to the scores)
    "bart biased": ("BartForConditionalGeneration", BART, {"bias": 3.0}),
    "bart": ("BartForConditionalGeneration", BART, {}),
    "mbart biased": ("MBartForConditionalGeneration", BART, {"bias": 3.0}),
    "blenderbot biased": ("BlenderbotForConditionalGeneration", BART, {"bias": 3.0}),
    "pegasus biased": ("PegasusForConditionalGeneration", BART, {"bias": 3.0}),
    "marian biased": ("MarianMTModel", MARIAN, {"bias": 3.0}),
    "marian": ("MarianMTModel", MARIAN, {}),
    # a vocabulary for each language: the decoder's table reads words out, or one more does (modeling_marian.py)
    "marian of two vocabularies": ("MarianMTModel", {**MARIAN, **APART}, {"bias": 3.0}),
    "marian of three tables": ("MarianMTModel", {**MARIAN, **APART, "tie_word_embeddings": False}, {}),
    # the words of opus-mt's configs of 2020
    "marian of opus-mt": ("MarianMTModel", {**MARIAN, **OPUS}, {"bias": 3.0}),
}


@pytest.mark.parametrize("name", CASES)
def test_words_are_read_out_as_transformers_does_and_written_back_so(name: str, tmp_path: Path) -> None:
    architecture, words, how = CASES[name]
    theirs = made(architecture, words, **how)
    theirs.save_pretrained(tmp_path / "theirs")
    expected = logits(theirs)
    ours: Any = from_pretrained(tmp_path / "theirs")
    assert (logits(ours) - expected).abs().max() < 2e-5 * expected.abs().max()
    save_pretrained(ours, tmp_path / "ours")
    back = type(theirs).from_pretrained(tmp_path / "ours")
    assert (logits(back) - expected).abs().max() < 2e-5 * expected.abs().max()
    assert from_pretrained(tmp_path / "ours").spec == ours.spec


def test_static_positions_in_a_file_are_those_that_are_computed(tmp_path: Path) -> None:
    """opus-mt's files of 2020 hold the table of sines, for each side."""
    theirs = made("MarianMTModel", {**MARIAN, **OPUS})
    theirs.save_pretrained(tmp_path)
    held = load_file(tmp_path / "model.safetensors")
    tables = {f"model.{side}.embed_positions.weight" for side in ("encoder", "decoder")}
    save_file({**held, **{name: theirs.state_dict()[name].clone() for name in tables}}, tmp_path / "model.safetensors")
    ours: Any = from_pretrained(tmp_path)
    assert (logits(ours) - logits(theirs)).abs().max() < 2e-5 * logits(theirs).abs().max()
    assert ours.report.verdict.startswith("whole")


def test_two_vocabularies_are_written_in_the_second(tmp_path: Path) -> None:
    theirs = made("MarianMTModel", {**MARIAN, **APART})
    theirs.save_pretrained(tmp_path)
    ours: Any = from_pretrained(tmp_path)
    assert (ours.spec.vocab.size, ours.spec.written_vocab.size, ours.spec.written_vocab.start) == (61, 71, 70)
    ids = torch.tensor([[5, 6, 7, 0]])
    expected = theirs.generate(ids, max_new_tokens=6, num_beams=1, do_sample=False)
    assert generate(ours, ids, max_new_tokens=6)[0].tolist() == expected[0].tolist()


def test_a_bias_of_zeros_is_no_bias(tmp_path: Path) -> None:
    made("BartForConditionalGeneration", BART).save_pretrained(tmp_path)
    ours: Any = from_pretrained(tmp_path)
    assert not ours.spec.heads[0].bias


def tied(model: s.Model) -> s.Model:
    return with_table(model, own=False)


def untied(model: s.Model) -> s.Model:
    return with_table(model, own=True)


@pytest.mark.parametrize(
    ("card", "change", "model_type"),
    [("llama", tied, "llama"), ("gpt-2", untied, "gpt2"), ("t5-v1.1", tied, "t5"), ("bart", untied, "bart")],
)
def test_the_other_word_table_is_written_for_others(
    card: str, change: Callable[[s.Model], s.Model], model_type: str, tmp_path: Path
) -> None:
    model = change(s.tiny(declared(card).model))
    save_pretrained(build(model), tmp_path)
    assert f'"model_type": "{model_type}"' in (tmp_path / "config.json").read_text(encoding="utf-8")
    again: Any = from_pretrained(tmp_path)
    assert again.spec == model


@pytest.mark.parametrize(
    ("architecture", "words"),
    [
        ("SwitchTransformersForConditionalGeneration", SWITCH),
        ("BartForConditionalGeneration", BART),
        ("MarianMTModel", MARIAN),
    ],
)
def test_three_tables_of_tokens_are_refused(architecture: str, words: dict[str, Any], tmp_path: Path) -> None:
    made(architecture, {**words, "tie_word_embeddings": False}).save_pretrained(tmp_path)
    with pytest.raises(LayoutError, match=r"'tie_word_embeddings' is False; .* as declared has True"):
        from_pretrained(tmp_path)

"""Files as downloads and training loops leave them, and values that must not take the weights with them."""

import json
from pathlib import Path

import pytest
import torch
import transformers

import clados
from clados.checkpoints.errors import CheckpointError


@pytest.fixture
def gpt(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    config = transformers.GPT2Config(vocab_size=50, n_embd=16, n_layer=1, n_head=2, n_positions=16)
    transformers.GPT2LMHeadModel(config).save_pretrained(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("said", "noted"),
    [
        ({"remove_invalid_values": True, "renormalize_logits": True, "use_cache": False}, "remove_invalid_values"),
        ({"eos_token_id": "five"}, "eos_token_id"),
        ({"num_beams": -1}, "num_beams"),
        ({"repetition_penalty": 0}, "repetition_penalty"),
    ],
)
def test_a_generation_config_that_cannot_be_used_leaves_the_weights(
    gpt: Path, said: dict[str, object], noted: str
) -> None:
    (gpt / "generation_config.json").write_text(json.dumps(said))
    assert any(noted in note for note in clados.from_pretrained(gpt).report.notes)


def test_the_pointer_of_git_lfs_is_named(gpt: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"
    (gpt / "model.safetensors").write_text(pointer)
    with pytest.raises(CheckpointError, match=r"model\.safetensors: a pointer of Git LFS"):
        clados.from_pretrained(gpt)
    (gpt / "model.safetensors").rename(gpt / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=r"pytorch_model\.bin: a pointer of Git LFS"):
        clados.from_pretrained(gpt, allow_pickle=True)


def test_a_shard_that_is_absent_is_not_called_damaged(gpt: Path) -> None:
    (gpt / "model.safetensors").unlink()
    index = {"weight_map": {"wte.weight": "model-00001-of-00002.safetensors"}}
    (gpt / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match=r"model-00001-of-00002\.safetensors: no such file"):
        clados.from_pretrained(gpt)


@pytest.mark.parametrize("front", ["", "module."])
def test_what_a_training_loop_saves_is_read(gpt: Path, front: str) -> None:
    expected = clados.from_pretrained(gpt).state_dict()
    state = transformers.GPT2LMHeadModel.from_pretrained(gpt).state_dict()
    saved = {"epoch": 3, "state_dict": {front + name: each for name, each in state.items()}}
    torch.save(saved, gpt / "pytorch_model.bin")
    (gpt / "model.safetensors").unlink()
    read = clados.from_pretrained(gpt, allow_pickle=True).state_dict()
    assert all(torch.equal(read[name], each) for name, each in expected.items())


def test_a_static_table_of_positions_that_is_none_is_noted(tmp_path: Path) -> None:
    config = transformers.PegasusConfig(
        vocab_size=60, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, max_position_embeddings=32,
    )  # fmt: skip
    model = transformers.PegasusForConditionalGeneration(config)
    model.save_pretrained(tmp_path)
    assert not any("sinusoids" in note for note in clados.from_pretrained(tmp_path).report.notes)
    table = model.model.encoder.embed_positions.weight
    table.data += 0.1
    model.save_pretrained(tmp_path)
    assert any("encoder.embed_positions.weight' differs" in n for n in clados.from_pretrained(tmp_path).report.notes)


@pytest.mark.parametrize("kind", ["Roberta", "XLMRoberta"])
@pytest.mark.parametrize("types", [1, 2])
def test_roberta_with_as_many_types_as_its_config_says(kind: str, types: int, tmp_path: Path) -> None:
    """RobertaConfig() has two rows of types (transformers 5.23.0), published files have one."""
    torch.manual_seed(0)
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=60, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=34, pad_token_id=1, type_vocab_size=types,
    )  # fmt: skip
    theirs = getattr(transformers, f"{kind}ForMaskedLM")(config).eval()
    theirs.save_pretrained(tmp_path)
    ids = torch.randint(5, 60, (2, 9))
    kinds = (torch.arange(9) > 4).long().expand(2, 9) * (types - 1)
    given = {"token_type_ids": kinds} if types > 1 else {}
    with torch.no_grad():
        expected = theirs(ids, token_type_ids=kinds).logits
        torch.testing.assert_close(clados.from_pretrained(tmp_path)(input_ids=ids, **given).logits, expected)

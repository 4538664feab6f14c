"""Directories that cannot be read: each refused in one line that says what and where."""

import json
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from clados.checkpoints import CheckpointError, LayoutError, from_pretrained, save_pretrained
from clados.errors import CladosError


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    config = json.loads((path / "config.json").read_text())
    change(config)
    (path / "config.json").write_text(json.dumps(config))


def rewrite(path: Path, change: Callable[[dict[str, Tensor]], object]) -> None:
    tensors = load_file(path / "model.safetensors")
    change(tensors)
    save_file(tensors, path / "model.safetensors")


def refused(path: Path, *words: str, kind: type[CladosError] = CheckpointError) -> CheckpointError:
    with pytest.raises(kind) as caught:
        from_pretrained(path)
    line = str(caught.value)
    assert "\n" not in line
    assert all(word in line for word in words), line
    assert isinstance(caught.value, CheckpointError)
    return caught.value


def test_a_path_that_is_not_there_is_refused_and_nothing_is_downloaded(tmp_path: Path) -> None:
    refused(tmp_path / "gpt2", "gpt2", "nothing is downloaded")
    refused(Path("electra:small"), "'electra' is a card, so give the directory of a model")


def test_a_file_instead_of_its_directory_is_refused(directory: Path) -> None:
    refused(directory / "model.safetensors", "name its directory")


def test_a_directory_without_config_is_refused(directory: Path) -> None:
    (directory / "config.json").unlink()
    refused(directory, "config.json", "no such file")


def test_a_config_that_is_not_json_is_refused(directory: Path) -> None:
    (directory / "config.json").write_text("{")
    refused(directory, "config.json", "not JSON")


def test_a_directory_without_tensors_is_refused(directory: Path) -> None:
    (directory / "model.safetensors").unlink()
    refused(directory, "model.safetensors", "there is no")


def test_an_unknown_model_type_is_refused_with_the_nearest(directory: Path) -> None:
    edit(directory, lambda config: config.update(model_type="gpt-2"))
    refused(directory, "config.json", "'gpt-2'", "did you mean 'gpt2'?", kind=LayoutError)


def test_an_unknown_word_that_says_nothing_is_read_over(directory: Path) -> None:
    edit(directory, lambda config: config.update(n_experts=None, use_cache=False, output_attentions=True))
    assert from_pretrained(directory).report.verdict.startswith("whole")


def test_words_of_berts_first_release_say_nothing(directory: Path) -> None:
    words = {"pooler_fc_size": 768, "pooler_num_attention_heads": 12, "pooler_num_fc_layers": 3}
    more = {"directionality": "bidi", "pooler_size_per_head": 128, "pooler_type": "first_token_transform"}
    edit(directory, lambda config: config.update(**words, **more))
    assert from_pretrained(directory).report.verdict.startswith("whole")


def test_a_word_that_changes_what_is_computed_is_refused(directory: Path) -> None:
    edit(directory, lambda config: config.update(scale_attn_by_inverse_layer_idx=True))
    refused(directory, "'scale_attn_by_inverse_layer_idx' is True", "has False", kind=LayoutError)


def test_an_unknown_activation_is_refused_with_those_that_are_known(directory: Path) -> None:
    edit(directory, lambda config: config.update(activation_function="gelu_newest"))
    refused(directory, "'activation_function'", "did you mean 'gelu_new'?", kind=LayoutError)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("vocab_size", -4, "Vocabulary.size is -4; it must be at least 1"),
        ("vocab_size", "many", "Vocabulary.size is 'many'; it takes int"),
        ("n_positions", -1, "Learned.length is -1; it must be above start, which is 0"),
        ("layer_norm_epsilon", -1.0, "LayerNorm.eps is -1.0; it must be above 0"),
        ("layer_norm_epsilon", "small", "LayerNorm.eps is 'small'; it takes float"),
    ],
)
def test_numbers_that_cannot_be_are_refused_by_name(directory: Path, key: str, value: object, message: str) -> None:
    edit(directory, lambda config: config.update({key: value}))
    refused(directory, message, kind=LayoutError)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_layer": 20_000}, "'n_layer' is 20000; the files hold 40 tensors, not one for each layer"),
        ({"n_layer": 2**63}, "'n_layer' is 9223372036854775808"),
        ({"vocab_size": 10**9}, "'vocab_size' is 1000000000; the largest tensor of the files has 49152 numbers"),
        ({"n_embd": 2**40}, "'n_embd' is 1099511627776"),
        ({"n_positions": 10**12}, "'n_positions' is 1000000000000"),
        ({"n_layer": -2}, "Size.layers is -2"),
        ({"n_layer": True}, "Size.layers is True; it takes int"),
        ({"n_layer": "12"}, "Size.layers is '12'; it takes int"),
        ({"n_layer": [2]}, "Size.layers is (2,); it takes int"),
        ({"layer_norm_epsilon": float("inf")}, "LayerNorm.eps is inf"),
        ({"architectures": [["GPT2LMHeadModel"]]}, "architectures is"),
        ({"architectures": {"a": 1}, "model_type": ["gpt2"]}, "model_type is ['gpt2']"),
        ({"rope_scaling": "linear"}, "rope_scaling is 'linear'; an object is allowed"),
    ],
)
def test_sizes_that_the_tensors_contradict_are_refused_before_anything_is_built(
    directory: Path, change: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[object] = []
    monkeypatch.setattr("clados.checkpoints.load.module", built.append)
    edit(directory, lambda config: (config.pop("clados"), config.update(change)))
    refused(directory, message)
    assert built == []


def test_a_declaration_of_more_layers_than_any_model_has_is_refused_at_once(directory: Path) -> None:
    edit(
        directory,
        lambda config: config["clados"].update(model=config["clados"]["model"].replace("layers=3", "layers=30000")),
    )
    edit(directory, lambda config: config.pop("n_layer"))
    refused(directory, "Size.layers is 30000; it must be at least 1 and at most 10000", kind=CladosError)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda index: index.update(weight_map={"transformer.wte.weight": 3}),
            "weight_map.transformer.wte.weight is 3",
        ),
        (lambda index: index.update(weight_map=[1]), "weight_map is [1]; an object is needed"),
        (lambda index: index.pop("weight_map"), "it has no weight_map"),
        (lambda index: index["weight_map"].update({"transformer.wte.weight": "."}), "is not the name of a file"),
        (lambda index: index["weight_map"].update({"transformer.wte.weight": "a\nb"}), "is not the name of a file"),
    ],
)
def test_an_index_of_something_else_is_refused(
    made: nn.Module, tmp_path: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    path = save_pretrained(made, tmp_path / "sharded", max_shard="100KB")
    file = path / "model.safetensors.index.json"
    index = json.loads(file.read_text())
    change(index)
    file.write_text(json.dumps(index))
    refused(path, message)


def test_what_a_file_says_is_shown_without_its_control_characters(directory: Path) -> None:
    edit(directory, lambda config: config.update(model_type="a\nb\x1b[31m"))
    refused(directory, r"a\nb\x1b[31m", kind=LayoutError)


@pytest.mark.parametrize(
    "tensor",
    [torch.zeros(1).expand(10**12), torch.zeros(3, 3).to_sparse(), torch.zeros(3, device="meta")],
    ids=["stretched", "sparse", "meta"],
)
def test_a_pickle_whose_numbers_are_not_all_there_is_refused(directory: Path, tensor: Tensor) -> None:
    tensors = load_file(directory / "model.safetensors")
    (directory / "model.safetensors").unlink()
    torch.save({**tensors, "transformer.ln_f.bias": tensor}, directory / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=r"'transformer\.ln_f\.bias' is not the name of a tensor whose numbers"):
        from_pretrained(directory, allow_pickle=True)


def test_a_class_that_is_asked_for_and_not_known_is_refused_with_the_nearest(directory: Path) -> None:
    with pytest.raises(LayoutError, match=r"architecture is 'GPT2LMHead', which no gpt2 .* 'GPT2LMHeadModel'\?"):
        from_pretrained(directory, architecture="GPT2LMHead")


def test_a_size_that_cannot_be_is_refused(directory: Path) -> None:
    edit(directory, lambda config: config.update(n_head=7))
    refused(directory, "config.json", "Size.heads is 7", kind=LayoutError)


def test_a_truncated_file_is_refused(directory: Path) -> None:
    file = directory / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    refused(directory, "model.safetensors", "truncated")


def test_a_file_of_something_else_is_refused(directory: Path) -> None:
    (directory / "model.safetensors").write_bytes(b"not tensors at all")
    refused(directory, "model.safetensors", "not safetensors")


def test_a_tensor_of_another_shape_is_refused_with_both_shapes(directory: Path) -> None:
    edit(directory, lambda config: (config.update(n_positions=7), config.pop("clados")))
    error = refused(directory, "model.safetensors", "transformer.wpe.weight", "1024x48", "7x48")
    assert error.report is not None
    assert error.report.wrong_shape == {"transformer.wpe.weight": ((1024, 48), (7, 48))}


@pytest.mark.parametrize(
    "kind", [torch.int64, torch.int8, torch.uint8, torch.bool, torch.float8_e4m3fn, torch.complex64]
)
def test_numbers_that_are_no_weights_are_refused_by_name(directory: Path, kind: torch.dtype) -> None:
    name = "transformer.h.0.mlp.c_fc.weight"
    rewrite(directory, lambda tensors: tensors.update({name: tensors[name].to(kind)}))
    refused(directory, "model.safetensors", f"'{name}' is of {str(kind).removeprefix('torch.')}")


@pytest.mark.parametrize("method", ["bitsandbytes", "gptq", "awq", "fp8", "compressed-tensors"])
def test_quantised_weights_are_refused_by_the_name_of_their_method(directory: Path, method: str) -> None:
    edit(directory, lambda config: config.update(quantization_config={"quant_method": method, "bits": 4}))
    refused(directory, "config.json", "quantization_config", method, kind=LayoutError)


def test_a_tensor_that_is_missing_is_refused(directory: Path) -> None:
    rewrite(directory, lambda tensors: tensors.pop("transformer.h.1.mlp.c_fc.bias"))
    error = refused(directory, "stack.blocks.1.mlp.up.bias")
    assert error.report is not None
    assert error.report.missing == ("stack.blocks.1.mlp.up.bias",)


def test_a_tensor_that_nothing_takes_is_refused(directory: Path) -> None:
    rewrite(directory, lambda tensors: tensors.update({"transformer.h.3.ln_1.bias": torch.zeros(48)}))
    error = refused(directory, "model.safetensors", "transformer.h.3.ln_1.bias")
    assert error.report is not None
    assert error.report.unexpected == ("transformer.h.3.ln_1.bias",)


def test_the_tensors_of_another_model_are_refused(directory: Path) -> None:
    def other(tensors: MutableMapping[str, torch.Tensor]) -> None:
        tensors.clear()
        tensors["encoder.0.weight"] = torch.zeros(3)

    rewrite(directory, other)
    refused(directory, "encoder.0.weight")


def test_a_shard_that_is_absent_or_lies_elsewhere_is_refused(made: nn.Module, tmp_path: Path) -> None:
    path = save_pretrained(made, tmp_path / "sharded", max_shard="100KB")
    index = json.loads((path / "model.safetensors.index.json").read_text())
    shard = path / index["weight_map"]["transformer.wpe.weight"]
    moved = shard.rename(tmp_path / "elsewhere.safetensors")
    refused(path, shard.name)
    index["weight_map"]["transformer.wpe.weight"] = f"../{moved.name}"
    (path / "model.safetensors.index.json").write_text(json.dumps(index))
    refused(path, "not the name of a file beside it")


class Bomb:
    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return exec, ("raise SystemExit('ran')",)


def test_pickles_are_refused_unless_allowed_and_then_hold_tensors_alone(directory: Path) -> None:
    tensors = load_file(directory / "model.safetensors")
    (directory / "model.safetensors").unlink()
    torch.save(tensors, directory / "pytorch_model.bin")
    refused(directory, "pytorch_model.bin", "allow_pickle=True", "weights_only")
    assert from_pretrained(directory, allow_pickle=True).report.verdict.startswith("whole")

    torch.save({"bomb": Bomb()}, directory / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=r"pytorch_model\.bin: not a pickle of tensors alone"):
        from_pretrained(directory, allow_pickle=True)


def test_a_second_name_with_other_numbers_is_noted(directory: Path) -> None:
    rewrite(directory, lambda tensors: tensors.update({"lm_head.weight": torch.zeros(97, 48)}))
    report = from_pretrained(directory).report
    assert "lm_head.weight" in report.notes[0]
    assert report.notes[0] in str(report)

    rewrite(directory, lambda tensors: tensors.update({"lm_head.weight": tensors["transformer.wte.weight"].clone()}))
    assert not from_pretrained(directory).report.notes


def test_a_table_under_its_second_name_only_is_found(directory: Path) -> None:
    rewrite(directory, lambda tensors: tensors.update({"lm_head.weight": tensors.pop("transformer.wte.weight")}))
    assert from_pretrained(directory).report.renamed["inputs.tokens.weight"] == ("lm_head.weight",)

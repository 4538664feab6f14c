"""Damaged checkpoints are read or refused in one line: config, index, safetensors, GGUF, pickles, what lies beside."""

import argparse
import json
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from clados import from_pretrained, save_pretrained, spec as s
from clados.apply.generate import generate
from clados.checkpoints.metadata import preprocessing, read_metadata, write_metadata
from clados.models.declared import declared
from clados.nn import build
from tests.fuzz.harness import Row, run
from tests.fuzz.mutants import VALUES, bytes_mutant, json_bytes, safetensors_mutant, text_mutant

CARDS = (
    "gpt-2", "bert", "albert", "llama", "t5", "t5-v1.1", "bart", "clip", "vit", "decision-transformer", "switch",
    "gpt-neo", "gpt-j", "xlnet", "transformer-xl", "deberta", "big-bird", "gpt-3", "glm", "e5",
)  # fmt: skip


@cache
def small(card: str) -> nn.Module:
    """A tiny model of a card, as the first layout in which others keep it has it."""
    layouts = declared(card).layouts
    port = (layouts[0].port if layouts else None) or s.but()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build(s.tiny(declared(card).model.but(**port)))


def saved(card: str, **how: Any) -> Callable[[Path], object]:
    return lambda folder: save_pretrained(small(card), folder, **how)


def config_of(card: str) -> Row:
    return Row(f"config.json of {card}", saved(card), "config.json", json_bytes, from_pretrained)


def declaration_mutant(data: bytes, draw: random.Random) -> bytes:
    """A config.json whose declaration, which is text, is damaged."""
    config = json.loads(data)
    text = config["clados"]["model"].encode()
    config["clados"]["model"] = text_mutant(text, draw).decode("utf-8", "replace")
    return json.dumps(config).encode()


def pickled(folder: Path) -> None:
    save_pretrained(small("gpt-2"), folder)
    from safetensors.torch import load_file

    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def unpickled(folder: Path) -> object:
    return from_pretrained(folder, allow_pickle=True)


def pickle_mutant(data: bytes, draw: random.Random) -> bytes:
    """A pickle of other values, or with damaged bytes."""
    import io

    if draw.random() < 0.5:
        return bytes_mutant(data, draw)
    held = torch.load(io.BytesIO(data), weights_only=False)
    if isinstance(held, dict) and "args" in held and draw.random() < 0.7:
        said: dict[str, Any] = held["args"].__dict__
        said[draw.choice([*said, "encoder_normalize_before"])] = draw.choice(VALUES)
    else:
        tensors = held.get("model", held)
        name = draw.choice(list(tensors))
        tensor = tensors[name]
        tensors[name] = draw.choice(
            (
                draw.choice(VALUES), tensor.int(), tensor[..., :0], tensor.flatten(), tensor.to_sparse(), tensor.half(),
                tensor.to("meta"), torch.zeros(()), torch.zeros(1).expand(2**40), nn.Parameter(tensor), tensor.cfloat(),
            )
        )  # fmt: skip
        if draw.random() < 0.3:
            tensors[draw.choice((3, None, "x", ("a", 1)))] = tensors.pop(name)
    out = io.BytesIO()
    torch.save(held, out)
    return out.getvalue()


def fairseq(folder: Path) -> None:
    from clados.checkpoints.mapping.detect import replace_heads
    from clados.checkpoints.mapping.tensors import to_theirs

    model = replace_heads(s.tiny(declared("roberta").model), ("lm",))
    layout = next(each for each in declared("roberta").layouts if each.model_type == "fairseq:roberta")
    size = model.size
    said = {
        "arch": "roberta_base", "encoder_embed_dim": size.d_model, "encoder_layers": size.layers,
        "encoder_attention_heads": size.heads, "encoder_ffn_embed_dim": size.dims.d_ff, "activation_fn": "gelu",
    }  # fmt: skip
    held = to_theirs(layout, model, build(model).state_dict())
    torch.save({"args": argparse.Namespace(**said), "model": held}, folder / "model.pt")


def read_file(name: str) -> Callable[[Path], object]:
    return lambda folder: from_pretrained(folder / name, allow_pickle=True)


def gguf(folder: Path) -> None:
    from clados.checkpoints.mapping.tensors import to_theirs

    writer = pytest.importorskip("gguf").GGUFWriter(folder / "model.gguf", "llama")
    model = s.tiny(declared("llama").model)
    size = model.size
    layout = next(each for each in declared("llama").layouts if each.model_type == "gguf:llama")
    numbers = {
        "embedding_length": size.d_model, "block_count": size.layers, "feed_forward_length": size.dims.d_ff,
        "attention.head_count": size.heads, "rope.dimension_count": size.dims.head_dim, "context_length": 64,
    }  # fmt: skip
    for key, value in numbers.items():
        writer.add_uint32(f"llama.{key}", value)
    writer.add_float32("llama.attention.layer_norm_rms_epsilon", 1e-6)
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *"abcde", "▁a", "bc"]
    writer.add_string("tokenizer.ggml.model", "llama")
    writer.add_array("tokenizer.ggml.tokens", tokens)
    writer.add_array("tokenizer.ggml.scores", [float(-i) for i in range(len(tokens))])
    writer.add_array("tokenizer.ggml.token_type", [2, 3, 3, *[6] * 256, *[1] * 8])
    for i, role in enumerate(("unknown", "bos", "eos")):
        writer.add_uint32(f"tokenizer.ggml.{role}_token_id", i)
    for name, tensor in to_theirs(layout, model, build(model).state_dict()).items():
        writer.add_tensor(name, tensor.detach().contiguous().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def trained(folder: Path) -> None:
    """A directory with all that the trainer writes beside a model."""
    module = small("vit")
    save_pretrained(module, folder)
    classes = next(head.classes for head in module.spec.heads)  # type: ignore[union-attr]
    write_metadata(folder, labels=[f"class {i}" for i in range(classes)], images=preprocessing(module.spec))  # type: ignore[arg-type]
    stage = declared("vit").recipe.stages[0]
    run_file = {"model": "vit", "stage": repr(stage), "classes": ["a", "b"], "length": 20}
    run_file["scales"] = {"mean": [0.0], "std": [1.0], "most": 1.0, "best": 2.0, "choices": 0}
    (folder / "run.json").write_text(json.dumps(run_file))


def whole(folder: Path) -> object:
    return from_pretrained(folder), read_metadata(folder)


GENERATION = {
    "eos_token_id": [7, 9], "pad_token_id": 1, "bos_token_id": 0, "forced_bos_token_id": 4, "forced_eos_token_id": 7,
    "suppress_tokens": [3, 5], "begin_suppress_tokens": [6], "bad_words_ids": [[8], [1, 2]], "max_length": 8,
    "min_length": 1, "min_new_tokens": 1, "num_beams": 2, "length_penalty": 1.5, "early_stopping": "never",
    "do_sample": True, "temperature": 0.7, "top_k": 5, "top_p": 0.9, "repetition_penalty": 1.2,
    "no_repeat_ngram_size": 2,
}  # fmt: skip


def generating(folder: Path) -> None:
    save_pretrained(small("gpt-2"), folder)
    (folder / "generation_config.json").write_text(json.dumps(GENERATION))


def generated(folder: Path) -> object:
    """A few tokens, as the directory says they are written."""
    return generate(from_pretrained(folder), torch.tensor([[1, 2, 3]]), max_new_tokens=4)


SHARDED = saved("gpt-2", max_shard="60KB")
INDEX = "model.safetensors.index.json"
ROWS = (
    *map(config_of, CARDS),
    Row("declaration", saved("gpt-3"), "config.json", declaration_mutant, from_pretrained),
    Row("index of shards", SHARDED, INDEX, json_bytes, from_pretrained),
    Row("safetensors", saved("gpt-2"), "model.safetensors", safetensors_mutant, from_pretrained),
    Row("safetensors of t5", saved("t5"), "model.safetensors", safetensors_mutant, from_pretrained),
    Row("gguf", gguf, "model.gguf", bytes_mutant, read_file("model.gguf")),
    Row("pickle", pickled, "pytorch_model.bin", pickle_mutant, unpickled),
    Row("fairseq", fairseq, "model.pt", pickle_mutant, read_file("model.pt")),
    Row("modules.json", saved("e5"), "modules.json", json_bytes, whole),
    Row("pooling", saved("e5"), "1_Pooling/config.json", json_bytes, whole),
    Row("dense", saved("instructor"), "2_Dense/config.json", json_bytes, whole),
    Row("prompts", saved("e5"), "config_sentence_transformers.json", json_bytes, whole),
    Row("lengths", saved("e5"), "sentence_bert_config.json", json_bytes, whole),
    Row("generation", generating, "generation_config.json", json_bytes, generated),
    Row("run.json", trained, "run.json", json_bytes, whole),
    Row("labels", trained, "config.json", json_bytes, whole),
    Row("preprocessor_config.json", trained, "preprocessor_config.json", json_bytes, whole),
)


@pytest.mark.fuzz
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_damaged_checkpoint_is_read_or_refused_in_one_line(row: Row, mutants: int, tmp_path: Path) -> None:
    run(row, tmp_path, mutants)

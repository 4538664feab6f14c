"""llama.cpp's files give the models that they were made from, and what cannot be read is refused in one line."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from torch import Tensor

from clados import from_pretrained
from clados.checkpoints import CheckpointError, LayoutError

gguf = pytest.importorskip("gguf")
Words = dict[str, int | float | bool]
Held = dict[str, Tensor]

# Names and shapes as llama.cpp's convert_hf_to_gguf.py makes them: each pair of patterns renames tensors.
GPT_2 = (
    ("transformer.wte", "token_embd"),
    ("transformer.wpe", "position_embd"),
    ("transformer.ln_f", "output_norm"),
    ("transformer.h", "blk"),
    ("ln_1", "attn_norm"),
    ("ln_2", "ffn_norm"),
    ("attn.c_attn", "attn_qkv"),
    ("attn.c_proj", "attn_output"),
    ("mlp.c_fc", "ffn_up"),
    ("mlp.c_proj", "ffn_down"),
)
GPT_NEOX = (
    ("gpt_neox.embed_in", "token_embd"),
    ("embed_out", "output"),
    ("lm_head", "output"),  # its name in memory since 5.x
    ("gpt_neox.final_layer_norm", "output_norm"),
    ("gpt_neox.layers", "blk"),
    ("input_layernorm", "attn_norm"),
    ("post_attention_layernorm", "ffn_norm"),
    ("attention.query_key_value", "attn_qkv"),
    ("attention.dense", "attn_output"),
    ("mlp.dense_h_to_4h", "ffn_up"),
    ("mlp.dense_4h_to_h", "ffn_down"),
)
LLAMA = (
    ("model.embed_tokens", "token_embd"),
    ("lm_head", "output"),
    ("model.norm", "output_norm"),
    ("model.layers", "blk"),
    ("input_layernorm", "attn_norm"),
    ("post_attention_layernorm", "ffn_norm"),
    ("self_attn.q_proj", "attn_q"),
    ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"),
    ("self_attn.o_proj", "attn_output"),
    ("mlp.gate_proj", "ffn_gate"),
    ("mlp.up_proj", "ffn_up"),
    ("mlp.down_proj", "ffn_down"),
)
BERT = (
    ("embeddings.word_embeddings", "token_embd"),
    ("embeddings.token_type_embeddings", "token_types"),
    ("embeddings.position_embeddings", "position_embd"),
    ("embeddings.LayerNorm", "token_embd_norm"),
    ("encoder.layer", "blk"),
    ("attention.self.query", "attn_q"),
    ("attention.self.key", "attn_k"),
    ("attention.self.value", "attn_v"),
    ("attention.output.dense", "attn_output"),
    ("attention.output.LayerNorm", "attn_output_norm"),
    ("intermediate.dense", "ffn_up"),
    ("output.dense", "ffn_down"),
    ("output.LayerNorm", "layer_output_norm"),
)


def renamed(model: Any, names: tuple[tuple[str, str], ...]) -> Held:
    """A reference's tensors by llama.cpp's names."""
    held = {}
    for name, tensor in model.state_dict().items():
        *path, kind = name.split(".")
        whole = ".".join(path)
        for theirs, here in names:
            whole = re.sub(rf"(^|\.){re.escape(theirs)}($|\.)", rf"\1{here}\2", whole)
        held[f"{whole}.{kind}"] = tensor
    return held


def written(
    file: Path,
    arch: str,
    words: Words,
    held: Held,
    kind: Any = None,
    keys: dict[str, str] | None = None,
    lists: dict[str, list[Any]] | None = None,
) -> Path:
    """A file with these words and tensors; matrices in another kind of number where one is named."""
    writer = gguf.GGUFWriter(file, arch)
    for name, each in (lists or {"tokens": [f"<{i}>" for i in range(5)]}).items():
        writer.add_array(f"tokenizer.ggml.{name}", each)
    for name, text in (keys or {}).items():
        writer.add_string(name, text)
    for key, value in words.items():
        name = key if key.startswith("tokenizer.") else f"{arch}.{key}"
        add = {bool: writer.add_bool, int: writer.add_uint32, float: writer.add_float32}[type(value)]
        add(name, value)
    for name, tensor in held.items():
        numbers = tensor.detach().contiguous().numpy()
        if kind is not None and numbers.ndim == 2:
            writer.add_tensor(name, gguf.quants.quantize(numbers, kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, numbers)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def made(kind: str, config: Any) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = getattr(transformers, kind)(config).eval()
        for parameter in model.parameters():
            parameter.data += 0.1 * torch.randn_like(parameter)
    return model


def interleaved(rows: Tensor, heads: int) -> Tensor:
    """Rows half a head apart brought side by side, as the converter permutes queries and keys."""
    return rows.reshape(heads, 2, -1, rows.size(1)).transpose(1, 2).reshape(rows.shape)


def llama() -> tuple[Any, str, Words, Held]:
    config = transformers.LlamaConfig(
        vocab_size=61, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=96, rms_norm_eps=1e-5, rope_theta=5000.0, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    model = made("LlamaForCausalLM", config)
    held = renamed(model, LLAMA)
    for name in held:
        heads = {"attn_q": 4, "attn_k": 2}.get(name.split(".")[-2])
        held[name] = interleaved(held[name], heads) if heads else held[name]
    words: Words = {
        "context_length": 2048, "embedding_length": 64, "block_count": 2, "feed_forward_length": 96,
        "rope.dimension_count": 16, "rope.freq_base": 5000.0, "attention.head_count": 4,
        "attention.head_count_kv": 2, "attention.layer_norm_rms_epsilon": 1e-5, "vocab_size": 61,
        "tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 2,
    }  # fmt: skip
    return model, "llama", words, held


def gpt_2() -> tuple[Any, str, Words, Held]:
    config = transformers.GPT2Config(vocab_size=61, n_embd=64, n_layer=2, n_head=4, n_positions=40, eos_token_id=60)
    model = made("GPT2LMHeadModel", config)
    held = renamed(model, GPT_2)
    del held["lm_head.weight"]
    flipped = ("attn_qkv.weight", "attn_output.weight", "ffn_up.weight", "ffn_down.weight")
    held = {name: each.T if name.endswith(flipped) else each for name, each in held.items()}
    words: Words = {
        "context_length": 40, "embedding_length": 64, "block_count": 2, "feed_forward_length": 256,
        "attention.head_count": 4, "attention.layer_norm_epsilon": 1e-5, "tokenizer.ggml.eos_token_id": 60,
    }  # fmt: skip
    return model, "gpt2", words, held


def gpt_neox() -> tuple[Any, str, Words, Held]:
    config = transformers.GPTNeoXConfig(
        vocab_size=61, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
        rotary_pct=0.25, hidden_act="gelu_fast", tie_word_embeddings=False,
    )  # fmt: skip
    model = made("GPTNeoXForCausalLM", config)
    held = renamed(model, GPT_NEOX)
    for name, each in held.items():
        if ".attn_qkv." in name:
            held[name] = each.reshape(4, 3, 16, *each.shape[1:]).transpose(0, 1).reshape(each.shape)
    words: Words = {
        "context_length": 2048, "embedding_length": 64, "block_count": 2, "feed_forward_length": 96,
        "rope.dimension_count": 4, "attention.head_count": 4, "use_parallel_residual": True,
        "attention.layer_norm_epsilon": 1e-5,
    }  # fmt: skip
    return model, "gptneox", words, held


def bert() -> tuple[Any, str, Words, Held]:
    config = transformers.BertConfig(
        vocab_size=61, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
        max_position_embeddings=40,
    )  # fmt: skip
    model = made("BertModel", config)
    held = {name: each for name, each in renamed(model, BERT).items() if not name.startswith("pooler")}
    words: Words = {
        "context_length": 40, "embedding_length": 64, "block_count": 2, "feed_forward_length": 96,
        "attention.head_count": 4, "attention.layer_norm_epsilon": 1e-12, "attention.causal": False,
        "pooling_type": 1,
    }  # fmt: skip
    return model, "bert", words, held


def apart(ours: Any, theirs: Any) -> float:
    ids = torch.randint(3, 58, (2, 11), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        name = "logits" if "logits" in theirs(input_ids=ids) else "last_hidden_state"
        one, other = ours(ids)[name], theirs(input_ids=ids)[name]
    return float((one - other).abs().max() / other.abs().max())


@pytest.mark.parametrize("case", [llama, gpt_2, gpt_neox, bert])
def test_a_file_gives_the_model_that_it_was_made_from(
    case: Callable[[], tuple[Any, str, Words, Held]], tmp_path: Path
) -> None:
    model, arch, words, held = case()
    ours: Any = from_pretrained(written(tmp_path / "model.gguf", arch, words, held))
    assert apart(ours, model) < 2e-5
    assert ours.report.verdict.startswith("whole")
    assert ours.tokenizer is None


def test_quantised_matrices_come_back_as_the_library_rounds_them(tmp_path: Path) -> None:
    model, arch, words, held = llama()
    q8 = gguf.GGMLQuantizationType.Q8_0
    ours: Any = from_pretrained(written(tmp_path / "model.gguf", arch, words, held, q8))
    rounded = gguf.quants.dequantize(gguf.quants.quantize(held["token_embd.weight"].numpy(), q8), q8)
    assert np.array_equal(ours.inputs.tokens.weight.detach().numpy(), rounded)
    assert 1e-5 < apart(ours, model) < 0.05


def test_half_precision_stays_and_a_copy_of_the_table_is_no_second_head(tmp_path: Path) -> None:
    _, arch, words, held = gpt_2()
    half = {name: each.half() for name, each in {**held, "output.weight": held["token_embd.weight"]}.items()}
    ours: Any = from_pretrained(written(tmp_path / "model.gguf", arch, words, half))
    assert {each.dtype for each in ours.parameters()} == {torch.float16}
    assert not ours.report.notes


def test_the_tokenizer_of_a_file_is_read_and_a_damaged_one_does_not_take_the_weights_with_it(tmp_path: Path) -> None:
    _, arch, words, held = gpt_2()
    letters = [*map(chr, range(97, 97 + 26)), "ab", "<|end|>"]
    rest = [f"<{i}>" for i in range(61 - len(letters))]
    lists: dict[str, list[Any]] = {
        "tokens": letters + rest,
        "merges": ["a b"],
        "token_type": [1] * 27 + [3] + [1] * len(rest),
    }
    keys = {"tokenizer.ggml.model": "gpt2", "tokenizer.chat_template": "{{ x }}"}
    words = {**words, "tokenizer.ggml.eos_token_id": 27}
    ours: Any = from_pretrained(written(tmp_path / "model.gguf", arch, words, held, keys=keys, lists=lists))
    assert ours.tokenizer.encode("abc<|end|>") == [26, 2, 27]
    assert ours.report.notes == ("model.gguf: not used here: tokenizer.chat_template",)
    keys["tokenizer.ggml.model"] = "rwkv"
    ours = from_pretrained(written(tmp_path / "other.gguf", arch, words, held, keys=keys, lists=lists))
    assert ours.tokenizer is None
    assert "no tokenizer: " in ours.report.notes[0]
    assert 'tokenizer.ggml.model is "rwkv"' in ours.report.notes[0]


# llama.cpp reads words out with the token table where output.weight is absent (LLaMA 3.2 1B)
@pytest.mark.parametrize("case", [llama, gpt_neox])
def test_without_a_table_of_their_own_words_are_read_out_with_the_token_table(
    case: Callable[[], tuple[Any, str, Words, Held]], tmp_path: Path
) -> None:
    model, arch, words, held = case()
    model.get_output_embeddings().weight = model.get_input_embeddings().weight
    del held["output.weight"]
    ours: Any = from_pretrained(written(tmp_path / "model.gguf", arch, words, held))
    assert apart(ours, model) < 2e-5
    assert not ours.report.notes


def test_a_table_that_differs_from_the_token_table_is_used(tmp_path: Path) -> None:
    model, arch, words, held = gpt_2()
    held["output.weight"] = held["token_embd.weight"] + 0.1
    model.lm_head.weight = torch.nn.Parameter(held["output.weight"])
    ours: Any = from_pretrained(written(tmp_path / "model.gguf", arch, words, held))
    assert apart(ours, model) < 2e-5
    assert "'output.weight' differs from the token table" in ours.report.notes[0]


# Words that llama.cpp's converters write at a value at which they are nothing
def test_words_at_a_value_that_changes_nothing_are_read_over(tmp_path: Path) -> None:
    model, arch, words, held = llama()
    more: Words = {"expert_count": 0, "rope.scaling.factor": 1.0, "attention.sliding_window": 0}
    more |= {"rope.scaling.original_context_length": 2048}
    ours: Any = from_pretrained(written(tmp_path / "model.gguf", arch, {**words, **more}, held))
    assert apart(ours, model) < 2e-5
    assert not ours.report.notes


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("expert_count", 8),
        ("attention.sliding_window", 4096),
        ("attention.scale", 0.5),
        ("attention.output_scale", 0.5),
        ("logit_scale", 2.0),
        ("final_logit_softcapping", 30.0),
    ],
)
def test_words_that_change_what_is_computed_are_refused(key: str, value: float, tmp_path: Path) -> None:
    _, arch, words, held = llama()
    file = written(tmp_path / "model.gguf", arch, {**words, key: value}, held)
    with pytest.raises(LayoutError, match=rf"model\.gguf: '{re.escape(key)}' is {value}"):
        from_pretrained(file)


def test_integers_are_no_weights(tmp_path: Path) -> None:
    _, arch, words, held = llama()
    held["output_norm.weight"] = held["output_norm.weight"].to(torch.int32)
    with pytest.raises(CheckpointError, match=r"model\.gguf: 'output_norm\.weight' is of int32"):
        from_pretrained(written(tmp_path / "model.gguf", arch, words, held))


def test_a_length_beyond_the_file_is_refused_at_once(tmp_path: Path) -> None:
    _, arch, words, held = llama()
    file = written(tmp_path / "model.gguf", arch, words, held)
    data = bytearray(file.read_bytes())
    at = data.index(b"tokenizer.ggml.tokens") + len("tokenizer.ggml.tokens") + 8
    data[at : at + 8] = (2**60).to_bytes(8, "little")
    data[at - 4 : at] = (0).to_bytes(4, "little")  # as an array of bytes
    file.write_bytes(data)
    with pytest.raises(CheckpointError, match=r"model\.gguf: truncated, or not GGUF \(an array of 1152921504606846976"):
        from_pretrained(file)


def test_what_cannot_be_read_is_refused_in_one_line(tmp_path: Path) -> None:
    _, arch, words, held = llama()
    scaled = written(tmp_path / "scaled.gguf", arch, {**words, "rope.scaling.factor": 8.0}, held)
    with pytest.raises(LayoutError, match=r"scaled\.gguf: 'rope\.scaling\.factor' is 8\.0, a word that nothing takes"):
        from_pretrained(scaled)
    experts = written(tmp_path / "other.gguf", "mamba", {}, held)
    with pytest.raises(LayoutError, match="its architecture is 'mamba'; read are bert, gpt2, gptneox, llama"):
        from_pretrained(experts)
    more = written(tmp_path / "more.gguf", arch, words, {**held, "rope_freqs.weight": torch.ones(8)})
    with pytest.raises(CheckpointError, match=r"rope_freqs\.weight"):
        from_pretrained(more)
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(scaled.read_bytes()[:300])
    with pytest.raises(CheckpointError, match=r"broken\.gguf: truncated, or not GGUF"):
        from_pretrained(broken)

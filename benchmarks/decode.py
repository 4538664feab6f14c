"""Greedy decoding of one text: the whole call, first token included."""

from typing import Any

import torch
import torch.nn.functional as F
import transformers
from torch import Tensor

from benchmarks import peers
from benchmarks.harness import Figure, Limits, Run, figure, interleaved
from clados.apply.generate import generate
from clados.nn.weight_layout import prepare_for_decoding


def float32(limits: Limits) -> list[Figure]:
    """GPT-2 of 124M parameters."""
    return _large("GPT-2 124M, float32", torch.float32, 1.5, limits)


def bfloat16(limits: Limits) -> list[Figure]:
    """The same in bfloat16, in fewer tokens: without instructions for it the peer takes seconds for a prompt."""
    return _large("GPT-2 124M, bfloat16", torch.bfloat16, 2.5, limits, start=4, new=16)


def _large(
    name: str, dtype: torch.dtype, wanted: float, limits: Limits, start: int = 16, new: int = 32
) -> list[Figure]:
    ours, theirs = peers.both(peers.gpt_2(), dtype)
    prepare_for_decoding(ours)
    prompt = torch.arange(1000, 1000 + start)[None]
    seconds = interleaved(_runs(ours, theirs, prompt, new))
    first = interleaved(_runs(ours, theirs, prompt, 1))
    work = {"GB": peers.gigabytes(ours) * new}
    said = f"prompt of {start}, {new} tokens"
    return [
        figure(f"{name}, {said}", seconds, wanted, work=work, limits=limits, note=_same(ours, theirs, prompt, new)),
        figure(f"{name}, first token", first),
    ]


def grouped(limits: Limits) -> list[Figure]:
    """LLaMA's network of 135M parameters: 30 layers, 576 wide, nine heads in three groups."""
    config = transformers.LlamaConfig(
        vocab_size=49_152,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
    )
    ours, theirs = peers.both(config)
    prepare_for_decoding(ours)
    prompt, new = torch.arange(1000, 1016)[None], 32
    work = {"GB": peers.gigabytes(ours) * new}  # tables of tokens counted once more than they are read
    seconds = interleaved(_runs(ours, theirs, prompt, new))
    note = _same(ours, theirs, prompt, new)
    return [figure(f"LLaMA of 30 layers, 576 wide, {new} tokens", seconds, 1.5, work=work, limits=limits, note=note)]


def tiny(limits: Limits) -> list[Figure]:
    """A model so small that what is not arithmetic is nearly everything, beside a loop without modules."""
    ours, theirs = peers.both(peers.gpt_2(**peers.TINY))
    prepare_for_decoding(ours)
    prompt, new = torch.arange(8, 16)[None], 128
    runs = {**_runs(ours, theirs, prompt, new), "bare loop": lambda: bare(theirs, prompt, new)}
    same = bare(theirs, prompt, new).equal(generate(ours, prompt, max_new_tokens=new, eos=()))
    seconds = interleaved(runs, pairs=41)
    name = "GPT-2 of 4 layers, 128 wide, 1,024 words"
    work = {"GB": peers.gigabytes(ours) * new}
    return [
        figure(f"{name}, 128 tokens", seconds, 3.0, work=work, limits=limits, note=_same(ours, theirs, prompt, new)),
        figure(
            f"{name}, beside a bare loop",
            seconds,
            0.75,
            peer="bare loop",
            note=f"the bare loop's text is {'the same' if same else 'ANOTHER'}",
        ),
    ]


def _runs(ours: Any, theirs: Any, prompt: Tensor, new: int) -> dict[str, Run]:
    return {
        "clados": lambda: generate(ours, prompt, max_new_tokens=new, eos=()),
        "transformers": lambda: _theirs(theirs, prompt, new),
    }


def _theirs(model: Any, prompt: Tensor, new: int) -> Tensor:
    with torch.inference_mode():
        found: Tensor = model.generate(
            prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=new, do_sample=False, pad_token_id=0
        )
    return found


def _same(ours: Any, theirs: Any, prompt: Tensor, new: int) -> str:
    a, b = generate(ours, prompt, max_new_tokens=new, eos=()), _theirs(theirs, prompt, new)
    alike = int((a == b).long().cumprod(1).sum()) - prompt.size(1)
    return f"the texts agree in {alike} of {new} tokens"


@torch.inference_mode()
def bare(model: Any, prompt: Tensor, new: int) -> Tensor:
    """GPT-2 written out for one size: functions on tensors, no modules, no masks, one cache."""
    p, config = dict(model.named_parameters()), model.config
    heads, width, depth = config.n_head, config.n_embd, config.n_layer
    parts = "ln_1", "attn.c_attn", "attn.c_proj", "ln_2", "mlp.c_fc", "mlp.c_proj"
    names = [f"{part}.{each}" for part in parts for each in ("weight", "bias")]
    layers = [[p[f"transformer.h.{i}.{name}"] for name in names] for i in range(depth)]
    layers = [[w.T.contiguous() if w.dim() == 2 else w for w in layer] for layer in layers]
    tokens, places = p["transformer.wte.weight"], p["transformer.wpe.weight"]
    norm_weight, norm_bias = p["transformer.ln_f.weight"], p["transformer.ln_f.bias"]
    room = prompt.size(1) + new
    keys = [torch.zeros(1, heads, room, width // heads) for _ in range(depth)]
    values = [torch.zeros(1, heads, room, width // heads) for _ in range(depth)]
    text, ids, past = [prompt], prompt, 0
    for _ in range(new):
        n = ids.size(1)
        x = F.embedding(ids, tokens) + places[past : past + n]
        for (g1, b1, wq, bq, wo, bo, g2, b2, wu, bu, wd, bd), key, value in zip(layers, keys, values, strict=True):
            h = F.layer_norm(x, (width,), g1, b1, 1e-5)
            q, k, v = F.linear(h, wq, bq).view(1, n, 3 * heads, -1).transpose(1, 2).split(heads, 1)
            key[:, :, past : past + n] = k
            value[:, :, past : past + n] = v
            seen = key[:, :, : past + n], value[:, :, : past + n]
            y = F.scaled_dot_product_attention(q, *seen, is_causal=n > 1)
            x = x + F.linear(y.transpose(1, 2).reshape(1, n, width), wo, bo)
            h = F.layer_norm(x, (width,), g2, b2, 1e-5)
            x = x + F.linear(F.gelu(F.linear(h, wu, bu), approximate="tanh"), wd, bd)
        x = F.layer_norm(x[:, -1], (width,), norm_weight, norm_bias, 1e-5)
        ids, past = F.linear(x, tokens).argmax(-1, keepdim=True), past + n
        text.append(ids)
    return torch.cat(text, 1)

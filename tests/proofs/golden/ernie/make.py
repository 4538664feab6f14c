"""THU's ERNIE as its authors' own code has it: a small model over two texts, in which some tokens name entities.

Run with torch 2.13.0, safetensors and a copy of github:thunlp/ERNIE at 514cbe4: ``python make.py FOLDER/code`` writes
inputs.safetensors and outputs.safetensors beside it. Weights are not kept: each is drawn anew from its name.

Their prediction heads are written for states 768 wide; here they take the width of the small model.
"""

import sys
import zlib
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

HERE = Path(__file__).parent
SIZE = {"layers": 4, "d_model": 24, "heads": 3, "d_ff": 40}
PLAIN, WORDS, LENGTH, WIDTH = 1, 131, 41, 100
MODULES = {  # ours: theirs
    "inputs.tokens": "bert.embeddings.word_embeddings",
    "inputs.types": "bert.embeddings.token_type_embeddings",
    "inputs.position.table": "bert.embeddings.position_embeddings",
    "inputs.norm": "bert.embeddings.LayerNorm",
    "heads.lm.dense": "cls.predictions.transform.dense",
    "heads.lm.norm": "cls.predictions.transform.LayerNorm",
    "heads.lm": "cls.predictions",
    "heads.pooler.dense": "bert.pooler.dense",
    "heads.nsp.out": "cls.seq_relationship",
    "heads.entity.dense": "cls.predictions_ent.transform.dense",
    "heads.entity.norm": "cls.predictions_ent.transform.LayerNorm",
}
LAYER = {  # the same in a layer; three products of theirs are one of ours
    "attn.qkv": "attention.self.{query,key,value}",
    "attn.out": "attention.output.dense",
    "attn_norm": "attention.output.LayerNorm",
    "entity_attn.qkv": "attention.self_ent.{query,key,value}",
    "entity_attn.out": "attention.output_ent.dense",
    "entity_attn_norm": "attention.output_ent.LayerNorm",
    "mlp.up": "intermediate.dense",
    "mlp.entity_up": "intermediate.dense_ent",
    "mlp.down": "output.dense",
    "mlp.entity_down": "output.dense_ent",
    "mlp_norm": "output.LayerNorm",
    "entity_norm": "output.LayerNorm_ent",
}


def drawn(name: str, shape: tuple[int, ...]) -> Tensor:
    """The weights of a tensor, by our name of it."""
    draw = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    gain = len(shape) == 1 and name.endswith("weight")
    return torch.randn(shape, generator=draw) * 0.2 + gain


def read() -> dict[str, Tensor]:
    """Two texts, the second shorter; entities at some of their tokens, and five to choose from."""
    draw = torch.Generator().manual_seed(5)
    keep = torch.ones(2, 11, dtype=torch.long)
    keep[1, 7:] = 0
    there = (torch.rand(2, 11, generator=draw) < 0.5).long() * keep
    there[:, 0] = 1
    return {
        "input_ids": torch.randint(5, WORDS, (2, 11), generator=draw),
        "token_type_ids": (torch.arange(11) > 5).long().repeat(2, 1),
        "attention_mask": keep,
        "entity_embeds": torch.randn(2, 11, WIDTH, generator=draw),
        "entity_mask": there,
        "candidates": torch.randn(5, WIDTH, generator=draw),
    }


def main(code: str) -> None:
    """Build theirs, run it, and write what it read and gave."""
    downloads = ModuleType("knowledge_bert.file_utils")
    downloads.cached_path = None  # type: ignore[attr-defined]
    package = ModuleType("knowledge_bert")
    package.__path__ = [f"{code}/knowledge_bert"]
    sys.modules |= {"knowledge_bert": package, "knowledge_bert.file_utils": downloads}
    modeling: Any = __import__("knowledge_bert.modeling", fromlist=["modeling"])
    kinds = ["sim"] * PLAIN + ["mix"] + ["norm"] * (SIZE["layers"] - PLAIN - 1)
    config = modeling.BertConfig(
        WORDS,
        hidden_size=SIZE["d_model"],
        num_hidden_layers=SIZE["layers"],
        num_attention_heads=SIZE["heads"],
        intermediate_size=SIZE["d_ff"],
        max_position_embeddings=LENGTH,
        layer_types=kinds,
    )
    model = modeling.BertForPreTraining(config).eval()
    model.cls.predictions.transform.dense = nn.Linear(SIZE["d_model"], SIZE["d_model"])
    model.cls.predictions_ent.transform.dense = nn.Linear(SIZE["d_model"], WIDTH)
    fill(model)
    given = read()
    entities = given["entity_embeds"].requires_grad_()
    states, pooled = model.bert(
        given["input_ids"],
        given["token_type_ids"],
        given["attention_mask"],
        entities,
        given["entity_mask"],
        output_all_encoded_layers=False,
    )
    words, follows, named = model.cls(states, pooled, given["candidates"][None])
    outputs = {"logits": words, "seq_relationship_logits": follows, "entity_logits": named, "pooler_output": pooled}
    there = given["attention_mask"][..., None]
    (words * there).square().mean().add((named * there).square().mean()).backward()
    outputs["gradient of entity_embeds"] = entities.grad
    outputs["gradient of inputs.tokens.weight"] = model.bert.embeddings.word_embeddings.weight.grad
    for name, held in (("inputs", given), ("outputs", outputs)):
        save_file({key: each.detach().contiguous() for key, each in held.items()}, HERE / f"{name}.safetensors")
    sums = [
        f"{sha256((HERE / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("inputs.safetensors", "outputs.safetensors")
    ]
    (HERE / "sums.txt").write_text("".join(sums), encoding="utf-8")


def fill(model: nn.Module) -> None:
    """Their weights, each from our name of it; all of them."""
    held, left = dict(model.named_parameters()), set(dict(model.named_parameters()))
    pairs = dict(MODULES)
    for layer in range(SIZE["layers"]):
        ours = f"stack.blocks.{layer}" if layer < PLAIN else f"fused.{layer - PLAIN}"
        pairs |= {f"{ours}.{a}": f"bert.encoder.layer.{layer}.{b}" for a, b in LAYER.items()}
    for ours, theirs in pairs.items():
        for kind in ("weight", "bias"):
            head, brace, rest = theirs.partition("{")
            each = [f"{head}{part}" for part in rest.rstrip("}").split(",")] if brace else [theirs]
            names = [f"{name}.{kind}" for name in each if f"{name}.{kind}" in held]
            if not names:
                continue
            rows = [held[name].size(0) for name in names]
            weights = drawn(f"{ours}.{kind}", (sum(rows), *held[names[0]].shape[1:]))
            for name, part in zip(names, weights.split(rows)):
                held[name].data.copy_(part)
                left.discard(name)
    assert not left, sorted(left)


if __name__ == "__main__":
    main(sys.argv[1])

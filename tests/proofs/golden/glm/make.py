"""GLM as its authors' own code has it: a small model over two texts, each read and then written on in two blanks.

Run with torch 2.13.0, safetensors and a copy of github:THUDM/GLM at 4f61ed7: ``python make.py FOLDER`` writes
inputs.safetensors and outputs.safetensors beside it. Weights are not kept: each is drawn anew from its name.

Their layers are cut up for several GPUs, their norms fused for CUDA; on one CPU plain ones stand for both.
"""

import contextlib
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
SIZE = {"layers": 3, "d_model": 24, "heads": 3, "d_ff": 96}
WORDS, LENGTH = 131, 40
READ = 7, 5  # words of each text that are read; the others are written
MODULES = {  # ours: theirs
    "inputs.tokens": "word_embeddings",
    "inputs.position.table": "transformer.position_embeddings",
    "inputs.position.blanks": "transformer.block_position_embeddings",
    "stack.norm_out": "transformer.final_layernorm",
}
LAYER = {  # the same in a layer
    "attn_norm": "input_layernorm",
    "attn.qkv": "attention.query_key_value",
    "attn.out": "attention.dense",
    "mlp_norm": "post_attention_layernorm",
    "mlp.up": "mlp.dense_h_to_4h",
    "mlp.down": "mlp.dense_4h_to_h",
}


def drawn(name: str, shape: tuple[int, ...]) -> Tensor:
    """The weights of a tensor, by our name of it."""
    draw = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    gain = len(shape) == 1 and name.endswith("weight")
    return torch.randn(shape, generator=draw) * 0.2 + gain


def read() -> dict[str, Tensor]:
    """Ids, and their pairs of positions: a blank's words stand where it was, and count from 1."""
    draw = torch.Generator().manual_seed(5)
    pairs = []
    for count in READ:
        written = [(2, n) for n in range(1, 5)] + [(4, n) for n in range(1, 12 - count - 3)]
        pairs.append([(t, 0) for t in range(count)] + written)
    return {
        "input_ids": torch.randint(5, WORDS, (len(READ), 12), generator=draw),
        "position_ids": torch.tensor([row[:12] for row in pairs]),
    }


class Whole(nn.Linear):
    """One of their products, all in one piece."""

    def __init__(self, n_in: int, n_out: int, **how: object) -> None:
        super().__init__(n_in, n_out)


class Tracker:
    """What they draw dropout by."""

    def fork(self) -> Any:
        return contextlib.nullcontext()


def package(name: str, **held: object) -> ModuleType:
    """A module by this name that holds these."""
    made = ModuleType(name)
    vars(made).update(held)
    sys.modules[name] = made
    return made


def theirs(folder: str) -> Any:
    """Their model, what it leans on replaced."""
    package("apex"), package("apex.normalization")
    package("apex.normalization.fused_layer_norm", FusedLayerNorm=nn.LayerNorm)
    package("deepspeed", checkpointing=ModuleType("checkpointing")).checkpointing.is_configured = lambda: False
    package("utils", print_rank_0=print)
    package("model", __path__=[f"{folder}/model"])
    package("model.prompt", PromptSpell=None)
    mpu = package("mpu", __path__=[f"{folder}/mpu"], VocabParallelEmbedding=lambda n, d, **how: nn.Embedding(n, d))
    package("mpu.initialize", get_model_parallel_world_size=lambda: 1)
    package("mpu.layers", ColumnParallelLinear=Whole, RowParallelLinear=Whole)
    package("mpu.mappings", gather_from_model_parallel_region=lambda x: x)
    package("mpu.random", checkpoint=None, get_cuda_rng_tracker=Tracker)
    transformer: Any = __import__("mpu.transformer", fromlist=["transformer"])
    mpu.GPT2ParallelTransformer = transformer.GPT2ParallelTransformer  # type: ignore[attr-defined]
    mpu.LayerNorm = nn.LayerNorm  # type: ignore[attr-defined]
    mpu.copy_to_model_parallel_region = lambda x: x  # type: ignore[attr-defined]
    modeling: Any = __import__("model.modeling_glm", fromlist=["modeling_glm"])
    return modeling.GLMModel(
        num_layers=SIZE["layers"],
        vocab_size=WORDS,
        hidden_size=SIZE["d_model"],
        num_attention_heads=SIZE["heads"],
        embedding_dropout_prob=0.1,
        attention_dropout_prob=0.1,
        output_dropout_prob=0.1,
        max_sequence_length=LENGTH,
        max_memory_length=0,
        checkpoint_activations=False,
        block_position_encoding=True,
    ).eval()


def fill(model: nn.Module) -> None:
    """Their weights, each from our name of it; all of them."""
    pairs = dict(MODULES)
    for layer in range(SIZE["layers"]):
        pairs |= {f"stack.blocks.{layer}.{a}": f"transformer.layers.{layer}.{b}" for a, b in LAYER.items()}
    names = {f"{b}.{kind}": f"{a}.{kind}" for a, b in pairs.items() for kind in ("weight", "bias")}
    for name, weight in model.named_parameters():
        weight.data.copy_(drawn(names[name], tuple(weight.shape)))


def main(folder: str) -> None:
    """Build theirs, run it, and write what it read and gave."""
    model = theirs(folder)
    fill(model)
    given = read()
    [logits] = model(given["input_ids"], given["position_ids"].mT, torch.tensor(READ))
    logits.square().mean().backward()
    gradients = {"inputs.tokens.weight": model.word_embeddings.weight.grad}
    gradients["inputs.position.blanks.weight"] = model.transformer.block_position_embeddings.weight.grad
    outputs = {"logits": logits} | {f"gradient of {name}": each for name, each in gradients.items()}
    for name, held in (("inputs", given), ("outputs", outputs)):
        save_file({key: each.detach().contiguous() for key, each in held.items()}, HERE / f"{name}.safetensors")
    files = [HERE / f"{name}.safetensors" for name in ("inputs", "outputs")]
    sums = [f"{sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    (HERE / "sums.txt").write_text("".join(sums), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])

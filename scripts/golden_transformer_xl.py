"""Transformer-XL as transformers 4.35.2 has it, the last version that computes it: a small model over three segments.

Run in an environment of its own, with torch 2.13.0, transformers 4.35.2, tokenizers 0.15.2, huggingface_hub 0.20.3 and
safetensors: ``python golden_transformer_xl.py`` writes what is kept in proofs/golden; with FOLDER it says how far the
model in a folder that Clados wrote is from that.
"""

import sys
from hashlib import sha256
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import TransfoXLConfig, TransfoXLLMHeadModel

HERE = Path(__file__).parents[1] / "src" / "clados" / "proofs" / "golden" / "transformer_xl"
TEXTS, LENGTH, SEGMENTS, MEMORY = 2, 11, 3, 16


def build() -> TransfoXLLMHeadModel:
    """A model with a pair of biases a layer, four classes of words, memory shorter than the text."""
    config = TransfoXLConfig(
        vocab_size=60,
        cutoffs=[15, 30, 45],
        div_val=2,
        d_model=24,
        d_embed=24,
        n_head=3,
        d_head=7,
        d_inner=40,
        n_layer=3,
        mem_len=MEMORY,
        clamp_len=13,
        same_length=True,
    )
    model = TransfoXLLMHeadModel(config).eval()
    draw = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            gain = "layer_norm.weight" in name
            weight.copy_(torch.randn(weight.shape, generator=draw) * 0.2 + gain)
    return model


def segments() -> list[torch.Tensor]:
    """The text, cut."""
    draw = torch.Generator().manual_seed(5)
    return list(torch.randint(60, (TEXTS, SEGMENTS * LENGTH), generator=draw).split(LENGTH, 1))


def run(model: TransfoXLLMHeadModel) -> list[tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]]:
    """What is read and what comes out of each segment: words and memory before it, log p and memory after it."""
    mems = [torch.zeros(0, TEXTS, model.config.d_model) for _ in range(model.config.n_layer)]
    rows = []
    for ids in segments():
        given = stacked(mems).requires_grad_()
        out = model(ids, mems=list(given.permute(1, 2, 0, 3)))
        mems = out.mems
        rows.append(({"input_ids": ids, "mems": given}, {"logits": out.prediction_scores, "mems": stacked(mems)}))
    return rows


def stacked(mems: list[torch.Tensor]) -> torch.Tensor:
    """A memory as [batch, layers, length, d_model]."""
    return torch.stack(mems).permute(2, 0, 1, 3).contiguous()


def save(held: dict[str, torch.Tensor], name: str) -> None:
    """Tensors among what is kept."""
    save_file({key: each.detach().contiguous() for key, each in held.items()}, HERE / name)


def compare(folder: str) -> None:
    """How far a model that Clados wrote is from what is kept."""
    _, given = run(TransfoXLLMHeadModel.from_pretrained(folder).eval())[-1]
    kept = load_file(HERE / "outputs.safetensors")
    print({name: float((given[name] - kept[name]).abs().max()) for name in kept})


def main() -> None:
    """Everything anew."""
    model = build()
    model.save_pretrained(HERE, safe_serialization=True)
    (HERE / "generation_config.json").unlink(missing_ok=True)
    rows = run(model)
    read, given = rows[-1]
    save(read, "inputs.safetensors")
    save(given, "outputs.safetensors")
    ids = {f"input_ids_{i}": told["input_ids"] for i, (told, _) in enumerate(rows)}
    save(ids | {f"logits_{i}": out["logits"] for i, (_, out) in enumerate(rows)}, "segments.safetensors")
    weights = torch.randn(given["logits"].shape, generator=torch.Generator().manual_seed(7))
    read["mems"].retain_grad()
    (given["logits"] * weights).sum().backward()
    for weight in model.parameters():
        weight.data = torch.zeros_like(weight) if weight.grad is None else weight.grad.contiguous().clone()
    model.save_pretrained(HERE / "gradients", safe_serialization=True)
    for name in ("config.json", "generation_config.json"):
        (HERE / "gradients" / name).unlink(missing_ok=True)
    save({name: each.grad for name, each in read.items() if each.grad is not None}, "gradients/inputs.safetensors")
    files = sorted(HERE.rglob("*.safetensors"))
    sums = [f"{sha256(each.read_bytes()).hexdigest()}  {each.relative_to(HERE)}" for each in files]
    (HERE / "sums.txt").write_text("\n".join(sums) + "\n")


if __name__ == "__main__":
    compare(sys.argv[1]) if len(sys.argv) > 1 else main()

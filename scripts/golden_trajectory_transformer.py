"""Trajectory Transformer as transformers 4.57.6 has it, a small model; 5 is without it.

Run in an environment of its own, with torch 2.13.0, transformers 4.57.6, tokenizers 0.22.1, huggingface_hub 0.36.0 and
safetensors: ``python golden_trajectory_transformer.py`` writes what is kept in proofs/golden; with FOLDER it says how
far the model in a folder that Clados wrote is from that; with FILE, trajectory/models/transformers.py of
github:jannerm/trajectory-transformer at 344304c, beside its ein.py, how far the authors' own code is.
"""

import importlib
import sys
from hashlib import sha256
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import TrajectoryTransformerConfig, TrajectoryTransformerModel

HERE = Path(__file__).parents[1] / "src" / "clados" / "proofs" / "golden" / "trajectory_transformer"
BATCH, LENGTH = 3, 19


def build() -> TrajectoryTransformerModel:
    """A model of steps of seven tokens, whose window ends within a step."""
    config = TrajectoryTransformerConfig(
        vocab_size=11,
        observation_dim=3,
        action_dim=2,
        transition_dim=7,
        block_size=LENGTH,
        n_layer=3,
        n_head=3,
        n_embd=24,
    )
    model = TrajectoryTransformerModel(config).eval()
    draw = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            gain = "ln" in name and name.endswith("weight")
            weight.copy_(torch.randn(weight.shape, generator=draw) * 0.2 + gain)
    return model


def read() -> torch.Tensor:
    """Bins of every number, and ends of episodes."""
    return torch.randint(12, (BATCH, LENGTH), generator=torch.Generator().manual_seed(5))


def save(held: dict[str, torch.Tensor], name: str) -> None:
    """Tensors among what is kept."""
    save_file({key: each.detach().contiguous() for key, each in held.items()}, HERE / name)


def compare(model: torch.nn.Module) -> None:
    """How far a model's scores are from those that are kept."""
    given = model(read())
    logits = given[0] if isinstance(given, tuple) else given.logits
    kept = load_file(HERE / "outputs.safetensors")["logits"]
    print(float((logits - kept).abs().max() / kept.abs().max()))


def authors(file: Path) -> torch.nn.Module:
    """The authors' model with the weights that are kept; theirs are named after a list of layers."""
    sys.path.insert(0, str(file.parents[1]))
    config = TrajectoryTransformerConfig.from_pretrained(HERE)
    model: torch.nn.Module = importlib.import_module(f"{file.parent.name}.{file.stem}").GPT(config).eval()
    names = {".l1.": ".mlp.0.", ".l2.": ".mlp.2."}
    weights = {}
    for name, weight in load_file(HERE / "model.safetensors").items():
        for old, new in names.items():
            name = name.replace(old, new)
        weights[name] = weight
    missing, unknown = model.load_state_dict(weights, strict=False)
    odd = [*unknown, *(name for name in missing if not name.endswith(".mask"))]
    assert not odd, odd
    return model


def main() -> None:
    """Everything anew."""
    model = build()
    model.save_pretrained(HERE, safe_serialization=True)
    (HERE / "generation_config.json").unlink(missing_ok=True)
    logits = model(read(), return_dict=True).logits
    save({"trajectories": read()}, "inputs.safetensors")
    save({"logits": logits}, "outputs.safetensors")
    weights = torch.randn(logits.shape, generator=torch.Generator().manual_seed(7))
    (logits * weights).sum().backward()
    for weight in model.parameters():
        weight.data = torch.zeros_like(weight) if weight.grad is None else weight.grad.contiguous().clone()
    model.save_pretrained(HERE / "gradients", safe_serialization=True)
    for name in ("config.json", "generation_config.json"):
        (HERE / "gradients" / name).unlink(missing_ok=True)
    save({}, "gradients/inputs.safetensors")
    files = sorted(HERE.rglob("*.safetensors"))
    sums = [f"{sha256(each.read_bytes()).hexdigest()}  {each.relative_to(HERE)}" for each in files]
    (HERE / "sums.txt").write_text("\n".join(sums) + "\n")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    elif Path(sys.argv[1]).is_dir():
        compare(TrajectoryTransformerModel.from_pretrained(sys.argv[1]).eval())
    else:
        compare(authors(Path(sys.argv[1])))

"""CLIP with a ResNet as OpenCLIP 3.3.0 has it: a small model, what it read, gave, and learned from it.

Run where torch 2.13.0, torchvision and open_clip_torch 3.3.0 are (``python golden_open_clip.py``); it writes what is
kept in proofs/golden/clip. With FOLDER it says how far the model in a folder that Clados wrote is from that.

Beside a torch for CPUs, torchvision from the package index lacks two operators that it gives shapes to when it is
imported; signatures stand in for them.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

OPERATORS = torch.library.Library("torchvision", "FRAGMENT")  # a definition ends with its library
for operator in ("nms", "qnms"):
    OPERATORS.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import open_clip  # noqa: E402
from open_clip.model import CLIP  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

GOLDEN = Path(__file__).parents[1] / "src" / "clados" / "proofs" / "golden" / "clip"
IMAGES, VOCAB = 2, 132
END = VOCAB - 2  # of a text; the last id is another
MODEL: dict[str, Any] = {
    "embed_dim": 24,
    "quick_gelu": True,
    "vision_cfg": {"image_size": 64, "layers": [1, 2, 1, 1], "width": 2, "head_width": 16, "patch_size": None},
    "text_cfg": {
        "context_length": 41,
        "vocab_size": VOCAB,
        "width": 32,
        "heads": 4,
        "layers": 2,
        "mlp_ratio": 2.5,
        "pool_type": "eos",
        "eos_id": END,
    },
}


def build() -> Any:
    """A model whose weights are of one deviation, gains and variances about 1."""
    model = CLIP(**MODEL).eval()
    draw = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, each in model.state_dict().items():
            if not each.is_floating_point():
                continue
            near = each.dim() == 1 and name.endswith(("weight", "running_var"))
            spread = torch.randn(each.shape, generator=draw) * 0.2
            each.copy_(spread.abs() + 0.7 if name.endswith("running_var") else spread + near)
    return model


def call(model: Any, read: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Its outputs under our names."""
    image = model.encode_image(read["pixel_values"], normalize=True)
    text = model.encode_text(read["input_ids"], normalize=True)
    scores = model.logit_scale.exp() * image @ text.T
    return {"image_embeds": image, "logits_per_image": scores, "logits_per_text": scores.T, "text_embeds": text}


def main() -> None:
    """Everything anew."""
    (GOLDEN / "gradients").mkdir(parents=True, exist_ok=True)
    model, draw = build(), torch.Generator().manual_seed(5)
    kept = {name: each.contiguous() for name, each in model.state_dict().items()}
    save_file(kept, GOLDEN / "model.safetensors")
    side = MODEL["vision_cfg"]["image_size"]
    ids = torch.randint(3, END, (IMAGES + 1, MODEL["text_cfg"]["context_length"]), generator=draw)
    ids[torch.arange(len(ids)), torch.tensor([9, 40, 4])] = END
    ids[0, 15], ids[1, 2] = END, VOCAB - 1
    read = {"pixel_values": torch.randn(IMAGES, 3, side, side, generator=draw), "input_ids": ids}
    save_file(read, GOLDEN / "inputs.safetensors")
    watched = read["pixel_values"].clone().requires_grad_()
    outputs = call(model, {**read, "pixel_values": watched})
    save_file({name: each.detach().contiguous() for name, each in outputs.items()}, GOLDEN / "outputs.safetensors")
    draw = torch.Generator().manual_seed(7)
    parts = [(outputs[name] * torch.randn(outputs[name].shape, generator=draw)).sum() for name in sorted(outputs)]
    torch.stack(parts).sum().backward()
    steep = {name: each.grad.contiguous() for name, each in model.named_parameters()}
    steep |= {name: torch.zeros_like(each) for name, each in kept.items() if name not in steep}
    save_file(steep, GOLDEN / "gradients" / "model.safetensors")
    save_file({"pixel_values": watched.grad}, GOLDEN / "gradients" / "inputs.safetensors")
    config = {"model_cfg": MODEL, "model_type": "open_clip", "architectures": ["CLIP"]}
    config["made_by"] = f"open_clip {open_clip.__version__}"
    (GOLDEN / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    files = sorted(GOLDEN.rglob("*.safetensors"))
    sums = [f"{sha256(each.read_bytes()).hexdigest()}  {each.relative_to(GOLDEN)}" for each in files]
    (GOLDEN / "sums.txt").write_text("\n".join(sums) + "\n")


def compare(folder: str) -> None:
    """How far a model that Clados wrote is from what is kept, when OpenCLIP reads it from its directory."""
    model = open_clip.create_model(f"local-dir:{Path(folder).resolve()}").eval()
    with torch.no_grad():
        given = call(model, load_file(GOLDEN / "inputs.safetensors"))
    kept = load_file(GOLDEN / "outputs.safetensors")
    print(max(float((given[name] - each).abs().max()) for name, each in kept.items()))


if __name__ == "__main__":
    compare(sys.argv[1]) if len(sys.argv) > 1 else main()

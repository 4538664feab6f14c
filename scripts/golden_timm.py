"""Swin and GC-ViT as timm 1.0.31 has them: a small model of each, what it read, gave, and learned from it.

Run where torch 2.13.0, torchvision and timm 1.0.31 are (``python golden_timm.py``); it writes what is kept in
proofs/golden. With FOLDER it says how far the model in a folder that Clados wrote is from that.

Beside a torch for CPUs, torchvision from the package index lacks two operators that it gives shapes to when it is
imported; signatures stand in for them.
"""

import json
import sys
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

OPERATORS = torch.library.Library("torchvision", "FRAGMENT")  # a definition ends with its library
for operator in ("nms", "qnms"):
    OPERATORS.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import timm  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from timm.models.gcvit import GlobalContextVit  # noqa: E402

GOLDEN = Path(__file__).parents[1] / "src" / "clados" / "proofs" / "golden"
CLASSES = 11
SHAPE: dict[str, Any] = {
    "embed_dim": 4,
    "depths": [2, 2, 3, 2],
    "num_heads": [1, 2, 2, 4],
    "mlp_ratio": 2.5,
    "in_chans": 3,
}
# its last stage has one layer: where a window holds a map's shorter side, timm still shifts along the longer one
SWIN = SHAPE | {"depths": [2, 2, 3, 1], "img_size": 64, "patch_size": 2, "window_size": 4}
GC_VIT = SHAPE | {"img_size": 64, "window_size": [4, 4, 4, 2], "layer_scale": None}
MODELS: dict[str, tuple[str, str, dict[str, Any], tuple[int, int]]] = {  # by the folder
    "swin": ("timm-swin", "swin_tiny_patch4_window7_224", SWIN, (64, 128)),
    "gc_vit": ("timm-gcvit", "gcvit_xxtiny", GC_VIT, (64, 64)),
    "gc_vit_scaled": ("timm-gcvit", "gcvit_xxtiny", GC_VIT | {"layer_scale": 1e-5}, (64, 64)),
}


def build(name: str, args: dict[str, Any], size: tuple[int, int]) -> Any:
    """A model for images of a height and a width, its weights of one deviation, gains about 1.

    GC-ViT's entry points take no depths: its class does.
    """
    made = GlobalContextVit if name.startswith("gcvit") else partial(timm.create_model, name)
    model = made(num_classes=CLASSES, **{**args, "img_size": size}).eval()
    draw = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for key, weight in model.named_parameters():
            gain = weight.dim() == 1 and key.endswith("weight")
            weight.copy_(torch.randn(weight.shape, generator=draw) * 0.2 + gain)
    return model


def keep(folder: Path, model: Any, read: torch.Tensor) -> None:
    """Weights, what is read, what comes out, and the gradients of a weighted sum of it."""
    (folder / "gradients").mkdir(parents=True, exist_ok=True)
    save_file({name: each.contiguous() for name, each in model.state_dict().items()}, folder / "model.safetensors")
    save_file({"pixel_values": read}, folder / "inputs.safetensors")
    watched = read.clone().requires_grad_()
    logits = model(watched)
    save_file({"logits": logits.detach()}, folder / "outputs.safetensors")
    (logits * torch.randn(logits.shape, generator=torch.Generator().manual_seed(7))).sum().backward()
    steep = {name: each.grad.contiguous() for name, each in model.named_parameters()}
    save_file(steep, folder / "gradients" / "model.safetensors")
    save_file({"pixel_values": watched.grad}, folder / "gradients" / "inputs.safetensors")
    files = sorted(folder.rglob("*.safetensors"))
    sums = [f"{sha256(each.read_bytes()).hexdigest()}  {each.relative_to(folder)}" for each in files]
    (folder / "sums.txt").write_text("\n".join(sums) + "\n")


def main() -> None:
    """Everything anew."""
    for card, (kind, name, args, size) in MODELS.items():
        model = build(name, args, size)
        config = {"architecture": name, "num_classes": CLASSES, "model_args": args, "model_type": kind}
        config |= {"architectures": [type(model).__name__], "made_by": f"timm {timm.__version__}"}
        folder = GOLDEN / card
        draw = torch.Generator().manual_seed(5)
        keep(folder, model, torch.randn(2, args["in_chans"], *size, generator=draw))
        (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def compare(folder: str) -> None:
    """How far a model that Clados wrote is from what is kept, when timm reads it from its directory."""
    config = json.loads((Path(folder) / "config.json").read_text())
    scaled = config["model_args"].get("layer_scale") is not None
    card = {"timm-swin": "swin", "timm-gcvit": "gc_vit_scaled" if scaled else "gc_vit"}[config["model_type"]]
    size = MODELS[card][3]
    if card == "swin":
        model = timm.create_model(f"local-dir:{folder}", pretrained=True, img_size=size).eval()
    else:
        model = build("gcvit", {**config["model_args"]}, size)
        model.load_state_dict(load_file(Path(folder) / "model.safetensors"))
    kept = load_file(GOLDEN / card / "outputs.safetensors")["logits"]
    with torch.no_grad():
        given = model(load_file(GOLDEN / card / "inputs.safetensors")["pixel_values"])
    print(float((given - kept).abs().max()))


if __name__ == "__main__":
    compare(sys.argv[1]) if len(sys.argv) > 1 else main()

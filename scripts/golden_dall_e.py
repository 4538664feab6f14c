"""DALL-E's discrete VAE as OpenAI's package DALL-E 0.1 has it: a small model, what it read, gave, and learned from it.

Run where torch 2.13.0, safetensors, attrs and DALL-E 0.1 are (``python golden_dall_e.py``); it writes what is kept in
proofs/golden. With FOLDER it says how far the model in a folder that Clados wrote is from that.

The classes refuse widths as small as these; that check is no part of what they compute. The package
imports requests for its downloads alone; an empty module stands in for it.
"""

import json
import sys
import types
from hashlib import sha256
from pathlib import Path
from typing import Any

import attr  # type: ignore[import-not-found, unused-ignore]
import torch

sys.modules.setdefault("requests", types.ModuleType("requests"))
attr.validators.set_disabled(True)

import dall_e  # type: ignore[import-not-found]  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

GOLDEN = Path(__file__).parents[1] / "src" / "clados" / "proofs" / "golden" / "dall_e"
HIDDEN, FIRST, CODES, CHANNELS = 4, 9, 13, 3
SIDES = (16, 24)  # height and width


class DiscreteVAE(torch.nn.Module):
    """Both halves; codes are the likeliest (arXiv:2102.12092 §2.2, usage.ipynb of the package's repository)."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = dall_e.Encoder(input_channels=CHANNELS, n_hid=HIDDEN, vocab_size=CODES)
        self.decoder = dall_e.Decoder(output_channels=CHANNELS, n_hid=HIDDEN, vocab_size=CODES, n_init=FIRST)
        self.requires_grad_()

    def forward(self, pixel_values: torch.Tensor) -> dict[str, torch.Tensor]:
        """Images from -1 to 1."""
        scores = self.encoder(dall_e.map_pixels((pixel_values + 1) / 2))
        codes = torch.nn.functional.one_hot(scores.argmax(1), CODES).permute(0, 3, 1, 2).float()
        location, log_scale = self.decoder(codes).chunk(2, 1)
        image = 2 * dall_e.unmap_pixels(torch.sigmoid(location)) - 1
        return {"code_logits": scores, "location": location, "log_scale": log_scale, "reconstruction": image}


def build() -> DiscreteVAE:
    """A model with weights of one deviation, so that no branch is small."""
    model, draw = DiscreteVAE().eval(), torch.Generator().manual_seed(3)
    with torch.no_grad():
        for weight in model.parameters():
            spread = 0.2 if weight.dim() == 1 else 1.5 * weight[0].numel() ** -0.5
            weight.copy_(torch.randn(weight.shape, generator=draw) * spread)
    return model


def main() -> None:
    """Everything anew."""
    (GOLDEN / "gradients").mkdir(parents=True, exist_ok=True)
    model = build()
    config: dict[str, Any] = {"model_type": "openai-dvae", "architectures": ["DiscreteVAE"], "made_by": "DALL-E 0.1"}
    config |= {"channels": [HIDDEN, 2 * HIDDEN, 4 * HIDDEN, 8 * HIDDEN], "n_blk_per_group": 2}
    config |= {"input_channels": CHANNELS, "image_size": 24, "vocab_size": CODES, "n_init": FIRST}
    (GOLDEN / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    read = 2 * torch.rand(2, CHANNELS, *SIDES, generator=torch.Generator().manual_seed(5)) - 1
    watched = read.clone().requires_grad_()
    outputs = model(watched)
    save_file(
        {name: each.detach().contiguous() for name, each in model.state_dict().items()}, GOLDEN / "model.safetensors"
    )
    save_file({"pixel_values": read}, GOLDEN / "inputs.safetensors")
    save_file({name: each.detach().contiguous() for name, each in outputs.items()}, GOLDEN / "outputs.safetensors")
    draw = torch.Generator().manual_seed(7)
    sum((outputs[name] * torch.randn(outputs[name].shape, generator=draw)).sum() for name in sorted(outputs)).backward()
    save_file({name: each.grad for name, each in model.named_parameters()}, GOLDEN / "gradients" / "model.safetensors")
    save_file({"pixel_values": watched.grad}, GOLDEN / "gradients" / "inputs.safetensors")
    files = sorted(GOLDEN.rglob("*.safetensors"))
    sums = [f"{sha256(each.read_bytes()).hexdigest()}  {each.relative_to(GOLDEN)}" for each in files]
    (GOLDEN / "sums.txt").write_text("\n".join(sums) + "\n")


def compare(folder: str) -> None:
    """How far a model that Clados wrote is from what is kept, when their classes read it."""
    model: Any = DiscreteVAE().eval()
    model.load_state_dict(load_file(Path(folder) / "model.safetensors"))
    kept = load_file(GOLDEN / "outputs.safetensors")
    with torch.no_grad():
        given = model(load_file(GOLDEN / "inputs.safetensors")["pixel_values"])
    print(max(float((given[name] - each).abs().max()) for name, each in kept.items()))


if __name__ == "__main__":
    compare(sys.argv[1]) if len(sys.argv) > 1 else main()

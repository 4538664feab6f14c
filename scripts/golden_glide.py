"""GLIDE as OpenAI's code computes it: small models that paint, enlarge and fill in.

Run with a copy of github:openai/glide-text2im (commit 69b5307) and torch 2.13.0: ``python golden_glide.py FOLDER``, the
one with ``glide_text2im``, writes what is kept in proofs/golden. Norms have the small models' number of groups, 2 in
place of 32, the text's feed-forward their width; it reads ids, so that no tokenizer is needed. All is computed in
float64, their casts to float32 too. Courses of images by their samplers go to tests/nn/golden.
"""

import importlib
import json
import sys
import types
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from clados import nn as cn, spec as s
from clados.checkpoints.mapping.config import to_config
from clados.checkpoints.mapping.tensors import to_theirs
from clados.layouts.openai.glide import glide
from clados.models.declared import declared
from clados.proofs.cases import ModelInputs, example_inputs, small
from clados.proofs.references import loss_of, randomise, with_gradients

HERE = Path(__file__).parents[1] / "src" / "clados" / "proofs" / "golden"
STEPS = Path(__file__).parents[1] / "tests" / "nn" / "golden" / "glide_steps.safetensors"
FOLDERS = {
    "base": "glide",
    "filtered-upsampler": "glide_enlarging",
    "filtered-inpainting": "glide_filling",
    "filtered-upsampler-inpainting": "glide_enlarging_filling",
}


def theirs(folder: str) -> Any:
    """Their modules of a model."""
    package = types.ModuleType("glide_text2im")
    package.__path__ = [str(Path(folder, "glide_text2im"))]
    sys.modules["glide_text2im"] = package
    return importlib.import_module("glide_text2im.text2im_model")


def made(code: Any, model: Any, config: dict[str, Any]) -> Any:
    """Their model of a config."""
    unet: Any = sys.modules["glide_text2im.unet"]
    norms: Any = sys.modules["glide_text2im.nn"]
    unet.normalization = lambda channels, swish=0.0: norms.GroupNorm32(config["norm_groups"], channels, swish)
    kinds = {
        (False, False): code.Text2ImUNet,
        (True, False): code.SuperResText2ImUNet,
        (False, True): code.InpaintText2ImUNet,
        (True, True): code.SuperResInpaintText2ImUnet,
    }
    widths = config["channels"]
    built = kinds[config["super_res"], config["inpaint"]](
        text_ctx=config["text_ctx"],
        xf_width=config["xf_width"],
        xf_layers=config["xf_layers"],
        xf_heads=config["xf_heads"],
        xf_final_ln=True,
        tokenizer=types.SimpleNamespace(n_vocab=config["n_vocab"]),
        xf_padding=True,
        in_channels=3,
        model_channels=widths[0],
        out_channels=6,
        num_res_blocks=config["num_res_blocks"],
        attention_resolutions=tuple(config["attention_ds"]),
        channel_mult=tuple(width // widths[0] for width in widths),
        num_head_channels=config["num_head_channels"],
        use_scale_shift_norm=True,
        resblock_updown=True,
    )
    for block in built.transformer.resblocks:
        block.mlp.c_fc = nn.Linear(config["xf_width"], config["xf_mlp_width"])
        block.mlp.c_proj = nn.Linear(config["xf_mlp_width"], config["xf_width"])
    return built.eval()


def called(built: Any, read: ModelInputs) -> Tensor:
    """Their prediction."""
    names = {"low_res": "low_res", "known": "inpaint_image", "known_mask": "inpaint_mask"}
    given = {name: read[ours] for ours, name in names.items() if ours in read}
    given |= {"tokens": read["input_ids"], "mask": read["attention_mask"].bool()}
    out: Tensor = built(read["sample"], read["timesteps"], **given)
    return out


def kept(model: Any, folder: Path, code: Any) -> None:
    """Write one small model, what it reads and gives, and its gradients."""
    said = to_config(glide, model)
    config: dict[str, Any] = {key: list(each) if isinstance(each, tuple) else each for key, each in said.items()}
    ours = cn.module(model).eval()
    randomise(dict(ours.named_parameters()))
    with torch.no_grad():
        for name, each in ours.named_parameters():  # attention has a say: its norm's eps shows in the output
            each.mul_(4 if name.startswith("unet.") and name.endswith("attn.out.weight") else 1)
    held = to_theirs(glide, model, dict(ours.named_parameters()))
    weights = {key: each.detach().contiguous() for key, each in held.items()}
    built = made(code, model, config).double()
    built.dtype = torch.float64
    built.load_state_dict(weights)
    read = example_inputs(model)
    draw = torch.Generator().manual_seed(9)
    for name in sorted({"sample", "low_res", "known"} & read.keys()):  # over more pixels norms lose fewer digits
        read[name] = torch.randn(*read[name].shape[:2], *(2 * side for side in read[name].shape[2:]), generator=draw)
    if model.masked:
        read["known_mask"] = read["known_mask"].repeat(1, 1, 2, 2)
    wide = config["text_ctx"] - read["input_ids"].size(1)  # they read whole texts alone
    read["input_ids"] = nn.functional.pad(read["input_ids"], (0, wide), value=model.vocab.pad)
    read["attention_mask"] = nn.functional.pad(read["attention_mask"], (0, wide))
    read = with_gradients(read, torch.float64)
    outputs = {"prediction": called(built, read)}
    loss_of(outputs, read).backward()
    gradients = {
        key: torch.zeros_like(each) if each.grad is None else each.grad for key, each in built.named_parameters()
    }
    (folder / "gradients").mkdir(parents=True, exist_ok=True)
    files = {
        "model": weights,
        "inputs": read,
        "outputs": outputs,
        "gradients/model": gradients,
        "gradients/inputs": {key: each.grad for key, each in read.items() if each.grad is not None},
    }
    for file, tensors in files.items():
        narrow = {
            key: each.detach().to(torch.float32) if each.is_floating_point() else each for key, each in tensors.items()
        }
        save_file({key: each.contiguous() for key, each in narrow.items()}, folder / f"{file}.safetensors")
    head = {"model_type": glide.model_type, "architectures": ["Text2ImUNet"], "made_by": "glide-text2im 69b5307"}
    text = json.dumps(head | config, indent=2, sort_keys=True)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8")
    sums = (
        f"{sha256((folder / f'{file}.safetensors').read_bytes()).hexdigest()}  {file}.safetensors\n" for file in files
    )
    (folder / "sums.txt").write_text("".join(sorted(sums, key=lambda line: line.split()[1])), encoding="utf-8")


def courses() -> dict[str, Tensor]:
    """Images on their way by each sampler and schedule, of a model that is a formula; guided thrice."""
    respace: Any = importlib.import_module("glide_text2im.respace")
    diffusion: Any = importlib.import_module("glide_text2im.gaussian_diffusion")

    def predicted(x: Tensor, t: Tensor) -> Tensor:
        base = torch.sin(x * 1.7 + t[:, None, None, None] / 300) + 0.3 * x.flip(-1)
        without = torch.cos(2 * base)
        return torch.cat([without + 3.0 * (base - without), torch.cos(x)], 1)

    found = {}
    for schedule, sampler in (("squaredcos_cap_v2", "p_sample_loop"), ("linear", "ddim_sample_loop")):
        betas = diffusion.get_named_beta_schedule(schedule, 1000)
        taken = respace.SpacedDiffusion(use_timesteps=respace.space_timesteps(1000, "27"), betas=betas)
        noise = torch.randn(2, 3, 6, 5, generator=torch.Generator().manual_seed(1))
        torch.manual_seed(2)
        loop = getattr(taken, f"{sampler}_progressive")
        steps = loop(predicted, noise.shape, noise=noise, device="cpu")
        found[schedule] = torch.stack([each["sample"] for each in steps])
        found[f"{schedule}.timesteps"] = torch.tensor(taken.timestep_map[::-1])
    return found


def main() -> None:
    """All structures, and the samplers."""
    code = theirs(sys.argv[1])
    STEPS.parent.mkdir(exist_ok=True)
    save_file(courses(), STEPS)
    Tensor.float = Tensor.double  # type: ignore[method-assign]
    for size, folder in FOLDERS.items():
        model = small(declared("glide").at(size))
        assert isinstance(model, s.ImageDenoiser)
        kept(model, HERE / folder, code)


if __name__ == "__main__":
    main()

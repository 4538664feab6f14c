"""Stable Diffusion in CompVis' single files, both ways: the authors' names, and diffusers 0.42.1 beside ours."""

import re
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from clados import from_pretrained, nn as cn, save_pretrained, save_single_file, spec as s
from clados.checkpoints import CheckpointError
from clados.checkpoints.formats.single_file import CODER, SINGLE_FILE, TEXT, UNET
from clados.checkpoints.mapping.names import places
from clados.checkpoints.mapping.tensors import shapes
from clados.errors import InputError
from clados.models.declared import declared
from clados.proofs.cases import small
from clados.proofs.diffusers_reference import Pipeline
from clados.proofs.parity import TOLERANCE, distance

CARD = "stable-diffusion"
Held = dict[str, Tensor]


def odd() -> s.Model:
    """Odd sizes, in which what no tensor tells is as declared: 8 and 12 heads, groups of 32."""
    size = s.DenoiserSize(s.Levels((32, 64, 96), 1, heads=8), s.Size(2, 36, 12, d_ff=80), s.Levels((32, 64), 1))
    vocab = s.but(size=97, pad=0, bos=None, eos=None)
    text = s.but(inputs=s.but(vocab=vocab, position=s.Learned(41)))
    base: s.Model = declared(CARD).model
    return base.but(size=size, inputs=s.but(image=24), text=text, unet=s.but(attended=(2, 4)))


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    pytest.importorskip("diffusers")
    return Pipeline(CARD, declared(CARD).layouts[0], odd(), tmp_path_factory.mktemp("pipeline"))


@pytest.fixture(scope="module")
def outputs(pipeline: Pipeline) -> Held:
    """What diffusers computes."""
    with torch.no_grad():
        return pipeline.call(pipeline.inputs)


@pytest.fixture(scope="module")
def published(pipeline: Pipeline) -> Held:
    """The pipeline's own tensors under the names of which diffusers' converter makes theirs; a schedule beside them."""
    from diffusers.loaders import single_file_utils as theirs

    placed = places(declared(CARD).layouts[1], pipeline.model)
    named = {name: shape for place in placed for name, shape in zip(place.names, shapes(place))}
    marked = {name: torch.full(shape, float(i)) for i, (name, shape) in enumerate(named.items(), 1)}
    unet, vae = (dict(pipeline.module.get_submodule(name).config) for name in ("unet", "vae"))  # type: ignore[arg-type]
    made = {
        "unet": theirs.convert_ldm_unet_checkpoint(dict(marked), unet),
        "vae": theirs.convert_ldm_vae_checkpoint(dict(marked), vae),
        "text_encoder": theirs.convert_ldm_clip_checkpoint(dict(marked)),
    }
    names, held = list(named), dict[str, Tensor]()
    for part, each in made.items():
        own = pipeline.module.get_submodule(part).state_dict()
        converted = {name if name in own else name.removeprefix("text_model."): mark for name, mark in each.items()}
        assert converted.keys() == own.keys()
        for name, mark in converted.items():
            held[names[int(mark.flatten()[0]) - 1]] = own[name]
    assert held.keys() == named.keys()
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64).square().float()
    beside = {"betas": betas, "alphas_cumprod": (1 - betas).cumprod(0), "posterior_variance": betas / 2}
    beside |= {"model_ema.decay": torch.tensor(0.9999), f"{TEXT}embeddings.position_ids": torch.arange(41)[None]}
    return {name: each.reshape(named[name]).clone() for name, each in held.items()} | beside


def in_safetensors(file: Path, held: Held) -> Path:
    save_file(held, file)
    return file


def test_the_names_and_shapes_are_those_of_the_authors_own_model() -> None:
    """Of ``UNetModel``, ``Encoder``, ``Decoder`` and both quant_conv at github:CompVis/stable-diffusion 21f890f.

    Of their state_dict() with the sizes of v1-inference.yaml, one "name shape" a line, sorted.
    """
    placed = places(declared(CARD).layouts[1], declared(CARD).model)
    named = [(name, list(shape)) for place in placed for name, shape in zip(place.names, shapes(place))]
    lines = sorted(f"{name} {shape}" for name, shape in named if not name.startswith(TEXT))
    assert (len(lines), sha256("\n".join(lines).encode()).hexdigest()[:16]) == (934, "f7c1d1694c608d05")


@pytest.mark.parametrize("ending", [".safetensors", ".ckpt"])
def test_diffusers_reads_ours_and_computes_the_same(
    pipeline: Pipeline, outputs: Held, tmp_path: Path, ending: str
) -> None:
    diffusers = pytest.importorskip("diffusers")
    file = save_single_file(from_pretrained(pipeline.folder), tmp_path / f"model{ending}")
    options: Any = {"config": str(pipeline.folder), "tokenizer": None, "local_files_only": True}
    read = diffusers.StableDiffusionPipeline.from_single_file(str(file), **options)
    parts = {name: getattr(read, name).eval() for name in ("text_encoder", "unet", "vae")}
    with torch.no_grad():
        out = pipeline.call(pipeline.inputs, nn.ModuleDict(parts))
    assert max(distance(out[name], each) for name, each in outputs.items()) < TOLERANCE


class ModelCheckpoint:
    """As PyTorch Lightning's, by whose class published files name what watched a training."""


@pytest.mark.parametrize("pickled", [False, True])
def test_theirs_is_read_with_its_sizes_and_computes_the_same(
    pipeline: Pipeline, outputs: Held, published: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pickled: bool
) -> None:
    if pickled:
        file = tmp_path / "model.ckpt"
        steps = ["pytorch_lightning", "callbacks", "model_checkpoint"]
        for i in range(1, 4):
            monkeypatch.setitem(sys.modules, ".".join(steps[:i]), sys.modules[__name__])
        monkeypatch.setattr(ModelCheckpoint, "__module__", ".".join(steps))
        watched = {ModelCheckpoint: {"best_model_score": np.float64(0.5)}}
        torch.save({"state_dict": published, "global_step": 470000, "callbacks": watched}, file)
        monkeypatch.undo()
    else:
        file = in_safetensors(tmp_path / "model.safetensors", published)
    ours: Any = from_pretrained(file, allow_pickle=pickled)
    assert ours.spec == pipeline.model.but(inputs=s.but(image=512))
    with torch.no_grad():
        out = ours(**pipeline.inputs)
    assert max(distance(out[name], each) for name, each in outputs.items()) < TOLERANCE
    assert ours.tokenizer is None
    notes = " ".join(ours.report.notes)
    assert all(words in notes for words in ("no tokenizer", "stable-diffusion:v1 stand", "'model_ema.decay'"))


def test_the_schedule_is_read_off_its_betas(published: Held, tmp_path: Path) -> None:
    betas = torch.linspace(0.001, 0.02, 500)
    file = in_safetensors(tmp_path / "a.safetensors", published | {"betas": betas, "scale_factor": torch.tensor(0.25)})
    ours: Any = from_pretrained(file)
    assert ours.spec.diffusion == s.Diffusion(steps=500, betas=s.LinearBetas(0.001, 0.02))
    assert ours.spec.codes.scale == 0.25


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_numbers_of_the_schedule_are_those_that_were_rounded(
    published: Held, tmp_path: Path, dtype: torch.dtype
) -> None:
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64).square().to(dtype)
    file = in_safetensors(tmp_path / "a.safetensors", published | {"betas": betas})
    assert from_pretrained(file).spec.diffusion.betas == s.ScaledLinearBetas(0.00085, 0.012)


@pytest.mark.parametrize("ending", [".safetensors", ".ckpt"])
def test_ours_comes_back_equal_whatever_no_tensor_tells(tmp_path: Path, ending: str) -> None:
    model = small(declared(CARD).model).but(sampler=s.DDIM(offset=1, clean=False))
    made = cn.build(model, seed=2)
    ours: Any = from_pretrained(save_single_file(made, tmp_path / f"model{ending}"), allow_pickle=True)
    assert ours.spec == model
    assert all(torch.equal(each, made.get_parameter(name)) for name, each in ours.named_parameters())
    assert ours.report.verdict.startswith("whole")
    assert [path.name for path in tmp_path.glob("[!.]*")] == [f"model{ending}"]
    save_pretrained(ours, tmp_path / "folders")
    assert (tmp_path / "folders/model_index.json").exists()


def without(start: str) -> Callable[[Held], Held]:
    return lambda held: {name: each for name, each in held.items() if not name.startswith(start)}


def also(name: str, *shape: int) -> Callable[[Held], Held]:
    return lambda held: held | {name: torch.full(shape, 0.5)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without(UNET), "the part 'model.diffusion_model' is missing"),
        (without(CODER), "the part 'first_stage_model' is missing"),
        (without(TEXT), "the part 'cond_stage_model.transformer.text_model' is missing"),
        (lambda held: {"weight": held["betas"]}, "name its directory"),
        (without(f"{UNET}input_blocks.3.0.out_layers"), "input_blocks.3.0.out_layers.3.weight' is missing"),
        (without(f"{UNET}out.2"), "unet.conv_out.weight"),
        (also(f"{UNET}label_emb.0.0.weight", 3, 3), "label_emb.0.0.weight"),
        (also(f"{UNET}input_blocks.0.0.weight", 32, 9, 3, 3), "'unet.in_channels' 9 of one word"),
        (also(f"{TEXT}embeddings.token_embedding.weight", 97), "has the shape (97,)"),
        (lambda held: held | {"betas": held["alphas_cumprod"] ** 2}, "'betas' do not grow evenly"),
        (also("betas", 3, 3), "'betas' has the shape (3, 3)"),
        (lambda held: held | {"betas": -held["betas"]}, "a number above 0 for each step"),
        (lambda held: held | {"scale_factor": torch.tensor(1)}, "'scale_factor' is of torch.int64"),
    ],
)
def test_what_is_no_such_model_is_refused_in_one_line(
    published: Held, tmp_path: Path, change: Callable[[Held], Held], words: str
) -> None:
    file = in_safetensors(tmp_path / "model.safetensors", change(published))
    with pytest.raises(CheckpointError) as caught:
        from_pretrained(file)
    line = str(caught.value)
    assert words in line
    assert str(file) in line
    assert "\n" not in line


def test_a_pickle_is_read_where_it_is_allowed(published: Held, tmp_path: Path) -> None:
    torch.save({"state_dict": published}, tmp_path / "model.ckpt")
    with pytest.raises(CheckpointError, match="--allow-pickle"):
        from_pretrained(tmp_path / "model.ckpt")
    torch.save({"state_dict": {"weight": torch.zeros(2)}}, tmp_path / "model.ckpt")
    with pytest.raises(CheckpointError, match=r"names begin with model\.diffusion_model\."):
        from_pretrained(tmp_path / "model.ckpt", allow_pickle=True)
    torch.save({"state_dict": published, "optimizer": object()}, tmp_path / "model.ckpt")
    with pytest.raises(CheckpointError, match="not a pickle of tensors alone"):
        from_pretrained(tmp_path / "model.ckpt", allow_pickle=True)


@pytest.mark.parametrize(
    ("card", "change", "name", "words"),
    [
        (CARD, {}, "model.bin", r"ends in \.safetensors or \.ckpt"),
        (
            CARD,
            {"unet": s.but(residual=s.but(step="scaling"))},
            "a.ckpt",
            f"{SINGLE_FILE} has no key for unet.residual.step",
        ),
        ("gpt-2", {}, "a.ckpt", f"{SINGLE_FILE} holds no Decoder"),
    ],
)
def test_what_a_single_file_does_not_hold_is_not_written(
    tmp_path: Path, card: str, change: dict[str, Any], name: str, words: str
) -> None:
    made = cn.build(small(declared(card).model).but(**change))
    with pytest.raises(InputError, match=words) as caught:
        save_single_file(made, tmp_path / name)
    assert re.search(r"\n", str(caught.value)) is None
    assert not list(tmp_path.iterdir())

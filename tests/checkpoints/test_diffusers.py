"""Directories of diffusers, read and written both ways beside diffusers 0.42.1."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from clados import nn as cn, spec as s
from clados.apply.denoising import denoise
from clados.checkpoints import CheckpointError, LayoutError, from_pretrained, save_pretrained
from clados.models.declared import declared
from clados.proofs.cases import example_inputs, small
from clados.proofs.diffusers_reference import Pipeline
from clados.proofs.parity import TOLERANCE, check_files, distance

CARD = "stable-diffusion"


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    pytest.importorskip("diffusers")
    declaration = declared(CARD)
    folder = tmp_path_factory.mktemp("diffusers") / "pipeline"
    return Pipeline(CARD, declaration.layouts[0], small(declaration.model), folder)


@pytest.fixture
def folder(pipeline: Pipeline, tmp_path: Path) -> Path:
    return shutil.copytree(pipeline.folder, tmp_path / "copy")


def test_a_pipeline_is_read_and_written_back_to_the_byte(pipeline: Pipeline) -> None:
    check_files(pipeline)


def test_what_is_read_predicts_and_codes_as_theirs(pipeline: Pipeline) -> None:
    ours: Any = from_pretrained(pipeline.folder)
    with torch.no_grad():
        out = ours(**pipeline.inputs)
    assert max(distance(out[name], each) for name, each in pipeline.results.outputs.items()) < TOLERANCE


def renamed(file: Path, *changes: tuple[str, str]) -> None:
    held = load_file(file)
    for old, new in changes:
        held = {re.sub(old, new, name): each for name, each in held.items()}
    save_file(held, file)


def test_names_of_older_versions_are_read(pipeline: Pipeline, folder: Path) -> None:
    """transformers 4.x has text_model. in front; diffusers before 0.17 other names in the autoencoder's attention."""
    renamed(folder / "text_encoder/model.safetensors", ("^(text_model.)?", "text_model."))
    older = (("to_q", "query"), ("to_k", "key"), ("to_v", "value"), (r"to_out\.0", "proj_attn"))
    renamed(folder / "vae/diffusion_pytorch_model.safetensors", *older)
    ours, same = from_pretrained(folder), from_pretrained(pipeline.folder)
    assert all(torch.equal(each, same.get_parameter(name)) for name, each in ours.named_parameters())
    assert ours.report.verdict.startswith("whole")


def test_another_sampler_and_what_is_not_read_are_known(folder: Path) -> None:
    file = folder / "scheduler/scheduler_config.json"
    said = json.loads(file.read_text()) | {"_class_name": "DDIMScheduler", "prediction_type": "v_prediction"}
    file.write_text(json.dumps(said))
    index = json.loads((folder / "model_index.json").read_text())
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    (folder / "model_index.json").write_text(json.dumps(index))
    ours: Any = from_pretrained(folder)
    assert ours.spec.sampler == s.DDIM(offset=1, clean=False)
    assert ours.spec.diffusion.predicts == "velocity"
    assert any("not read: safety_checker" in note for note in ours.report.notes)


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder", "scheduler"])
def test_a_part_that_is_missing_is_named(folder: Path, part: str) -> None:
    shutil.rmtree(folder / part)
    with pytest.raises(CheckpointError, match=f"the part '{part}' is missing"):
        from_pretrained(folder)


@pytest.mark.parametrize(
    ("file", "change", "refusal"),
    [
        ("model_index.json", {"_class_name": "FluxPipeline"}, "_class_name is 'FluxPipeline'"),
        ("unet/config.json", {"use_linear_projection": True}, "'unet.use_linear_projection' is True"),
        ("unet/config.json", {"down_block_types": ["AttnDownBlock2D"] * 3}, "has 'AttnDownBlock2D'"),
        ("vae/config.json", {"up_block_types": ["UpDecoderBlock2D"]}, "'vae.up_block_types' is"),
        ("scheduler/scheduler_config.json", {"_class_name": "HeunScheduler"}, "'HeunScheduler'"),
        ("unet/config.json", {"block_out_channels": [33, 64, 96]}, "33"),
    ],
)
def test_what_is_another_structure_is_refused_by_its_key(
    folder: Path, file: str, change: dict[str, Any], refusal: str
) -> None:
    (folder / file).write_text(json.dumps(json.loads((folder / file).read_text()) | change))
    with pytest.raises((CheckpointError, LayoutError), match=re.escape(refusal)):
        from_pretrained(folder)


def test_a_model_that_no_pipeline_holds_keeps_its_declaration(tmp_path: Path) -> None:
    base: Any = small(declared(CARD).model)
    model = base.but(unet=s.but(residual=s.but(step="scaling")))
    with pytest.warns(UserWarning, match="Clados's own form"):
        save_pretrained(cn.build(model), tmp_path / "own")
    ours: Any = from_pretrained(tmp_path / "own")
    assert ours.spec == model
    assert ours(**example_inputs(model)).prediction.isfinite().all()


@pytest.mark.parametrize("guidance", [1.0, 7.5])
def test_the_whole_pipeline_of_four_steps_is_theirs(pipeline: Pipeline, guidance: float) -> None:
    """The same noise and texts: the same latents, and the same image of them."""
    diffusers = pytest.importorskip("diffusers")
    ours: Any = from_pretrained(pipeline.folder)
    theirs = diffusers.StableDiffusionPipeline.from_pretrained(pipeline.folder, tokenizer=None)
    theirs.set_progress_bar_config(disable=True)
    ids = pipeline.inputs["input_ids"][:2]
    side = 4 * ours.spec.size.unet.shrinks
    with torch.inference_mode():
        memory = ours.read(ids)
        noise = torch.randn(1, ours.spec.diffused, side, side, generator=torch.Generator().manual_seed(2))
        free = memory[1:]
        latents = denoise(ours, noise, memory[:1], free, steps=4, guidance=guidance, draw=torch.randn_like)
        same = theirs(
            prompt_embeds=memory[:1],
            negative_prompt_embeds=memory[1:],
            latents=noise,
            height=side * ours.spec.shrinks,
            width=side * ours.spec.shrinks,
            num_inference_steps=4,
            guidance_scale=guidance,
            output_type="latent",
        ).images
        assert distance(latents, same) < TOLERANCE
        image = theirs.vae.decode(same / theirs.vae.config.scaling_factor).sample
        assert distance(ours.codes.decode(latents), image) < TOLERANCE

"""Noise and samplers beside diffusers 0.42.1's schedulers, step by step, on the same predictions and draws."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from clados import spec as s
from clados.apply.denoising import taken_back
from clados.errors import CladosError
from clados.nn.diffusion.noise import Diffusion, guided
from clados.nn.diffusion.samplers import Past, steps_of

BETAS: dict[str, s.Betas] = {
    "linear": s.LinearBetas(),
    "scaled_linear": s.ScaledLinearBetas(),
    "squaredcos_cap_v2": s.CosineBetas(),
}
PREDICTS = {"noise": "epsilon", "data": "sample", "velocity": "v_prediction"}
NEAR = 2e-5
Scheduler = Any


def theirs(name: str, part: s.Diffusion, **said: Any) -> Scheduler:
    diffusers = pytest.importorskip("diffusers")
    kind = next(name for name, betas in BETAS.items() if type(betas) is type(part.betas))
    ends = {} if kind == "squaredcos_cap_v2" else {"beta_start": part.betas.first, "beta_end": part.betas.last}  # type: ignore[attr-defined]
    bound = part.bound
    if isinstance(bound, s.DynamicThreshold):
        said |= {"thresholding": True, "dynamic_thresholding_ratio": bound.share, "sample_max_value": bound.most or 1e9}
    if name in ("DDIMScheduler", "DDPMScheduler"):
        said |= {"clip_sample": isinstance(bound, s.Clipped)}
    return getattr(diffusers, name)(
        num_train_timesteps=part.steps,
        beta_schedule=kind,
        prediction_type=PREDICTS[part.predicts],
        **ends,
        **said,
    )


def predicted(x: Tensor, t: int, outputs: int) -> Tensor:
    """Something of a model's size that hangs on image and step."""
    base = torch.sin(x * 1.7 + t / 300) + 0.3 * x.flip(-1)
    return torch.cat([base, torch.cos(x)], 1)[:, : x.size(1) * outputs]


def course(part: s.Diffusion, sampler: s.NoiseSampler, steps: int) -> tuple[list[int], list[Tensor]]:
    """The images at each step of ours."""
    taken = steps_of(sampler, Diffusion(part), steps)
    x, past, images = torch.randn(2, 3, 6, 5, generator=torch.Generator().manual_seed(1)), tuple[Tensor, ...](), []
    draw = torch.Generator().manual_seed(2)
    for i, t in enumerate(taken.timesteps):
        noise = torch.randn(x.shape, generator=draw) if taken.draws and t > 0 else None
        x, past = taken.step(i, x, predicted(x, t, part.outputs), past, noise)
        images.append(x)
    return list(taken.timesteps), images


def their_course(scheduler: Scheduler, part: s.Diffusion, steps: int, **said: Any) -> tuple[list[int], list[Tensor]]:
    scheduler.set_timesteps(steps)
    x, images = torch.randn(2, 3, 6, 5, generator=torch.Generator().manual_seed(1)), []
    draw = {"generator": torch.Generator().manual_seed(2)} if said.pop("drawn", False) else {}
    for t in scheduler.timesteps:
        x = scheduler.step(predicted(x, int(t), part.outputs), t, x, **draw, **said).prev_sample
        images.append(x)
    return [int(t) for t in scheduler.timesteps], images


def agree(ours: tuple[list[int], list[Tensor]], other: tuple[list[int], list[Tensor]]) -> None:
    assert ours[0] == other[0]
    for mine, their in zip(ours[1], other[1], strict=True):
        assert float((mine - their).abs().max() / their.abs().max()) < NEAR


@pytest.mark.parametrize("betas", BETAS.values(), ids=BETAS)
@pytest.mark.parametrize("predicts", PREDICTS)
def test_noise_is_added_as_there(betas: s.Betas, predicts: Any) -> None:
    part = s.Diffusion(betas=betas, predicts=predicts)
    scheduler, ours = theirs("DDPMScheduler", part), Diffusion(part)
    x, noise, t = torch.randn(4, 3, 5, 6), torch.randn(4, 3, 5, 6), torch.tensor([0, 3, 500, 999])
    torch.testing.assert_close(ours.noised(x, noise, t), scheduler.add_noise(x, noise, t), rtol=1e-4, atol=1e-5)
    if predicts == "velocity":
        torch.testing.assert_close(ours.target(x, noise, t), scheduler.get_velocity(x, noise, t), rtol=1e-4, atol=1e-5)
    for row, step in enumerate(t.tolist()):  # what was right foresees the image
        at, target = ours.noised(x, noise, t)[row : row + 1], ours.target(x, noise, t)[row : row + 1]
        kept = float(ours.alpha_bars[step])
        error = ours.data(at, target, kept) - x[row : row + 1]
        assert float(error.abs().max()) * kept**0.5 < NEAR


@pytest.mark.parametrize("betas", BETAS.values(), ids=BETAS)
@pytest.mark.parametrize("variance", ["small", "large", "learned"])
def test_ddpm_is_theirs(betas: s.Betas, variance: Any) -> None:
    part = s.Diffusion(betas=betas, variance=variance == "learned", bound=s.Clipped())
    kind = "learned_range" if variance == "learned" else f"fixed_{variance}"
    scheduler = theirs("DDPMScheduler", part, variance_type=kind)
    agree(course(part, s.DDPM(variance=variance), 10), their_course(scheduler, part, 10, drawn=True))


@pytest.mark.parametrize("predicts", PREDICTS)
@pytest.mark.parametrize("eta", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("spacing", ["leading", "trailing", "linspace"])
def test_ddim_is_theirs(predicts: Any, eta: float, spacing: Any) -> None:
    part = s.Diffusion(betas=s.ScaledLinearBetas(), predicts=predicts)
    sampler = s.DDIM(eta=eta, spacing=spacing, offset=1 if spacing == "leading" else 0, clean=eta == 1)
    scheduler = theirs(
        "DDIMScheduler", part, timestep_spacing=spacing, steps_offset=sampler.offset, set_alpha_to_one=sampler.clean
    )
    agree(course(part, sampler, 7), their_course(scheduler, part, 7, eta=eta, drawn=eta > 0))


@pytest.mark.parametrize("bound", [s.Clipped(), s.DynamicThreshold(0.9), s.DynamicThreshold(0.9, 1.5)])
def test_the_bound_of_what_is_foreseen_is_theirs(bound: s.Bound) -> None:
    """The noise is then that which parts the image from the one bounded, as in the authors' code of GLIDE."""
    part = s.Diffusion(betas=s.CosineBetas(), bound=bound)
    scheduler = theirs("DDIMScheduler", part)
    agree(course(part, s.DDIM(), 9), their_course(scheduler, part, 9, use_clipped_model_output=True))


@pytest.mark.parametrize("steps", [1, 2, 4, 5, 11, 50])
def test_plms_is_theirs(steps: int) -> None:
    part = s.Diffusion(betas=s.ScaledLinearBetas())
    scheduler = theirs("PNDMScheduler", part, skip_prk_steps=True, steps_offset=1, set_alpha_to_one=False)
    agree(course(part, s.PLMS(offset=1, clean=False), steps), their_course(scheduler, part, steps))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of theirs
@pytest.mark.parametrize("steps", [1, 2, 3, 14, 15, 20])
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("predicts", PREDICTS)
def test_dpm_solver_is_theirs(steps: int, order: Any, predicts: Any) -> None:
    part = s.Diffusion(betas=s.ScaledLinearBetas(), predicts=predicts)
    scheduler = theirs("DPMSolverMultistepScheduler", part, solver_order=order)
    agree(course(part, s.DPMSolver(order=order, spacing="linspace"), steps), their_course(scheduler, part, steps))


@pytest.mark.parametrize("sampler", [s.DDPM(), s.DDIM(), s.PLMS(), s.DPMSolver()], ids=lambda each: type(each).__name__)
def test_a_right_prediction_leads_to_the_image(sampler: s.NoiseSampler) -> None:
    """Where the model knows the noise, the image is reached whatever the sampler."""
    part = s.Diffusion(betas=s.LinearBetas())
    ours = Diffusion(part)
    taken, image = steps_of(sampler, ours, 20), torch.rand(2, 3, 4, 4) * 2 - 1
    x, past = torch.randn(2, 3, 4, 4), Past()
    for i, t in enumerate(taken.timesteps):
        x, past = taken.step(i, x, ours.noise(x, image, float(ours.alpha_bars[t])), past, torch.randn_like(x))
    torch.testing.assert_close(x, image, atol=2e-4, rtol=0)


@pytest.mark.parametrize("last", [1, 2, 3, 9, 20])
@pytest.mark.parametrize("sampler", [s.DDIM(), s.PLMS(), s.DPMSolver()], ids=lambda each: type(each).__name__)
def test_an_image_with_the_noise_of_a_late_step_is_reached_from_there(sampler: s.NoiseSampler, last: int) -> None:
    """The model knows the noise that was added, and no other: a step too many or too few would miss the image."""
    part = SimpleNamespace(diffusion=s.Diffusion(betas=s.LinearBetas()), sampler=sampler)
    taken, whole = (steps_of(sampler, Diffusion(part.diffusion), 20, number) for number in (last, None))
    assert sorted({*taken.timesteps}) == sorted({*whole.timesteps})[:last]
    image, noise = torch.rand(2, 3, 4, 4) * 2 - 1, torch.randn(2, 3, 4, 4)
    given: dict[str, Any] = {"steps": 20, "draw": torch.randn_like, "begun": image, "last": last}
    x = taken_back(part, noise, lambda x, t: noise, **given)
    torch.testing.assert_close(x, image, atol=2e-3, rtol=0)


@pytest.mark.parametrize(
    ("schedule", "betas", "sampler"),
    [
        ("squaredcos_cap_v2", s.CosineBetas(), s.DDPM(variance="learned", spacing="even")),
        ("linear", s.LinearBetas(), s.DDIM(spacing="even")),
    ],
)
def test_guided_steps_are_those_of_the_authors_of_glide(schedule: str, betas: s.Betas, sampler: s.NoiseSampler) -> None:
    """What github:openai/glide-text2im (69b5307) gives in 27 steps; scripts/golden_glide.py wrote it."""
    kept = load_file(Path(__file__).parent / "golden" / "glide_steps.safetensors")
    part = s.Diffusion(betas=betas, variance=True, bound=s.Clipped())
    taken = steps_of(sampler, Diffusion(part), 27)
    assert list(taken.timesteps) == kept[f"{schedule}.timesteps"].tolist()
    x, past = torch.randn(2, 3, 6, 5, generator=torch.Generator().manual_seed(1)), Past()
    draw = torch.Generator().manual_seed(2)
    for i, t in enumerate(taken.timesteps):
        base = torch.sin(x * 1.7 + t / 300) + 0.3 * x.flip(-1)
        given, without = (torch.cat([each, torch.cos(x)], 1) for each in (base, torch.cos(2 * base)))
        noise = torch.randn(x.shape, generator=draw) if taken.draws else None
        x, past = taken.step(i, x, guided(given, without, 3.0, 3), past, noise)
        assert float((x - kept[schedule][i]).abs().max()) < NEAR


def test_guidance_leads_the_image_and_leaves_the_variance() -> None:
    given, without = torch.randn(2, 6, 3, 3), torch.randn(2, 6, 3, 3)
    led = guided(given, without, 3.0, 3)
    torch.testing.assert_close(led[:, :3], 3 * given[:, :3] - 2 * without[:, :3])
    assert led[:, 3:].equal(given[:, 3:])
    torch.testing.assert_close(guided(given, without, 1.0, 3), given)


@pytest.mark.parametrize(
    ("made", "refusal"),
    [
        (lambda: steps_of(s.DDIM(), Diffusion(s.Diffusion(betas=s.LinearBetas())), 0), "steps is 0"),
        (lambda: steps_of(s.DDIM(), Diffusion(s.Diffusion(betas=s.LinearBetas())), 1001), "steps is 1001"),
        (lambda: steps_of(s.DDIM(offset=1), Diffusion(s.Diffusion(betas=s.LinearBetas())), 1000), "offset 1 leads"),
        (lambda: s.LinearBetas(0.5, 0.1), "betas are from 0.5 to 0.1"),
        (lambda: s.DDIM(eta=2.0), "eta is 2.0"),
        (lambda: s.DDIM(offset=1, spacing="even"), "offset is 1, and only 'leading'"),
        (lambda: s.PLMS(spacing="even"), "spacing is 'even'"),
        (lambda: s.DynamicThreshold(1.0), "share is 1.0"),
        (lambda: s.Diffusion(betas=s.LinearBetas(), steps=1), "steps is 1"),
    ],
)
def test_what_makes_no_course_is_refused(made: Any, refusal: str) -> None:
    with pytest.raises(CladosError, match=refusal):
        made()

"""Noise in images, images as latents and codes, codes after texts: batches and losses beside loops of the equations."""

import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from clados import spec as s
from clados.data.examples import Captioned
from clados.data.packing import generator
from clados.errors import InputError
from clados.models.declared import declared
from clados.nn import WholeModel, build
from clados.nn.diffusion.bound import bound_terms
from clados.nn.diffusion.noise import Diffusion
from clados.objectives import Batch, Listed, Setting, SourceConfig, VocabIds, task
from clados.objectives.captions import Painted, scrambled
from clados.objectives.coded_images import half_cosine, laplace
from clados.objectives.noise_guesses import guesses, latent_guesses
from clados.proofs.cases import structures, without_dropout

NOISE = s.PredictedNoise(dropped=0.25)
CASES: dict[str, tuple[str, s.Objective]] = {
    "pixels": ("imagen", NOISE),
    "variance": ("glide", NOISE),
    "latents": ("stable-diffusion", NOISE),
    "reconstructed": ("stable-diffusion", s.ReconstructedImages(kl=0.1)),
    "codes": ("dall-e", s.CodedImages()),
    "painted": ("dall-e", s.PaintedCodes()),
}


@cache
def small(card: str) -> tuple[WholeModel, Setting]:
    """A small model of a card, exact to many places, and what its objective is told."""
    model = without_dropout(next(iter(structures(declared(card)).values())))
    words = VocabIds.declared(model.vocab)
    made = build(model, seed=1).double().eval()
    random = torch.Generator().manual_seed(5)
    with torch.no_grad():  # ends of branches are drawn as 0
        for weight in made.parameters():
            weight.add_(0.05 * torch.randn(weight.shape, generator=random, dtype=weight.dtype))
    return made, Setting(model, 6, words)


def rows(card: str, number: int) -> list[Painted]:
    setting, random = small(card)[1], generator(8)
    words = setting.required_vocab_ids.ordinary
    images = random.integers(0, 256, (number, 24, 24, 3), np.uint8)
    texts = [random.choice(words, n) for n in random.integers(2, 5, number)]
    return [Painted(image, ids.astype(np.int64), ids[:1].astype(np.int64)) for image, ids in zip(images, texts)]


def prepared(name: str, number: int, first: int = 0) -> Batch:
    card, objective = CASES[name]
    some = rows(card, 4)[first : first + number]
    batch = task(objective).prepare(some, [generator(first + i) for i in range(number)], small(card)[1])
    inputs, targets = (
        {key: each.double() if each.is_floating_point() else each for key, each in values.items()}
        for values in (batch.inputs, batch.targets)
    )
    return replace(batch, inputs=inputs, targets=targets)


@pytest.mark.parametrize("name", CASES)
def test_a_row_is_the_same_alone_and_small_batches_add_up(name: str) -> None:
    card, objective = CASES[name]
    whole, parts = prepared(name, 4), [prepared(name, 2, first) for first in (0, 2)]
    for held in ("inputs", "targets"):
        for key, value in getattr(whole, held).items():
            if value.dim() and value.shape[0] == 4:
                assert torch.equal(torch.cat([getattr(each, held)[key] for each in parts]), value), key
    with torch.no_grad():
        one, several = (
            [task(objective).loss(small(card)[0], each).parts for each in some] for some in ([whole], parts)
        )
    for key, term in one[0].items():
        torch.testing.assert_close(sum(each[key].sum for each in several), term.sum)
        assert sum(each[key].weight for each in several) == term.weight == whole.weights.get(key, term.weight)


def test_the_loss_is_the_square_of_what_is_missed_at_each_step() -> None:
    model, batch = small("imagen")[0], prepared("pixels", 3)
    bars = np.cumprod([1 - each for each in model.spec.diffusion.betas.values(1000)])
    total = 0.0
    for i, t in enumerate(batch.inputs["timesteps"].tolist()):
        image, noise = (batch.targets[name][i].numpy() for name in ("pixel_values", "noise"))
        x = math.sqrt(bars[t]) * image + math.sqrt(1 - bars[t]) * noise
        told = {name: value[i : i + 1] for name, value in batch.inputs.items()}
        with torch.no_grad():
            found = model(**told, sample=torch.from_numpy(x)[None]).prediction[0].numpy()
        total += sum((a - b) ** 2 for a, b in zip(found.ravel(), noise.ravel()))
    with torch.no_grad():
        loss = task(NOISE).loss(model, batch)
    assert float(loss.mean) == pytest.approx(total / batch.weights["noise"], rel=1e-6)


@pytest.mark.parametrize("predicts", ["noise", "data", "velocity"])
def test_what_is_predicted_is_what_the_diffusion_says(predicts: Any) -> None:
    model, batch = small("imagen")[0], prepared("pixels", 2)
    spec = model.spec.but(diffusion=model.spec.diffusion.but(predicts=predicts))
    other = build(spec, seed=1).double().eval()
    other.load_state_dict(model.state_dict())
    signal = np.sqrt(np.cumprod([1 - each for each in spec.diffusion.betas.values(1000)]))
    image, noise = batch.targets["pixel_values"], batch.targets["noise"]
    with torch.no_grad():
        total = 0.0
        for i, t in enumerate(batch.inputs["timesteps"].tolist()):
            a, b = signal[t], math.sqrt(1 - signal[t] ** 2)
            aim = {"noise": noise[i], "data": image[i], "velocity": a * noise[i] - b * image[i]}[predicts]
            told = {name: value[i : i + 1] for name, value in batch.inputs.items()}
            found = other(**told, sample=(a * image[i] + b * noise[i])[None]).prediction[0]
            total += float(((found - aim) ** 2).sum())
        loss = task(NOISE).loss(other, batch)
    assert float(loss.mean) == pytest.approx(total / image.numel(), rel=1e-6)


@pytest.mark.parametrize("step", [0, 1, 7, 19])
def test_a_learned_variance_has_its_bound(step: int) -> None:
    """Ho et al. 2020, eq. 5 to 7 and 13; Nichol & Dhariwal 2021, eq. 15: number by number, in bits."""
    part = s.Diffusion(betas=s.CosineBetas(), steps=20, variance=True)
    betas = part.betas.values(20)
    bars = np.cumprod([1 - each for each in betas])
    random = np.random.default_rng(step)
    image = np.array([-1.0, 1.0, 0.2, -0.3]).reshape(1, 1, 2, 2)
    noise, predicted, share = (random.standard_normal(image.shape) * each for each in (1.0, 0.7, 0.5))
    x = math.sqrt(bars[step]) * image + math.sqrt(1 - bars[step]) * noise
    told = torch.from_numpy(np.concatenate([predicted, share], 1)), torch.tensor([step])
    found = bound_terms(Diffusion(part), torch.from_numpy(image), torch.from_numpy(x), *told).numpy()

    def least(t: int) -> float:
        return float((1 - bars[t - 1]) / (1 - bars[t]) * betas[t])

    def below(value: float) -> float:
        return 0.5 * (1 + math.erf(value / math.sqrt(2)))

    beta, bar = betas[step], bars[step]
    before = bars[step - 1] if step else 1.0
    small_variance = least(max(step, 1))
    for at in np.ndindex(image.shape):
        clean = (x[at] - math.sqrt(1 - bar) * predicted[at]) / math.sqrt(bar)
        to, by = math.sqrt(before) * beta / (1 - bar), math.sqrt(1 - beta) * (1 - before) / (1 - bar)
        true, ours = to * image[at] + by * x[at], to * clean + by * x[at]
        v = (share[at] + 1) / 2
        variance = math.exp(v * math.log(beta) + (1 - v) * math.log(small_variance))
        if step:
            apart = math.log(variance / small_variance) + (small_variance + (true - ours) ** 2) / variance - 1
            expected = 0.5 * apart
        else:
            upper = 1.0 if image[at] == 1 else below((image[at] - ours + 1 / 255) / math.sqrt(variance))
            lower = 0.0 if image[at] == -1 else below((image[at] - ours - 1 / 255) / math.sqrt(variance))
            expected = -math.log(max(upper - lower, 1e-12))
        assert found[at] == pytest.approx(expected / math.log(2), rel=1e-6)


def test_the_bound_teaches_the_variance_alone() -> None:
    part = s.Diffusion(betas=s.CosineBetas(), steps=20, variance=True)
    predicted = torch.full((2, 2, 2, 2), 0.3, requires_grad=True)
    image = torch.full((2, 1, 2, 2), 0.1)
    bound_terms(Diffusion(part), image, image + 0.2, predicted, torch.tensor([3, 0])).sum().backward()
    assert predicted.grad is not None
    assert not predicted.grad[:, :1].any()
    assert predicted.grad[:, 1:].all()


def test_the_noise_of_latents_leaves_their_coder_as_it_is() -> None:
    model, batch = small("stable-diffusion")[0], prepared("latents", 2)
    model.zero_grad()
    task(NOISE).loss(model, batch).mean.backward()
    learned = {name.partition(".")[0] for name, weight in model.named_parameters() if weight.grad is not None}
    assert learned == {"text", "unet"}


def test_a_share_of_the_captions_is_empty_and_none_that_is_held_out() -> None:
    some, setting = rows("imagen", 4) * 50, small("imagen")[1]
    for one, low, high in ((task(NOISE), 0.15, 0.35), (task(NOISE).held_out, 0.0, 0.0)):
        batch = one.prepare(some, [generator(i) for i in range(200)], setting)
        empty = batch.inputs["attention_mask"].sum(1) == 1
        assert low <= float(empty.float().mean()) <= high


def test_reconstruction_and_divergence_are_sums_over_numbers() -> None:
    model, batch = small("stable-diffusion")[0], prepared("reconstructed", 2)
    images, noise = batch.inputs["pixel_values"], batch.inputs["noise"]
    with torch.no_grad():
        loss = task(s.ReconstructedImages(kl=0.1)).loss(model, batch)
        scaled_mean, log_variance = model.codes.encode(images)
        mean = scaled_mean / model.codes.scale
        back = model.codes.decode((mean + (log_variance / 2).exp() * noise) * model.codes.scale)
    divergence = sum(
        0.5 * (m * m + math.exp(v) - 1 - v) for m, v in zip(mean.flatten().tolist(), log_variance.flatten().tolist())
    )
    assert float(loss.parts["kl"].sum) == pytest.approx(0.1 * divergence, rel=1e-6)
    assert float(loss.sum) == pytest.approx(float((back - images).abs().sum()), rel=1e-6)


def test_codes_are_drawn_softly_and_pixels_have_a_laplace_distribution_of_their_logits() -> None:
    model, batch = small("dall-e")[0], prepared("codes", 1)
    images, noise, heat = batch.inputs["pixel_values"], batch.inputs["noise"], 0.5
    batch.targets.update(kl=torch.tensor(2.0), temperature=torch.tensor(heat))
    with torch.no_grad():
        loss = task(s.CodedImages()).loss(model, batch)
        scores = model.codes.scores(images)
        shares = ((scores.log_softmax(1) + noise) / heat).softmax(1)
        location, log_scale = (each.flatten().tolist() for each in model.codes.pixels(shares))
    divergence = sum(
        q * math.log(q * len(place)) for place in scores[0].flatten(1).T for q in place.softmax(0).tolist()
    )
    nll = 0.0
    for pixel, mu, ln_b in zip(images.flatten().tolist(), location, log_scale):
        x = 0.1 + 0.8 * (pixel + 1) / 2
        logit = math.log(x / (1 - x))
        nll -= math.log(1 / (2 * math.exp(ln_b) * x * (1 - x)) * math.exp(-abs(logit - mu) / math.exp(ln_b)))
    assert float(loss.sum) == pytest.approx(nll, rel=1e-6)
    assert float(loss.parts["kl"].sum) == pytest.approx(2 * divergence, rel=1e-6)


def test_the_density_of_a_pixel_is_one() -> None:
    x = torch.linspace(1e-6, 1 - 1e-6, 200_001, dtype=torch.float64)
    density = (-laplace(x, torch.tensor(0.4, dtype=torch.float64), torch.tensor(-1.0, dtype=torch.float64))).exp()
    assert float(torch.trapezoid(density, x)) == pytest.approx(1, abs=1e-4)


def test_weight_and_temperature_follow_the_updates_of_the_stage() -> None:
    assert [half_cosine(0.0, 6.6, share) for share in (0, 0.5, 1, 7)] == pytest.approx([0, 3.3, 6.6, 6.6])
    some, setting = rows("dall-e", 1), small("dall-e")[1]
    found = task(s.CodedImages()).prepare(some, [generator(0)], replace(setting, update=75_000)).targets
    assert float(found["kl"]) == pytest.approx(6.6)
    assert float(found["temperature"]) == pytest.approx((1 + 1 / 16) / 2)


def test_codes_follow_a_text_and_weigh_seven_times_as_much() -> None:
    model, batch = small("dall-e")[0], prepared("painted", 2)
    read, text = model.spec.decoder.inputs, batch.inputs["input_ids"]
    assert text.shape == (2, read.text)
    for ids, row in zip(text.tolist(), rows("dall-e", 4)[:2]):
        place = len(row.ids)
        assert ids == [*row.ids.tolist(), *range(read.first_padding + place, read.first_code)]
    with torch.no_grad():
        codes = model.codes.encode(batch.targets["pixel_values"]).flatten(1)
        out = model(input_ids=torch.cat([text, codes[:, :-1] + read.first_code], 1))
        found = task(s.PaintedCodes()).loss(model, batch)
    said = [
        -float(out.text_logits[i, j - 1].log_softmax(-1)[row.ids[j]])
        for i, row in enumerate(rows("dall-e", 4)[:2]) for j in range(1, len(row.ids))
    ]  # fmt: skip
    drawn = [
        -float(out.image_logits[i, j].log_softmax(-1)[codes[i, j]])
        for i in range(2) for j in range(codes.size(1))
    ]  # fmt: skip
    assert float(found.mean) == pytest.approx(np.mean(said) / 8 + np.mean(drawn) * 7 / 8, rel=1e-6)


def test_a_control_mixes_the_numbers_of_a_place_and_keeps_them() -> None:
    images = generator(0).integers(0, 256, (9, 2, 3, 3), np.uint8)
    mixed = scrambled(images, 4)
    assert np.array_equal(np.sort(mixed, 0), np.sort(images, 0))
    assert (mixed != images).mean() > 0.5


def test_linear_guesses_are_best_for_numbers_that_are_normal() -> None:
    """Of numbers with variance v around 0 there is 1 - (1 - a) / (a v + 1 - a) left, whatever else is tried."""
    random = generator(1)
    images = np.clip(127.5 + 40 * random.standard_normal((4000, 3)), 0, 255).round().astype(np.uint8)
    found, v = guesses(images[:2000], images[2000:], np.array([0.5, 0.1])), (40 / 127.5) ** 2
    expected = np.mean([a * v / (a * v + 1 - a) for a in (0.5, 0.1)])
    assert found["linear"] == pytest.approx(expected, rel=0.03)
    assert found["number by number"] == pytest.approx(expected, rel=0.05)
    numbers = 0.3 * generator(2).standard_normal((4000, 3))
    found = latent_guesses(numbers[:2000], numbers[2000:], np.array([0.5, 0.1]))
    expected = np.mean([a * 0.09 / (a * 0.09 + 1 - a) for a in (0.5, 0.1)])
    assert found["linear"] == pytest.approx(expected, rel=0.05)
    assert found["number by number"] == pytest.approx(expected, rel=0.06)


def test_latents_of_a_coder_that_was_trained_for_it_have_a_variance_of_one() -> None:
    model, some = small("stable-diffusion")[0], Listed(rows("stable-diffusion", 4))
    part: Any = model.spec
    assert task(NOISE).handed_on(part, model, some) == part
    after: Any = task(s.ReconstructedImages()).handed_on(part, model, some)
    scale = after.codes.scale
    images = prepared("latents", 4).targets["pixel_values"]
    with torch.no_grad():
        mean, log_variance = model.codes.encode(images)
        noise = torch.randn(64, *mean.shape, dtype=mean.dtype, generator=torch.Generator().manual_seed(0))
        latents = mean / part.codes.scale + (0.5 * log_variance).exp() * noise
    assert scale * float(latents.std()) == pytest.approx(1, abs=0.05)


def test_images_are_read_with_their_best_caption_first_and_without_it_where_there_is_no_text() -> None:
    examples = [Captioned(str(i), np.full((8, 8, 3), i, np.uint8), ("one", "two")) for i in range(3)]
    source = task(s.ReconstructedImages()).source(examples, SourceConfig(0))
    assert (len(source), source.at(2).ids.size, source.at(2).picture.max()) == (3, 0, 2)


@pytest.mark.parametrize(
    ("objective", "card", "said"),
    [
        (NOISE, "gpt-2", "PredictedNoise takes noise out of images; this Decoder does not"),
        (NOISE, "dall-e-2", "it reads CLIP's vector of an image beside the noise"),
        (s.ReconstructedImages(), "dall-e", "ReconstructedImages trains a coder of latents; this CodePainter has none"),
        (s.CodedImages(), "stable-diffusion", "CodedImages trains a coder of codes; this ImageDenoiser has none"),
        (s.PaintedCodes(), "glide", "PaintedCodes learns the codes of images after a text"),
    ],
)
def test_models_that_cannot_learn_so_are_told(objective: s.Objective, card: str, said: str) -> None:
    assert said in task(objective).refusal(declared(card).model)


def test_a_share_of_captions_is_a_share() -> None:
    with pytest.raises(s.SpecError, match=r"PredictedNoise\.dropped is 1.5; it must be from 0 to 1"):
        s.PredictedNoise(dropped=1.5)
    with pytest.raises(InputError, match="PredictedNoise does not learn from a text alone"):
        task(NOISE).example("A red heart", SourceConfig(8))

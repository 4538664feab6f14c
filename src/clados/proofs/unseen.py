"""Fields of a structure that no output in evaluation shows: initialisation, dropout, roles of tokens."""

import tempfile
from collections.abc import Iterator
from functools import cache, lru_cache, partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from clados import nn as cn, spec as s
from clados.apply.denoising import denoise, taken_back
from clados.apply.foresee import foresee
from clados.checkpoints import LayoutError, save_pretrained
from clados.checkpoints.load import saved_model
from clados.checkpoints.mapping.config import to_config
from clados.data.examples import split
from clados.data.packing import generator
from clados.data.readers import read
from clados.data.tokenizer import Tokenizer
from clados.data.training import train_tokenizer
from clados.errors import CladosError
from clados.nn.capture import capture
from clados.objectives import Setting, SourceConfig, VocabIds, task
from clados.objectives.routing import routers, strayed
from clados.proofs.cases import example_inputs, without_capacity, without_dropout
from clados.proofs.mutations import put
from clados.proofs.references import SPREAD, randomise
from clados.spec.core.part import reach
from clados.train.fitting import facts_of, texts

SURE = 6.0  # standard errors between two deviations that differ
MANY = 1000  # numbers of a tensor whose tails are looked at
TIMES = 24  # the same example, so often, to see how far dropout spreads it
PASSES = 4  # in which it is read: some dropout is one for a whole batch
SMALL_VOCAB = 600  # tokens of a small tokenizer
PAINTED = 5  # steps of a painting


@cache
def examples(name: str) -> Any:
    """The two sides of an embedded set, read once for all recipes; not to be changed."""
    return split(read(name))


# ---------------------------------------------------------------- initialisation


def moments(declaration: s.Declaration, model: s.Model, changed: s.Model, path: str) -> str:
    """Whether freshly drawn tensors have another mean, deviation or longest tail."""
    one, other = _usual_draw(model), dict(_drawn(changed, 2))
    return (
        "moments of drawn weights" if any(_apart(one[name], other[name]) for name in one.keys() & other.keys()) else ""
    )


@lru_cache(2)
def _usual_draw(model: s.Model) -> dict[str, Tensor]:
    """What every change of one model is compared with."""
    return dict(_drawn(model, 1))


def _drawn(model: s.Model, seed: int) -> Iterator[tuple[str, Tensor]]:
    module = cn.build(model, seed=seed)
    for row in s.rows(model):
        tensor = module.get_parameter(row.path).detach()
        for (out, _), each in zip(row.outs, tensor.split([size for _, size in row.outs]) if tensor.dim() else [tensor]):
            yield f"{row.path}.{out}", each


def _apart(one: Tensor, other: Tensor) -> bool:
    """Whether two draws cannot be of one law."""
    if one.shape != other.shape:
        return True
    (a, b), (c, d) = ((float(each.mean()), float(each.std(correction=0))) for each in (one, other))
    if min(b, d) == 0:
        return b != d or a != c
    number = one.numel()
    if abs(b - d) > SURE * max(b, d) / number**0.5:
        return True
    tails = [float(each.abs().max()) / std for each, std in ((one, b), (other, d))]
    return number >= MANY and (min(tails) < 2.4) != (max(tails) < 2.4)


# ---------------------------------------------------------------- dropout


def dropout(declaration: s.Declaration, model: s.Model, changed: s.Model, path: str) -> str:
    """Whether the outputs of one text in training spread otherwise when this rate alone is not zero.

    It is compared with a tenth of the rate: at higher ones the spread of some models grows no more.
    """
    dry, rate = without_capacity(without_dropout(model)), _at(model, path)
    spreads = [dropout_spread(put(dry, path, each)) for each in (rate, rate / 10 if rate else 0.5)]
    return "spread in training" if abs(spreads[0] - spreads[1]) > max(spreads) / 2 else ""


def left_out(declaration: s.Declaration, model: s.Model, changed: s.Model, path: str) -> str:
    """Whether one of two ways to join branches leaves some of them out in training, and the other none."""
    for one, other in ((model, changed), (changed, model)):
        has, lacks = (reach(each, path) for each in (one, other))
        if isinstance(has, s.Part) and hasattr(has, "dropout") and not hasattr(lacks, "dropout"):
            return dropout(declaration, one, other, f"{path}.dropout")
    return ""


def _at(model: s.Model, path: str) -> float:
    return float(reach(model, path))


def dropout_spread(model: s.Model) -> float:
    """The mean variance of a model's outputs over many passes of one example, dropping."""
    return _spread(_shared(without_dropout(model)), model)


@cache
@torch.no_grad()
def _shared(model: s.Model) -> nn.Module:
    """A module whose branches all give something: what training starts at zero is drawn too."""
    module, draw = cn.build(model, seed=3), torch.Generator().manual_seed(3)
    for each in module.parameters():
        if each.dim() > 1 and not each.any():
            nn.init.normal_(each, 0, 0.05, draw)
    return module


@torch.no_grad()
def _spread(weights: nn.Module, model: s.Model) -> float:
    module: Any = cn.module(model).train()
    module.load_state_dict(
        {name: each * 1.5 if each.dim() > 1 else each for name, each in weights.state_dict().items()}
    )
    torch.manual_seed(11)
    example = {
        name: each[:1] for name, each in example_inputs(model).items() if not name.endswith(("_mask", "_mapping"))
    }
    short = {name: each[:, :9] if name.endswith(("_ids", "_embeds")) else each for name, each in example.items()}
    rows = TIMES // PASSES
    batch = {name: each.expand(rows, *each.shape[1:]) for name, each in short.items()}
    outs = [module(**batch) for _ in range(PASSES)]
    named = [name for name, each in outs[0].items() if each.size(0) == rows and each.is_floating_point()]
    varied = [torch.cat([out[name] for out in outs]).var(0).mean() for name in named]
    return float(torch.stack(varied).sum())


# ---------------------------------------------------------------- what only some batches, files and heat show


def warmest(declaration: s.Declaration, model: Any, changed: Any, path: str) -> str:
    """Whether a scale that has grown beyond all bounds is held elsewhere."""
    most = []
    for each in (model, changed):
        module: Any = cn.build(each, seed=1)
        with torch.no_grad():
            module.logit_scale.fill_(50.0)
            out = module(**example_inputs(each))
        most.append(float((out.logits_per_image / (out.image_embeds @ out.text_embeds.T)).median()))
    return "its bound on the scale" if abs(most[0] - most[1]) > 1e-3 * max(most) else ""


@torch.no_grad()
def routing(declaration: s.Declaration, model: s.Model, changed: s.Model, path: str) -> str:
    """Whether experts do otherwise in training, their routers' losses differ, or a short text finds other room."""
    routes = [[*_routed(without_dropout(each))] for each in (model, changed)]
    return "routing" if any(not torch.equal(one, other) for one, other in zip(*routes)) else ""


def _routed(model: s.Model) -> Iterator[Tensor]:
    module: Any = cn.build(model, seed=3)
    alike = {
        name: torch.full_like(each[:, :3], 7)
        for name, each in example_inputs(model).items()
        if name.endswith("input_ids")
    }
    yield module(**alike).last_hidden_state
    torch.manual_seed(11)
    experts = routers(module)
    with capture(module.train(), *experts) as scores:
        yield module(**example_inputs(model)).last_hidden_state
    for name, each in scores.items():
        yield strayed(each, experts[name])


def image_side(declaration: s.Declaration, model: Any, changed: Any, path: str) -> str:
    """Whether others are told of images of another side."""
    return "the written config" if _configs(declaration, model) != _configs(declaration, changed) else ""


@torch.no_grad()
def painting(declaration: s.Declaration, model: Any, changed: Any, path: str) -> str:
    """Whether noise that is taken away by the same weights becomes other images on its way."""
    usual, other = _usual_painting(model), _painted(changed)
    apart = (float((a - b).abs().max()) > 1e-3 * float(a.abs().max()) for a, b in zip(usual, other))
    return "paintings" if any(apart) else ""


@lru_cache(2)
def _usual_painting(model: Any) -> tuple[Tensor, Tensor]:
    """What every change of one model is compared with."""
    return _painted(model)


def _painted(model: Any) -> tuple[Tensor, Tensor]:
    """What is painted, enlarged or foreseen at last, and the mean of what there is on the way."""
    module: Any = cn.module(model).eval()
    randomise(dict(module.named_parameters()), 3 / 4 * SPREAD)
    draw, course = torch.Generator().manual_seed(5), list[Tensor]()
    given: dict[str, Any] = {
        "steps": PAINTED,
        "draw": partial(_noise_like, draw=draw),
        "kept": partial(_watched, course),
    }
    if isinstance(model, s.DiffusionPrior):
        inputs = example_inputs(model)
        last = foresee(module, inputs["input_ids"], inputs["text_embeds"], **given)
        return last, torch.stack(course).mean(0)
    unet = model.size if isinstance(model, s.ImageEnlarger) else model.size.unet
    channels = model.inputs.channels if isinstance(model, s.ImageEnlarger) else model.diffused
    x, low = torch.randn(1, channels, unet.shrinks, unet.shrinks, generator=draw), model.low
    seen = {"low_res": x[:, :, :: low.factor, :: low.factor]} if low else {}
    if isinstance(model, s.ImageEnlarger):
        taken_back(model, x, lambda x, t: module(x, timesteps=torch.tensor([t]), **seen).prediction, **given)
    else:
        texts = module.read(example_inputs(model)["input_ids"][:2])
        if model.unet.picture:
            seen["image_embeds"] = example_inputs(model)["image_embeds"][:1]
        denoise(module, x, texts[:1], texts[1:], guidance=model.guidance, conditions=seen, **given)
    return course[-1], torch.stack(course).mean(0)


def _watched(course: list[Tensor], x: Tensor, timestep: int | None) -> Tensor:
    course.append(x)
    return x


def _noise_like(x: Tensor, draw: torch.Generator) -> Tensor:
    return torch.randn(x.shape, generator=draw)


def context(declaration: s.Declaration, model: Any, changed: Any, path: str) -> str:
    """Whether a batch shows another number of steps."""
    one = task(declaration.recipe.stages[0].objective)
    kept, _ = examples(one.data)
    facts, steps = facts_of(kept), []
    window = one.source(kept[:2], SourceConfig(5, scales=facts.scales)).at(0)
    for each in (model, changed):
        batch = one.prepare([window], [generator(0)], Setting(each, each.inputs.context))
        steps.append(batch.inputs["timesteps"].size(1))
    return "batches" if steps[0] != steps[1] else ""


def roles(declaration: s.Declaration, model: s.Model, changed: s.Model, path: str) -> str:
    """Whether the written config, a batch or a trained tokenizer differs; else what is read back."""
    if path.endswith("vocab.size"):
        return ""
    if path.endswith("vocab.kind"):
        kinds = [type(_tokenizer(each.vocab.kind).backend.model).__name__ for each in (model, changed)]
        ends = [_tokenizer(each.vocab.kind).encode("Not one of them, though.") for each in (model, changed)]
        return "the tokenizer" if kinds[0] != kinds[1] or ends[0] != ends[1] else ""
    if _configs(declaration, model) != _configs(declaration, changed):
        return "the written config"
    objective = declaration.recipe.stages[0].objective
    if _batch(objective, model) != _batch(objective, changed):
        return "batches"
    return _kept(model, changed)


def _kept(model: s.Model, changed: s.Model) -> str:
    """Whether a model that is written and read again has the changed vocabulary, by the declaration that it keeps."""
    with tempfile.TemporaryDirectory() as folder:
        save_pretrained(cn.module(changed), folder)  # no weight is read back
        read_back = saved_model(folder)
    kept = read_back.vocab == changed.vocab != model.vocab
    return "the declaration kept in the config" if kept else ""


def _configs(declaration: s.Declaration, model: s.Model) -> list[Any]:
    configs: list[Any] = []
    for layout in declaration.layouts:
        try:
            configs.append(to_config(layout, model.but(**(layout.port or s.but()))))
        except (LayoutError, s.SpecError) as error:
            configs.append(str(error))
    return configs


@cache
def _batch(objective: s.Objective, model: s.Model) -> Any:
    """A batch of an objective on texts of every id, by the declared roles; as plain data."""
    vocab_ids = VocabIds.declared(model.vocab)
    ids = np.arange(vocab_ids.size)
    try:
        one = task(objective)
        some = [one.row([ids]), one.row([ids[:9]])]
        draws = [generator(4, i) for i in range(len(some))]
        batch = one.prepare(some, draws, Setting(model, len(ids), vocab_ids))
    except CladosError as error:
        return str(error)
    return [(name, each.tolist()) for tensors in (batch.inputs, batch.targets) for name, each in tensors.items()]


@cache
def _tokenizer(kind: str) -> Tokenizer:
    return train_tokenizer(texts(examples("english")[0][:8]), kind, SMALL_VOCAB)

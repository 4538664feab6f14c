"""One example of every part, taken from the declarations; and inputs that a tiny model reads."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import torch

from clados import spec as s
from clados.models.declared import declared, package_models
from clados.proofs.cases import without_roles
from clados.spec.core.declaration import replaced
from clados.spec.core.pieces import Env, Held, Several
from clados.spec.kinds.entity import Aggregator

PAINTER: Any = declared("stable-diffusion").model
HELD = (PAINTER, declared("dall-e").model, declared("swin").model)  # what is declared once, and stands often
FURTHER = (
    s.Codes(size=PAINTER.size.codes, inputs=PAINTER.inputs, coder=PAINTER.codes),
    *(s.Reshaped("x", (1, -1)), s.Banded(4), s.Rule("x"), s.Sides(s.Size(1, 8, 1), s.Size(2, 8, 1)), s.OfText(4)),
    *(s.LinearScaling(2.0), s.BandScaling(2.0, 1.0, 4.0, 8)),
    s.Diffusion(betas=s.CosineBetas()),
    Aggregator(attn=s.Attention(), entity_attn=None, mlp=s.Fusion(), entities=s.Entities(6, 2)),
)


def held(part: Any, env: Env | None = None) -> Iterator[s.Part]:
    """Every part in a part's pieces: levels and stages are worked out of what is declared."""
    for piece in part.pieces(env).values():
        for one in piece.held if isinstance(piece, Several) else [piece] * isinstance(piece, Held):
            yield one.part
            yield from held(one.part, one.env)


def inside(value: Any) -> Iterator[s.Part]:
    """Every part that a value holds, itself included."""
    if isinstance(value, s.Part):
        yield value
        for word in s.part_fields(value).values():
            yield from inside(word)
    elif isinstance(value, tuple):
        for each in value:
            yield from inside(each)
    elif isinstance(value, Mapping) and not isinstance(value, s.Change):
        for each in value.values():
            yield from inside(each)


def models() -> dict[str, s.Model]:
    """Every structure that is declared: the headline models, and sizes that are models of their own."""
    rows: dict[str, s.Model] = {}
    for name in package_models():
        declaration = declared(name)
        rows[name] = declaration.model
        rows |= {f"{name}:{size}": row for size, row in declaration.sizes.items() if isinstance(row, s.Model)}
    return rows


@cache
def structures() -> dict[str, s.Model]:
    """Of the structures that are declared, those that are unlike when all are tiny, whatever their words are called."""
    rows: dict[s.Model, tuple[str, s.Model]] = {}
    for name, model in models().items():
        rows.setdefault(replaced(s.tiny(model), without_roles), (name, model))
    return dict(rows.values())


def examples() -> dict[type[s.Part], s.Part]:
    """A part of every kind."""
    found_parts = {type(part): part for model in HELD for part in held(model)}
    found_parts |= {type(part): part for part in held(declared("clip").models()["rn50"])}
    found_parts |= {type(part): part for part in held(declared("flamingo").model)}
    found_parts |= {type(part): part for name in package_models() for part in inside(declared(name))}
    found_parts |= {type(part): part for part in FURTHER}
    return found_parts | {kind: kind() for kind in _kinds(s.Part) if kind not in found_parts and _bare(kind)}


def _kinds(kind: type[s.Part]) -> Iterator[type[s.Part]]:
    for each in kind.__subclasses__():
        if each.__module__.startswith("clados.spec"):
            yield each
            yield from _kinds(each)


def every_kind() -> set[type[s.Part]]:
    """Every kind of part that a declaration can be written with."""
    return {each for each in _kinds(s.Part) if getattr(s, each.__name__, None) is each and not each.__subclasses__()}


def _bare(kind: type[s.Part]) -> bool:
    try:
        kind()
    except (s.SpecError, TypeError):  # needs what it is not given, or is abstract
        return False
    return True


def read(model: s.Model, batch: int = 2, length: int = 7) -> dict[str, torch.Tensor]:
    """Random inputs of a model, by the names of its arguments."""
    draw = torch.Generator().manual_seed(1)

    def numbers(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=draw)

    def ids(bound: int, *shape: int) -> torch.Tensor:
        return torch.randint(0, bound, shape, generator=draw)

    match model:
        case s.Permuted():
            asked = torch.nn.functional.one_hot(ids(length, batch, max(3, length // 4)), length)
            return {
                "input_ids": ids(50, batch, length),
                "token_type_ids": ids(2, batch, length),
                "target_mapping": asked.float(),
            }
        case s.EntityEncoder(entities=entities):
            there = (ids(2, batch, length) > 0).long()
            there[:, 0] = 1
            return {
                "input_ids": ids(50, batch, length),
                "token_type_ids": ids(2, batch, length),
                "entity_embeds": numbers(batch, length, entities.width),
                "entity_mask": there,
                "candidates": numbers(5, entities.width),
            }
        case s.TwoTower(text=s.Tower(inputs=s.Tokens() as inputs)):
            read = model.reads(s.ImageInputs)
            assert read is not None
            words = ids(50, batch, length)
            words[:, -1] = inputs.vocab.eos or 0
            return {"input_ids": words, "pixel_values": numbers(batch, read.channels, read.image, read.image)}
        case s.Bridged(vision=vision):
            words = ids(50, batch, length)
            words[:, 0] = model.image_token
            return {"input_ids": words, "pixel_values": numbers(batch, 1, vision.channels, 37, 37)}
        case s.ImageEnlarger(inputs=inputs, low=low):
            side = low.factor * model.size.shrinks
            return {
                "sample": numbers(batch, inputs.channels, side, side),
                "timesteps": ids(1000, batch),
                "low_res": numbers(batch, inputs.channels, side // low.factor, side // low.factor),
            }
        case s.DiffusionPrior(further=further):
            return {
                "input_ids": ids(50, batch, length),
                "text_embeds": numbers(batch, further.joint),
                "sample": numbers(batch, further.joint),
                "timesteps": ids(1000, batch),
            }
        case s.ImageDenoiser(inputs=inputs):
            side, image = 2 * model.size.unet.shrinks, 8
            noisy = {
                "input_ids": ids(50, batch, length),
                "sample": numbers(batch, model.diffused, side, side),
                "timesteps": ids(1000, batch),
            }
            if isinstance(model.text.stack.sees, s.All):
                noisy["attention_mask"] = (torch.arange(length) < length - 2).long().expand(batch, length)
            if model.codes:
                noisy["pixel_values"] = numbers(batch, inputs.channels, image, image)
            if model.low:
                noisy["low_res"] = numbers(batch, model.diffused, side // model.low.factor, side // model.low.factor)
            return noisy
        case s.CodePainter(inputs=inputs, decoder=s.Tower(inputs=s.TextThenCodes() as texts)):
            codes = texts.first_code + ids(texts.codes, batch, length)
            text = ids(texts.vocab.size, batch, texts.text)
            return {
                "input_ids": torch.cat([text, codes], 1),
                "pixel_values": numbers(batch, inputs.channels, 8, 16),
            }
        case s.Codes(inputs=inputs):
            return {"pixel_values": numbers(batch, inputs.channels, 8, 16)}
        case s.Fold(inputs=inputs, extra=extra, templates=templates):
            rows = {
                "aatype": ids(20, batch, length),
                "msa_feat": numbers(batch, 3, length, inputs.features),
                "extra_msa_feat": numbers(batch, 4, length, extra.features),
            }
            if templates:
                rows["template_pair_feat"] = numbers(batch, 2, length, length, templates.pair_features)
                rows["template_angle_feat"] = numbers(batch, 2, length, templates.angle_features)
            return rows
        case s.PointCloud(inputs=inputs):
            points = {"positions": numbers(batch, length, 3)}
            points |= {"scalars": numbers(batch, length, inputs.scalars)} if inputs.scalars else {}
            points |= {"vectors": numbers(batch, length, inputs.vectors, 3)} if inputs.vectors else {}
            return points | {"edge_features": numbers(batch, length, length, inputs.edges)}
        case s.EncoderDecoder():
            return {"input_ids": ids(50, batch, length), "decoder_input_ids": ids(50, batch, length - 2)}
        case s.Pyramid(inputs=s.ImageInputs() as inputs):
            return {"pixel_values": numbers(batch, inputs.channels, 64, 64)}
        case s.Encoder(inputs=s.Patches() as inputs):
            return {"pixel_values": numbers(batch, inputs.channels, inputs.image, inputs.image)}
        case s.Decoder(inputs=s.Trajectory() as inputs):
            steps = torch.arange(4).expand(batch, 4)
            sides = numbers(batch, 4, inputs.states), numbers(batch, 4, inputs.actions), numbers(batch, 4, 1)
            return dict(zip(("states", "actions", "returns_to_go", "timesteps"), (*sides, steps), strict=True))
        case s.Decoder(inputs=s.Multimodal() as inputs):
            words, side = ids(50, batch, length), inputs.patch
            words[:, 2] = inputs.image_token
            return {
                "input_ids": words,
                "local_positions": torch.arange(-1, length - 1).expand(batch, length),
                "pixel_values": numbers(batch, inputs.patches.channels, side, side),
                "patch_intervals": torch.tensor([[0, 1], [2, 3]]).expand(batch, 2, 2),
            }
        case s.Decoder(inputs=s.Binned() as inputs):
            return {"trajectories": ids(inputs.bins + 1, batch, min(length, inputs.context))}
        case s.Decoder(inputs=s.Frames() as inputs):
            frames = numbers(batch, 2, inputs.frames, inputs.side, inputs.side)
            actions, steps = ids(inputs.actions, batch, 2), torch.arange(2).expand(batch, 2)
            return {"states": frames, "actions": actions, "returns_to_go": numbers(batch, 2, 1), "timesteps": steps}
        case _:
            return {"input_ids": ids(50, batch, length)}

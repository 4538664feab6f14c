"""Small versions of declared structures, with odd widths, and something for them to read."""

from collections.abc import Iterator, Mapping
from functools import singledispatch
from operator import methodcaller
from typing import Any, cast

import torch
from torch import Tensor

from clados import spec as s
from clados.errors import InputError
from clados.spec.core.declaration import dropping, parts, replaced
from clados.spec.core.small import LENGTH

ModelInputs = dict[str, Tensor]

TEXTS, TARGET = 3, 17
KNOWN_SHARE = 0.5  # of an image's pixels are known
EARLIER = 9  # positions of the text before
SMALL_NUMBERS = methodcaller("small")
WORDED = s.Vocabulary | s.AdaptiveTokens


# ---------------------------------------------------------------- small structures


def structures(declaration: s.Declaration) -> dict[str, s.Model]:
    """The declared structures that compute differently when all are small, each named by its first published size."""
    every = declaration.models()
    unlike: dict[s.Model, tuple[str, s.Model]] = {}
    for name in (declaration.own_size, *every):
        reduced = small(every[name])
        unlike.setdefault(without_dropout(replaced(reduced, without_roles)), (name, reduced))
    return dict(unlike.values())


def without_roles(part: s.Part) -> s.Part:
    """A vocabulary of the same size whose ids have no roles: they compute alike."""
    return s.Vocabulary(kind="bpe", size=part.size) if isinstance(part, s.Vocabulary) else part


def without_dropout(model: s.Model) -> s.Model:
    """The model without dropout anywhere."""
    return dropping(model, 0.0)


def small(model: s.Model) -> s.Model:
    """The same structure with three layers, odd widths, a small vocabulary, short tables, small images."""
    reduced = s.tiny(model)
    if any(isinstance(each, s.Rotary) and each.fraction < 1 for each in parts(model)):
        reduced = reduced.but(size=s.but(heads=2))  # heads wide enough that a share of them is a whole number of planes
    made: s.Model = replaced(reduced, SMALL_NUMBERS)
    return made


def small_vocabulary(model: s.Model) -> s.Model:
    """The model with a small vocabulary, its roles and classes of tokens moved into it; else as it is."""
    made: s.Model = replaced(model, lambda part: part.small() if isinstance(part, WORDED) else part)
    return made


def small_port(layout: s.Layout) -> s.Layout:
    """The layout with a port as small as the structures."""
    return layout.but(port=_smaller(layout.port)) if layout.port else layout


def _smaller(value: Any) -> Any:
    if isinstance(value, s.Change):
        return s.Change({name: _smaller(each) for name, each in value.items()})
    return replaced(value, SMALL_NUMBERS)


def without_capacity(model: s.Model) -> s.Model:
    """The model whose experts take every token, and whose routers read without jitter.

    Where tokens skip an expert that is full, a text depends on those read with it: its tokens one by one are all taken.
    """
    made: s.Model = replaced(model, _without_capacity)
    return made


def _without_capacity(part: s.Part) -> s.Part:
    return part.but(capacity=None, jitter=0.0) if isinstance(part, s.Experts) else part


def variations(model: s.Model, fields: Mapping[str, object]) -> Iterator[tuple[str, s.Model]]:
    """The small model, and with grouped keys, wide heads, groups of layers where the keys of its layout know them."""
    known = {path.rpartition(".")[2] for path in fields}
    if known and "d_ff" not in known and isinstance(size := model.size, s.Size):
        model = model.but(size=size.but(d_ff=None))
    yield "", model
    odd = {name: number for name, number in (("kv_heads", 2), ("head_dim", 14)) if name in known}
    size = model.size
    if odd and isinstance(size, s.Size):
        yield " and ".join(f"{name} {number}" for name, number in odd.items()), model.but(size=size.but(**odd))
    if "stack.groups" in fields:
        yield "groups 2", model.but(**s.at("stack.groups", 2))


# ---------------------------------------------------------------- something to read


def example_inputs(model: s.Model, seed: int = 0) -> ModelInputs:
    """What a small model reads: several examples of different lengths, padded, each id of the vocabulary possible."""
    draw = torch.Generator().manual_seed(seed)
    return _example_inputs(model, draw)


def first_example(read: ModelInputs) -> ModelInputs:
    """The first example alone, whole: nothing of it is padding."""
    return {name: tensor[:1] for name, tensor in read.items() if not name.endswith("attention_mask")}


@singledispatch
def _example_inputs(model: s.Model, draw: torch.Generator) -> ModelInputs:
    raise InputError(f"nothing says what {type(model).__name__} reads")


@_example_inputs.register
def _(model: s.Encoder, draw: torch.Generator) -> ModelInputs:
    return _read(model.inputs, model, draw)


@_example_inputs.register
def _(model: s.EntityEncoder, draw: torch.Generator) -> ModelInputs:
    """Some tokens name an entity; in the second text none does."""
    read, width = _read(model.inputs, model, draw), model.entities.width
    there = read["attention_mask"] * (torch.rand(TEXTS, LENGTH, generator=draw) < 1 / 3)
    there[1] = 0
    there[2, :2] = 1
    return {
        **read,
        "entity_embeds": torch.randn(TEXTS, LENGTH, width, generator=draw),
        "entity_mask": there,
        "candidates": torch.randn(7, width, generator=draw),
    }


@_example_inputs.register
def _(model: s.Decoder, draw: torch.Generator) -> ModelInputs:
    return _read(model.inputs, model, draw)


@_example_inputs.register
def _(model: s.Recurrent, draw: torch.Generator) -> ModelInputs:
    """Segments in the middle of texts."""
    return {**_read(model.inputs, model, draw), "mems": _mems(model, draw)}


@_example_inputs.register
def _(model: s.Permuted, draw: torch.Generator) -> ModelInputs:
    """Segments in the middle of texts, in a random order for each, the last five of it asked for."""
    read = _texts(cast(s.Tokens, model.inputs), LENGTH, draw) | {"mems": _mems(model, draw)}
    order = torch.rand(TEXTS, LENGTH, generator=draw).argsort(1)
    turn = order.argsort(1)
    asked = torch.nn.functional.one_hot(order[:, -5:], LENGTH)
    return read | {
        "token_type_ids": torch.randint(3, (TEXTS, LENGTH), generator=draw),
        "perm_mask": (turn[:, :, None] <= turn[:, None]).float(),
        "target_mapping": asked.float(),
    }


def _mems(model: s.Recurrent | s.Permuted, draw: torch.Generator) -> Tensor:
    """What the layers met before."""
    return torch.randn(TEXTS, model.size.layers, EARLIER, model.size.d_model, generator=draw)


@_example_inputs.register
def _(model: s.EncoderDecoder, draw: torch.Generator) -> ModelInputs:
    source = _texts(model.inputs, LENGTH, draw)
    decoder = _ids(model.vocab, (TEXTS, TARGET), draw)
    return {**source, "decoder_input_ids": decoder}


@_example_inputs.register
def _(model: s.TwoTower, draw: torch.Generator) -> ModelInputs:
    """Texts whose end stands in the middle, with further tokens and a further end after it."""
    images = _read(model.image.inputs, model, draw)
    ids = _ids(model.vocab, (TEXTS, LENGTH), draw)
    end = model.vocab.eos
    if end is not None:
        ids[ids == end] = 3
        for row, place in enumerate((9, LENGTH - 1, 4)):
            ids[row, place] = end
        ids[0, 15] = end
        ids[1, 2] = model.vocab.size - 1
    keep = torch.ones_like(ids)
    keep[2, 11:] = 0
    return {**images, "input_ids": ids, "attention_mask": keep}


@_example_inputs.register
def _(model: s.ImageDenoiser, draw: torch.Generator) -> ModelInputs:
    """Noisy latents, wider than high, at unlike steps; images to be coded. Texts are padded where all see all."""
    channels, high = model.diffused, 2 * model.size.unet.shrinks
    wide = high + model.size.unet.shrinks
    read = {
        "sample": torch.randn(TEXTS, channels, high, wide, generator=draw),
        "timesteps": torch.tensor([0, 417, 999]),
        "input_ids": _ids(model.vocab, (TEXTS, LENGTH), draw),
    }
    if isinstance(model.text.stack.sees, s.All):
        read |= _texts(cast(s.Tokens, model.text.inputs), LENGTH, draw)
    if model.unet.picture:
        read["image_embeds"] = torch.randn(TEXTS, model.unet.picture.width, generator=draw)
    if model.low:
        small_sides = high // model.low.factor, wide // model.low.factor
        read["low_res"] = torch.randn(TEXTS, channels, *small_sides, generator=draw)
    if model.masked:
        read["known"] = torch.randn(TEXTS, channels, high, wide, generator=draw)
        read["known_mask"] = (torch.rand(TEXTS, 1, high, wide, generator=draw) < KNOWN_SHARE).float()
    return read | ({"pixel_values": _images(model.inputs, draw)} if model.codes else {})


@_example_inputs.register
def _(model: s.ImageEnlarger, draw: torch.Generator) -> ModelInputs:
    """Images with noise, wider than high, at unlike steps, and the same of fewer pixels."""
    small_sides, factor, channels = (2, 3), model.low.factor, model.inputs.channels
    return {
        "sample": torch.randn(TEXTS, channels, *(factor * each for each in small_sides), generator=draw),
        # Slopes are of the last: late steps turn float32 waves too far for them.
        "timesteps": torch.tensor([999, 417, 4]),
        "low_res": torch.randn(TEXTS, channels, *small_sides, generator=draw),
    }


@_example_inputs.register
def _(model: s.DiffusionPrior, draw: torch.Generator) -> ModelInputs:
    return {
        **_texts(model.inputs, LENGTH, draw),
        "text_embeds": torch.randn(TEXTS, model.further.joint, generator=draw),
        "sample": torch.randn(TEXTS, model.further.joint, generator=draw),
        "timesteps": torch.tensor([0, 417, 999]),
    }


@_example_inputs.register
def _(model: s.CodePainter, draw: torch.Generator) -> ModelInputs:
    """Texts with and without paddings, and the first rows of an image after each; and images to be coded."""
    read = cast(s.TextThenCodes, model.decoder.inputs)
    text = _ids(read.vocab, (TEXTS, read.text), draw)
    for row, length in enumerate((read.text, 4, 1)):
        text[row, length:] = read.first_padding + torch.arange(length, read.text)
    codes = torch.randint(read.codes, (TEXTS, 2 * read.places_across + 3), generator=draw)
    ids = torch.cat([text, read.first_code + codes], 1)
    return {"input_ids": ids, "pixel_values": _images(model.inputs, draw)[:, :, :, : model.inputs.image]}


@_example_inputs.register
def _(model: s.Bridged, draw: torch.Generator) -> ModelInputs:
    """Two images of two frames a text: one stands in the last text, on which slopes are taken, two before it."""
    read = _texts(model.inputs, LENGTH, draw)
    ids = read["input_ids"]
    ids[ids == model.image_token] = 3
    ids[2, 4] = ids[1, 0] = ids[1, 11] = model.image_token
    vision = model.vision
    shape = (TEXTS, 2, 2, vision.channels, vision.image, vision.image + 5)
    return {**read, "pixel_values": torch.randn(shape, generator=draw)}


@_example_inputs.register
def _(model: s.Codes, draw: torch.Generator) -> ModelInputs:
    return {"pixel_values": _images(model.inputs, draw)}


def _images(inputs: s.Pixels, draw: torch.Generator) -> Tensor:
    """Images wider than high, from -1 to 1."""
    return 2 * torch.rand(TEXTS, inputs.channels, inputs.image, inputs.image + 8, generator=draw) - 1


@_example_inputs.register
def _(model: s.Fold, draw: torch.Generator) -> ModelInputs:
    """A chain with a break, rows with holes, two templates, of which the second is not there."""
    length, rows, further, templates = 6, 3, 4, 2
    index = torch.tensor([0, 1, 2, 5, 6, 7])

    def normal(*shape: int) -> Tensor:
        return torch.randn(1, *shape, generator=draw)

    def holes(number: int) -> Tensor:
        kept = (torch.rand(1, number, length, generator=draw) < 0.7).long()
        kept[:, 0] = 1
        return kept

    read = {
        "aatype": torch.randint(20, (1, length), generator=draw),
        "residue_index": index[None],
        "msa_feat": normal(rows, length, model.inputs.features),
        "msa_mask": holes(rows),
        "extra_msa_feat": normal(further, length, model.extra.features),
        "extra_msa_mask": holes(further),
    }
    if model.templates:
        read["template_pair_feat"] = normal(templates, length, length, model.templates.pair_features)
        read["template_angle_feat"] = normal(templates, length, model.templates.angle_features)
        read["template_mask"] = torch.tensor([[1, 0]])
        read["template_angle_mask"] = torch.tensor([[[1, 1, 1, 0, 1, 1], [0, 0, 0, 0, 0, 0]]])
    return read


@_example_inputs.register
def _(model: s.PointCloud, draw: torch.Generator) -> ModelInputs:
    """Six, five and three points, each with the next and some others as neighbours."""
    inputs, points = model.inputs, 6
    keep = (torch.arange(points) < torch.tensor([points, points - 1, points // 2])[:, None]).long()
    near = torch.rand(TEXTS, points, points, generator=draw) < KNOWN_SHARE
    near |= torch.eye(points, dtype=torch.bool).roll(1, 1)

    def normal(*shape: int) -> Tensor:
        return torch.randn(TEXTS, points, *shape, generator=draw)

    read = {"positions": normal(3), "attention_mask": keep, "edge_mask": near.long()}
    read |= {"scalars": normal(inputs.scalars)} if inputs.scalars else {}
    read |= {"vectors": normal(inputs.vectors, 3)} if inputs.vectors else {}
    return read | ({"edge_features": normal(points, inputs.edges)} if inputs.edges else {})


@_example_inputs.register
def _(model: s.Pyramid, draw: torch.Generator) -> ModelInputs:
    return _read(model.inputs, model, draw)


@singledispatch
def _read(inputs: s.Inputs, model: s.Model, draw: torch.Generator) -> ModelInputs:
    raise InputError(f"nothing says what {type(inputs).__name__} read")


@_read.register(s.Tokens)
def _of_tokens(inputs: s.Tokens, model: s.Model, draw: torch.Generator) -> ModelInputs:
    """Texts padded on the right; a decoder's last one on the left, its positions given."""
    read = _texts(inputs, LENGTH, draw)
    if inputs.types > 1:
        read["token_type_ids"] = torch.randint(inputs.types, (TEXTS, LENGTH), generator=draw)
    if isinstance(model, s.Decoder):
        keep = read["attention_mask"]
        keep[2], read["input_ids"][2] = keep[2].flip(0), read["input_ids"][2].flip(0)
        paired = isinstance(model.stack.sees, s.Prefix)
        read["position_ids"] = _in_pairs(keep) if paired else (keep.cumsum(1) - 1).clamp(min=0)
    return read


@_read.register
def _(inputs: s.Multimodal, model: s.Model, draw: torch.Generator) -> ModelInputs:
    """Texts, values, observations and actions mixed; four patches in the second example, one in the last."""
    read = _of_tokens(inputs, model, draw)
    ids = torch.randint(inputs.separator + 1, (TEXTS, LENGTH), generator=draw)
    places = torch.tensor([(1, 2), (1, 3), (1, 4), (1, 9), (2, LENGTH - 4)])
    ids[tuple(places.T)] = inputs.image_token
    starts = torch.randint(inputs.intervals, (len(places), 2, 1), generator=draw)
    widths = torch.randint(1, 4, (len(places), 2, 1), generator=draw)
    pixels = 2 * torch.rand(len(places), inputs.patches.channels, inputs.patch, inputs.patch, generator=draw) - 1
    return read | {
        "input_ids": ids.where(read["attention_mask"].bool(), 0),
        "local_positions": torch.randint(-1, inputs.local + 1, (TEXTS, LENGTH), generator=draw),
        "pixel_values": pixels,
        "patch_intervals": torch.cat([starts, (starts + widths).clamp(max=inputs.intervals)], 2),
    }


def _in_pairs(keep: Tensor) -> Tensor:
    """Positions of texts of which 5, 11 and 3 tokens are read; the others written in two blanks, the later first."""
    positions = torch.zeros(*keep.shape, 2, dtype=torch.long)
    for row, read in enumerate((5, 11, 3)):
        here = keep[row].nonzero()[:, 0]
        first = (len(here) - read) // 2
        blanks = [(read - 2, first), (0, len(here) - read - first)]
        pairs = [(place, 0) for place in range(read)]
        pairs += [(place, 1 + i) for place, length in blanks for i in range(length)]
        positions[row, here] = torch.tensor(pairs)
    return positions


@_read.register
def _(inputs: s.Patches, model: s.Model, draw: torch.Generator) -> ModelInputs:
    return {"pixel_values": torch.randn(TEXTS, inputs.channels, inputs.image, inputs.image, generator=draw)}


@_read.register
def _(inputs: s.ThreeConvolutions, model: s.Model, draw: torch.Generator) -> ModelInputs:
    return {"pixel_values": torch.randn(TEXTS, inputs.channels, inputs.image, inputs.image, generator=draw)}


@_read.register
def _(inputs: s.PatchMap, model: s.Model, draw: torch.Generator) -> ModelInputs:
    """Images wider than high, which neither squares nor windows divide."""
    return {"pixel_values": torch.randn(TEXTS, inputs.channels, inputs.image - 1, inputs.image + 8, generator=draw)}


@_read.register
def _(inputs: s.OverlappingPatches, model: s.Model, draw: torch.Generator) -> ModelInputs:
    return {"pixel_values": torch.randn(TEXTS, inputs.channels, inputs.image, inputs.image, generator=draw)}


@_read.register
def _(inputs: s.Trajectory, model: s.Model, draw: torch.Generator) -> ModelInputs:
    """Windows padded on the left, as those that begin an episode are."""
    steps = inputs.context
    keep = torch.ones(TEXTS, steps, dtype=torch.long)
    keep[1, :3] = 0
    return {
        "states": torch.randn(TEXTS, steps, inputs.states, generator=draw),
        "actions": torch.randn(TEXTS, steps, inputs.actions, generator=draw),
        "returns_to_go": torch.randn(TEXTS, steps, 1, generator=draw),
        "timesteps": torch.randint(inputs.timesteps, (TEXTS, steps), generator=draw),
        "attention_mask": keep,
    }


@_read.register
def _(inputs: s.Binned, model: s.Model, draw: torch.Generator) -> ModelInputs:
    """Windows that end within a step, some of them ended."""
    return {"trajectories": torch.randint(inputs.bins + 1, (TEXTS, inputs.context), generator=draw)}


@_read.register
def _(inputs: s.Frames, model: s.Model, draw: torch.Generator) -> ModelInputs:
    steps = inputs.context
    return {
        "states": torch.rand(2, steps, inputs.frames, inputs.side, inputs.side, generator=draw),
        "actions": torch.randint(inputs.actions, (2, steps), generator=draw),
        "returns_to_go": torch.randn(2, steps, 1, generator=draw),
        "timesteps": torch.randint(inputs.timesteps - steps, (2, 1), generator=draw) + torch.arange(steps),
    }


def _texts(inputs: s.Tokens, length: int, draw: torch.Generator) -> ModelInputs:
    """Whole, six sevenths and a third of the length; padding has the vocabulary's id for it."""
    ids = _ids(inputs.vocab, (TEXTS, length), draw)
    keep = torch.arange(length) < torch.tensor([length, 6 * length // 7, length // 3])[:, None]
    return {"input_ids": ids.where(keep, inputs.vocab.pad or 0), "attention_mask": keep.long()}


def _ids(vocab: s.Vocabulary, shape: tuple[int, ...], draw: torch.Generator) -> Tensor:
    """Any id but the one of padding."""
    ids = torch.randint(vocab.size - 1, shape, generator=draw)
    return ids + (ids >= vocab.pad) if vocab.pad is not None else ids


def unpadded(read: ModelInputs, output: Tensor) -> Tensor:
    """The output at positions that are not padding: [positions, ...]; all of it where padding has no say."""
    keep = read.get("attention_mask")
    if keep is None or "decoder_input_ids" in read or output.dim() < 2 or output.size(1) % keep.size(1):
        return output
    return output[keep.bool().repeat_interleave(output.size(1) // keep.size(1), 1)]

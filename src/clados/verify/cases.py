"""Small versions of declared structures, with odd widths, and something for them to read."""

from collections.abc import Iterator, Mapping
from functools import singledispatch

import torch
from torch import Tensor

from clados import spec as s
from clados.spec.declaration import dropping, parts, replaced

Given = dict[str, Tensor]

WORDS = 131  # tokens of a small vocabulary
SPAN = 5  # of a banded pattern
LONG = 150  # tokens read by a stack with relative biases: past the last bucket
TEXTS, LENGTH, TARGET = 3, 23, 17
ROLES = ("pad", "bos", "eos", "start", "unk", "cls", "sep", "mask")


# ---------------------------------------------------------------- small structures


def structures(declaration: s.Declaration) -> dict[str, s.Model]:
    """The declared structures that compute differently when all are small, each named by its first published size."""
    every = declaration.models()
    headline = next(size for size, model in every.items() if model == declaration.model)
    found: dict[s.Model, tuple[str, s.Model]] = {}
    for name in (headline, *every):
        reduced = small(every[name])
        found.setdefault(undropped(reduced), (name, reduced))
    return dict(found.values())


def undropped(model: s.Model) -> s.Model:
    """The model without dropout anywhere."""
    return dropping(model, 0.0)


def small(model: s.Model) -> s.Model:
    """The same structure with three layers, odd widths, a small vocabulary, short tables, small images."""
    reduced = s.tiny(model)
    if any(isinstance(each, s.Rotary) and each.fraction < 1 for each in parts(model)):
        reduced = reduced.but(size=s.but(heads=2))  # heads wide enough that a share of them is a whole number of planes
    made: s.Model = replaced(reduced, _shrunk)
    return made


@singledispatch
def _shrunk(part: s.Part) -> s.Part:
    return part


@_shrunk.register
def _(part: s.Vocabulary) -> s.Part:
    """Ids below the new size keep their role; others move to its end, those that were one staying one."""
    roles = {role: number for role in ROLES if (number := getattr(part, role)) is not None}
    high = sorted({number for number in roles.values() if number >= WORDS})
    moved = {number: WORDS - len(high) + i for i, number in enumerate(high)}
    ids = {role: moved.get(number, number) for role, number in roles.items()}
    return part.but(size=WORDS, sentinels=min(part.sentinels, 7), **ids)


@_shrunk.register
def _(part: s.Learned) -> s.Part:
    return part.but(length=2 * LENGTH - 5 + part.start)


@_shrunk.register
def _(part: s.Banded) -> s.Part:
    return part.but(span=SPAN)


@_shrunk.register
def _(part: s.Patches) -> s.Part:
    return part.but(image=30, side=6)


@_shrunk.register
def _(part: s.Trajectory) -> s.Part:
    return part.but(states=7, actions=5, timesteps=40, context=9)


@_shrunk.register
def _(part: s.Frames) -> s.Part:
    return part.but(side=44, actions=5, timesteps=40, context=7)


@_shrunk.register
def _(part: s.Classifier) -> s.Part:
    return part.but(classes=11)


def variations(model: s.Model, words: Mapping[str, object]) -> Iterator[tuple[str, s.Model]]:
    """The small model, and with grouped keys and wide heads where the words of its layout know them."""
    known = {path.rpartition(".")[2] for path in words}
    if known and "d_ff" not in known and isinstance(size := getattr(model, "size", None), s.Size):
        model = model.but(size=size.but(d_ff=None))
    yield "", model
    odd = {name: number for name, number in (("kv_heads", 2), ("head_dim", 14)) if name in known}
    size = getattr(model, "size", None)
    if odd and isinstance(size, s.Size):
        yield " and ".join(f"{name} {number}" for name, number in odd.items()), model.but(size=size.but(**odd))


# ---------------------------------------------------------------- something to read


def given(model: s.Model, seed: int = 0) -> Given:
    """What a small model reads: several examples of different lengths, padded, each id of the vocabulary possible."""
    draw = torch.Generator().manual_seed(seed)
    return _given(model, draw)


def first_only(read: Given) -> Given:
    """The first example alone, whole: nothing of it is padding."""
    return {name: tensor[:1] for name, tensor in read.items() if not name.endswith("attention_mask")}


@singledispatch
def _given(model: s.Model, draw: torch.Generator) -> Given:
    raise s.SpecError(f"nothing says what {type(model).__name__} reads")


@_given.register
def _(model: s.Encoder, draw: torch.Generator) -> Given:
    return _read(model.inputs, model, draw)


@_given.register
def _(model: s.Decoder, draw: torch.Generator) -> Given:
    return _read(model.inputs, model, draw)


@_given.register
def _(model: s.EncoderDecoder, draw: torch.Generator) -> Given:
    long = any(isinstance(each, s.RelativeBias) for each in parts(model))
    length, target = (LONG, LONG - 11) if long else (LENGTH, TARGET)
    source = _texts(model.inputs, length, draw)
    decoder = _ids(model.vocab, (TEXTS, target), draw)
    return {**source, "decoder_input_ids": decoder}


@_given.register
def _(model: s.TwoTower, draw: torch.Generator) -> Given:
    """Texts whose end stands in the middle, with further words and a further end after it."""
    images = _read(model.image.inputs, model, draw)
    ids = _ids(model.vocab, (TEXTS, LENGTH), draw)
    end = model.vocab.eos
    if end is not None:
        ids[ids == end] = 3
        for row, place in enumerate((9, LENGTH - 1, 4)):
            ids[row, place] = end
        ids[0, 15] = end
    keep = torch.ones_like(ids)
    keep[2, 11:] = 0
    return {**images, "input_ids": ids, "attention_mask": keep}


@singledispatch
def _read(inputs: s.Inputs, model: s.Model, draw: torch.Generator) -> Given:
    raise s.SpecError(f"nothing says what {type(inputs).__name__} read")


@_read.register
def _(inputs: s.Tokens, model: s.Model, draw: torch.Generator) -> Given:
    """Texts padded on the right; a decoder's last one on the left, its positions given."""
    read = _texts(inputs, LENGTH, draw)
    if inputs.types > 1:
        read["token_type_ids"] = torch.randint(inputs.types, (TEXTS, LENGTH), generator=draw)
    if isinstance(model, s.Decoder):
        keep = read["attention_mask"]
        keep[2] = keep[2].flip(0)
        read["position_ids"] = (keep.cumsum(1) - 1).clamp(min=0)
    return read


@_read.register
def _(inputs: s.Patches, model: s.Model, draw: torch.Generator) -> Given:
    return {"pixel_values": torch.randn(TEXTS, inputs.channels, inputs.image, inputs.image, generator=draw)}


@_read.register
def _(inputs: s.Trajectory, model: s.Model, draw: torch.Generator) -> Given:
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
def _(inputs: s.Frames, model: s.Model, draw: torch.Generator) -> Given:
    steps = inputs.context
    return {
        "states": torch.rand(2, steps, inputs.frames, inputs.side, inputs.side, generator=draw),
        "actions": torch.randint(inputs.actions, (2, steps), generator=draw),
        "returns_to_go": torch.randn(2, steps, 1, generator=draw),
        "timesteps": torch.randint(inputs.timesteps - steps, (2, 1), generator=draw) + torch.arange(steps),
    }


def _texts(inputs: s.Tokens, length: int, draw: torch.Generator) -> Given:
    """Whole, six sevenths and a third of the length; padding has the vocabulary's id for it."""
    ids = _ids(inputs.vocab, (TEXTS, length), draw)
    keep = torch.arange(length) < torch.tensor([length, 6 * length // 7, length // 3])[:, None]
    return {"input_ids": ids.where(keep, inputs.vocab.pad or 0), "attention_mask": keep.long()}


def _ids(vocab: s.Vocabulary, shape: tuple[int, ...], draw: torch.Generator) -> Tensor:
    """Any id but the one of padding."""
    ids = torch.randint(vocab.size - 1, shape, generator=draw)
    return ids + (ids >= vocab.pad) if vocab.pad is not None else ids


def seen(read: Given, output: Tensor) -> Tensor:
    """The output at positions that are not padding: [positions, ...]; all of it where padding has no say."""
    keep = read.get("attention_mask")
    if keep is None or "decoder_input_ids" in read or output.dim() < 3 or output.size(1) % keep.size(1):
        return output
    return output[keep.bool().repeat_interleave(output.size(1) // keep.size(1), 1)]

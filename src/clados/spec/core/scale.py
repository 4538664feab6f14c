"""Any model at any size: the paper's proportions, scaled to a budget of parameters."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from clados.errors import InputError
from clados.names import parse_number
from clados.spec.core.declaration import parts, replaced
from clados.spec.core.ledger import count_parameters
from clados.spec.core.part import Part, part_fields
from clados.spec.core.sizes import DenoiserSize, Levels, PainterSize, ResNetSize, Sides, Size, Stages, Towers
from clados.spec.errors import SpecError
from clados.spec.feedforward.experts import Experts
from clados.spec.inputs.text import Vocabulary
from clados.spec.kinds.bridged import BridgedSize
from clados.spec.kinds.fold import FoldSize, PairSize
from clados.spec.kinds.model import Model
from clados.spec.kinds.point_cloud import PointSize
from clados.spec.norms import GroupNorm
from clados.spec.positions.rotary import Rotary
from clados.spec.stacks.stack import Stack
from clados.spec.stacks.windows import WindowStack

NEAR = 0.05  # how far from the budget a size may land
MOST_PARAMS = 10**14  # of a budget: above it is a slip of the finger
HEAD = 16  # the narrowest head
EXPERTS = 8  # the fewest, of those that have more
STEP = 8  # widths are multiples of this
NORM_GROUPS = 32  # and those of images of this
FEWER_GROUPS = 1 / 4  # or of 8, at a width so much smaller, where norms have at most so many groups
FURTHER_LAYERS = 9  # of a text beside images, whose levels widen in large steps
Scalable = Size | Sides | Stages | Towers | DenoiserSize | PainterSize | Levels | BridgedSize | FoldSize | PointSize


def budget(params: int | str) -> int:
    """How many parameters are asked for.

    Raises:
        InputError: none, or more than a hundred trillion.
    """
    found = parse_number(params, "params")
    if not 0 < found <= MOST_PARAMS:
        raise InputError(f"params is {params}; it must be above 0 and at most {MOST_PARAMS // 10**12}T")
    return found


def nearest_size(models: Mapping[str, Model], params: int | str) -> str:
    """Of some models the name of the one whose count is nearest to a budget, by ratio."""
    asked = math.log(budget(params))
    return min(models, key=lambda name: abs(math.log(count_parameters(models[name]).total) - asked))


def width(model: Model) -> int:
    """d_model, the largest where there are several."""
    found = [each.d_model for each in parts(model) if isinstance(each, Size | Stages | PointSize)]
    return max(found or [max(each.channels) for each in _levels_in(model)])


def mixes(model: Model) -> bool:
    """Whether it is a mixture, each of whose tokens meets a share of its experts."""
    return any(isinstance(each, Experts) for each in parts(model))


def scaled(model: Model, params: int | str) -> Model:
    """The model with d_model, layers and d_ff brought down (or up) together until it has so many parameters.

    Everything is counted, with the vocabulary that the model has. The ratios of d_ff, layers and attention's width
    to d_model stay the paper's as nearly as whole numbers allow; heads are at least 16 wide. Where kinds of block take
    turns, there is a layer of each: a small mixture has a layer of experts. Beside levels of images a text may have up
    to eight layers more, and norms of images have fewer groups, of about as many channels (``regrouped``).

    Raises:
        InputError: as ``budget``.
        SpecError: when no such size lies within 5 % of the budget, naming the nearest.
    """
    asked = budget(params)
    tried = [(count_parameters(each).total, strain, each) for strain, each in _candidates(model, asked)]
    near = [each for each in tried if abs(each[0] - asked) <= NEAR * asked]
    if near:
        return min(near, key=lambda each: (each[1], abs(each[0] - asked)))[2]
    total, _, best = min(tried, key=lambda each: abs(each[0] - asked))
    tables = total - count_parameters(best).non_embedding
    vocabulary = any(isinstance(each, Vocabulary) for each in parts(model))
    raise SpecError(
        f"params is {params}: the nearest size that keeps the paper's proportions has {total:,}"
        + (f", {tables:,} of them in tables" if tables else "")
        + ("; ask for that, or change the vocabulary" if vocabulary else "; ask for that")
    )


def regrouped(small: Model, paper: Model) -> Model:
    """A narrower model whose groups of norms have about as many channels as the paper's: a power of two of groups.

    Of groups of a channel each no norm would leave how large it is in the middle: neither colours nor brightness.
    """
    pairs = zip(_levels_in(small), _levels_in(paper))
    ratio = min((ours.channels[0] / theirs.channels[0] for ours, theirs in pairs), default=1.0)
    if ratio >= 1:
        return small

    def change(part: Part) -> Part:
        return (
            part.but(groups=2 ** max(0, int(math.log2(part.groups * ratio)))) if isinstance(part, GroupNorm) else part
        )

    changed: Model = replaced(small, change)
    return changed


def _levels_in(model: Model) -> list[Levels]:
    return [each for each in parts(model.size) if isinstance(each, Levels)]


def proportioned(size: Size, paper: Model, model: Model) -> Size:
    """A size of a smaller model beside ``model``, as the one given stands beside the paper's."""
    if model.size == paper.size:
        return size
    ratio = model.size.d_model / paper.size.d_model
    layers = max(1, round(size.layers * model.size.layers / paper.size.layers))
    return _one(size, ratio, 0, _Limits.of(model)).but(layers=layers)


def _candidates(model: Model, asked: int) -> Iterator[tuple[float, Model]]:
    """Sizes around the width at which the paper's proportions meet the budget, and how far each strains them."""
    size = getattr(model, "size", None)
    if not isinstance(size, Scalable):
        raise SpecError(f"{type(model).__name__} has no size that could be scaled")
    full, limits = _widest(size), _Limits.of(model)

    def enough(step: int) -> bool:
        small = model.resized(_sized(size, STEP * step / full, 0, limits))
        return count_parameters(regrouped(small, model)).total >= asked

    low, high = 2, 4
    while not enough(high):
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    for step in range(max(2, low - 8), low + 9):
        for more in (0, 1, -1, 2, -2, *(range(3, FURTHER_LAYERS) if _levels_in(model) else ())):
            ratio = STEP * step / full
            small = _sized(size, ratio, more, limits)
            yield _strain(size, small, ratio), regrouped(model.resized(small), model)


def _widest(size: Scalable) -> int:
    each = part_fields(size).values()
    if isinstance(size, PointSize):
        return STEP * size.channels  # which count one by one
    if isinstance(size, Levels):
        return max(size.channels)
    return (
        size.d_model if isinstance(size, Size | Stages) else max(one.d_model for one in each if isinstance(one, Size))
    )


@dataclass(frozen=True)
class _Limits:
    """What a model asks of its sizes.

    Attributes:
        shares: of each head that are turned, two numbers at a time.
        layers: of a stack, at least: the kinds of block that take turns.
    """

    shares: frozenset[float]
    layers: int

    @classmethod
    def of(cls, model: Model) -> Self:
        every = list(parts(model))
        turns = [len(each.kinds) for each in every if isinstance(each, WindowStack)]
        turns += [len(each.kinds) + (each.last is not None) for each in every if isinstance(each, Stack)]
        return cls(frozenset(each.fraction for each in every if isinstance(each, Rotary)), max(turns, default=1))


def _sized(size: Scalable, ratio: float, more: int, limits: _Limits) -> Scalable:
    if isinstance(size, Sides):
        return Sides(_one(size.encoder, ratio, more, limits), _one(size.decoder, ratio, more, limits))
    if isinstance(size, Stages):
        return _stages(size, ratio, more, limits.layers)
    if isinstance(size, Towers):
        joint = max(STEP, STEP * round(size.joint * ratio / STEP))
        image = size.image
        narrow = _resnet(image, ratio) if isinstance(image, ResNetSize) else _one(image, ratio, more, limits)
        return Towers(narrow, _one(size.text, ratio, more, limits), joint)
    if isinstance(size, BridgedSize):
        return size.beside(_one(size.text, ratio, more, limits))
    if isinstance(size, FoldSize):
        return _folding(size, ratio, more, limits)
    if isinstance(size, PointSize):
        return _points(size, ratio, more)
    if isinstance(size, DenoiserSize):
        codes = None if size.codes is None else _levels(size.codes, ratio)
        return DenoiserSize(_levels(size.unet, ratio), _one(size.text, ratio, more, limits), codes)
    if isinstance(size, PainterSize):
        return PainterSize(_one(size.decoder, ratio, more, limits), _levels(size.codes, ratio))
    if isinstance(size, Levels):
        return _levels(size, ratio)
    return _one(size, ratio, more, limits)


def _folding(size: FoldSize, ratio: float, more: int, limits: _Limits) -> FoldSize:
    """All five sizes at another width; the map of pairs has no layers of its own."""
    pair = _one(Size(1, size.pair.d_model, size.pair.heads), ratio, 0, limits)
    templates = None if size.templates is None else _one(size.templates, ratio, 0, limits)
    return size.but(
        alignment=_one(size.alignment, ratio, more, limits),
        pair=PairSize(pair.d_model, pair.heads),
        extra=_one(size.extra, ratio, 0, limits),
        templates=templates,
        structure=_one(size.structure, ratio, 0, limits),
    )


def _points(size: PointSize, ratio: float, more: int) -> PointSize:
    """Fewer layers and channels of as many degrees; keys and values keep their share, a channel a head at least."""
    channels = max(2, round(size.channels * ratio))
    each = max(1, round(channels * size.inner / size.channels / size.heads))
    layers = max(1, round(size.layers * ratio) + more)
    return size.but(layers=layers, channels=channels, inner=each * size.heads)


def _levels(size: Levels, ratio: float) -> Levels:
    """Levels of other widths, which the groups of norms divide (``regrouped``)."""
    unit = NORM_GROUPS if ratio > FEWER_GROUPS else STEP
    channels = tuple(unit * max(1, round(each * ratio / unit)) for each in size.channels)
    return size.but(channels=channels, head_dim=size.head_dim and math.gcd(size.head_dim, *channels))


def _resnet(size: ResNetSize, ratio: float) -> ResNetSize:
    """Stages of bottlenecks of another, even width, a layer in each at least."""
    width, layers = max(2, 2 * round(size.width * ratio / 2)), (max(1, round(each * ratio)) for each in size.layers)
    return ResNetSize(tuple(layers), width, size.head_dim)


def _one(size: Size, ratio: float, more: int, limits: _Limits) -> Size:
    """A size at another width: a multiple of 8, as many layers as the ratio says, heads of a multiple of 8."""
    full = size.dims
    d_model = max(2 * STEP, STEP * round(full.d_model * ratio / STEP))
    inner = d_model if size.head_dim is None else max(2, round(full.heads * full.head_dim * ratio / STEP)) * STEP
    wished = _head(full.head_dim, ratio)
    widths = [each for each in range(HEAD, inner + 1, STEP) if inner % each == 0] or [inner]
    whole = [each for each in widths if not any(int(each * share) % 2 for share in limits.shares)]
    head_dim = min(whole or widths, key=lambda each: abs(each - wished))
    heads = inner // head_dim
    groups = max(1, round(heads * full.kv_heads / full.heads))
    while heads % groups:
        groups -= 1
    return size.but(
        layers=max(limits.layers, max(1, round(full.layers * ratio)) + more),
        d_model=d_model,
        heads=heads,
        head_dim=head_dim if size.head_dim else None,
        kv_heads=groups if size.kv_heads else None,
        d_ff=max(STEP, round(size.d_ff * ratio)) if size.d_ff else None,
        d_embedding=min(d_model, max(STEP, STEP * round(size.d_embedding * ratio / STEP)))
        if size.d_embedding
        else None,
        experts=max(min(size.experts, EXPERTS), round(size.experts * ratio)) if size.experts else None,
    )


def _stages(size: Stages, ratio: float, more: int, least: int) -> Stages:
    """Stages at another width, so many layers in each at least; in the deepest of them more."""
    first, deepest = size.stages[0].dims, size.layers.index(max(size.layers))
    d_model = max(2 * STEP, STEP * round(first.d_model * ratio / STEP))
    wished = _head(first.head_dim, ratio)
    widths = [each for each in range(HEAD, d_model + 1, STEP) if d_model % each == 0] or [d_model]
    heads = d_model // min(widths, key=lambda each: abs(each - wished))
    layers = (max(least, round(each * ratio)) + more * (i == deepest) for i, each in enumerate(size.layers))
    return size.but(
        layers=tuple(max(least, each) for each in layers),
        d_model=d_model,
        heads=tuple(heads * each // size.heads[0] for each in size.heads),
    )


def _head(head_dim: int, ratio: float) -> float:
    """The width of a head that one of this width has at another width of the model: narrower, never wider."""
    return max(float(HEAD), head_dim * min(1.0, math.sqrt(ratio)))


def _strain(size: Scalable, small: Scalable, ratio: float) -> float:
    """How far the layers are from their share, and the heads from their width."""
    if isinstance(size, Stages) and isinstance(small, Stages):
        return max(_strain(a, b, ratio) for a, b in zip(size.stages, small.stages))
    if isinstance(size, Levels):
        return 0.0
    if isinstance(size, PointSize) and isinstance(small, PointSize):
        return abs(math.log(small.layers / max(1.0, size.layers * ratio)))
    if not isinstance(size, Size) or not isinstance(small, Size):
        pairs = [(one, other) for one, other in zip(part_fields(size).values(), part_fields(small).values())]
        return max(_strain(a, b, ratio) for a, b in pairs if isinstance(a, Size))
    share = max(1.0, size.layers * ratio)
    head = abs(math.log(small.dims.head_dim / _head(size.dims.head_dim, ratio)))
    return abs(math.log(small.layers / share)) + head

"""The numbers at the side: d_model, layers, heads, window, vocabulary ..., each from the declaration."""

from collections.abc import Iterator
from functools import singledispatch

from clados.catalog.called import TOKENS
from clados.spec.attention.block_sparse import BlockSparse
from clados.spec.attention.masks import Banded
from clados.spec.core.declaration import parts
from clados.spec.core.part import Part, part_fields
from clados.spec.core.sizes import Levels, NFNetSize, ResNetSize, Size, Stages
from clados.spec.inputs.image import ImageInputs, Pixels
from clados.spec.inputs.text import Vocabulary
from clados.spec.inputs.trajectory import Trajectory
from clados.spec.kinds.model import Model
from clados.spec.kinds.point_cloud import PointSize
from clados.spec.positions.absolute import Learned
from clados.spec.stacks.windows import WindowStack

Fact = tuple[str, str]


@singledispatch
def side_numbers(part: Part) -> Iterator[Fact]:
    """The numbers of a part that stand at the side; of most there are none."""
    return iter(())


@side_numbers.register
def _size(part: Size) -> Iterator[Fact]:
    dims = part.dims
    yield "layers", f"{dims.layers}"
    yield "d_model", f"{dims.d_model:,}"
    yield "attention heads", f"{dims.heads} × {dims.head_dim}"
    if dims.kv_heads != dims.heads:
        yield "kv heads", f"{dims.kv_heads}"
    yield "d_ff", f"{dims.d_ff:,}"
    if dims.experts:
        yield "experts", f"{dims.experts:,}"
    if dims.d_embedding != dims.d_model:
        yield "d_embedding", f"{dims.d_embedding:,}"


@side_numbers.register
def _stages(part: Stages) -> Iterator[Fact]:
    yield "layers", ", ".join(map(str, part.layers))
    yield "d_model", ", ".join(f"{stage.d_model:,}" for stage in part.stages)
    yield "attention heads", ", ".join(map(str, part.heads))


@side_numbers.register
def _levels(part: Levels) -> Iterator[Fact]:
    yield "channels", ", ".join(map(str, part.channels))
    yield "blocks", f"{part.blocks} a level"


@side_numbers.register
def _resnet(part: ResNetSize) -> Iterator[Fact]:
    yield "layers", ", ".join(map(str, part.layers))
    yield "width", f"{part.width}"


@side_numbers.register
def _nfnet(part: NFNetSize) -> Iterator[Fact]:
    yield "layers", ", ".join(map(str, part.layers))
    yield "widths", ", ".join(map(str, part.widths))


@side_numbers.register
def _vocabulary(part: Vocabulary) -> Iterator[Fact]:
    yield "vocabulary", f"{part.size:,} {TOKENS[part.kind]}"


@side_numbers.register
def _positions(part: Learned) -> Iterator[Fact]:
    yield "positions", f"{part.length - part.start:,}"


@side_numbers.register
def _window(part: Banded) -> Iterator[Fact]:
    yield "window", f"{part.span:,}"


@side_numbers.register
def _map_windows(part: WindowStack) -> Iterator[Fact]:
    if isinstance(part.window, tuple):
        yield "windows", ", ".join(map(str, part.window))
    else:
        yield "window", f"{part.window} × {part.window}"


@side_numbers.register
def _blocks(part: BlockSparse) -> Iterator[Fact]:
    yield "window", f"{part.window} blocks of {part.block}"


@side_numbers.register(ImageInputs)
@side_numbers.register(Pixels)
def _image(part: ImageInputs | Pixels) -> Iterator[Fact]:
    yield "image", f"{part.image} × {part.image}"


@side_numbers.register
def _points(part: PointSize) -> Iterator[Fact]:
    yield "layers", f"{part.layers}"
    yield "degrees", f"0 to {part.degrees - 1}"
    yield "channels", f"{part.channels} of each"
    yield "keys, values", f"{part.inner} of each"
    yield "attention heads", f"{part.heads}"


@side_numbers.register
def _trajectory(part: Trajectory) -> Iterator[Fact]:
    yield "context", f"{part.context} steps"


def facts(model: Model) -> list[tuple[str, list[Fact]]]:
    """The numbers of a model in groups: of each size that it has, then of all else."""
    found: list[tuple[str, list[Fact]]] = []
    size = model.size
    named = (
        {"": size} if list(side_numbers(size)) else {k: v for k, v in part_fields(size).items() if isinstance(v, Part)}
    )
    for name, part in named.items():
        if lines := list(side_numbers(part)):
            found.append((name.replace("_", " "), lines))
    inside = {size, *named.values()}
    rest = [fact for part in parts(model) if part not in inside and not _sized(part) for fact in side_numbers(part)]
    return [*found, *([("", list(dict.fromkeys(rest)))] if rest else [])]


def _sized(part: Part) -> bool:
    return isinstance(part, Size | Stages | Levels | ResNetSize | NFNetSize | PointSize)

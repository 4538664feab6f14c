"""Sizes: the numbers that a paper varies, apart from the structure that it keeps."""

from dataclasses import dataclass
from typing import Self

from clados.spec.core.part import Part
from clados.spec.errors import SpecError


@dataclass(frozen=True, slots=True)
class Dims:
    """A size with every number filled in: what a part is told when it is built."""

    layers: int
    d_model: int
    heads: int
    kv_heads: int
    head_dim: int
    d_ff: int
    d_embedding: int
    experts: int | None


SMALLER = 8  # how many times narrower the levels of small networks over images are
MOST_LAYERS, MOST = 10_000, 2**31 - 1  # of any model that there is, with room


class Size(Part):
    """One row of a paper's table of sizes; what is left out is the usual (``dims`` fills it in)."""

    layers: int
    d_model: int
    heads: int
    d_ff: int | None = None  # else 4 * d_model
    head_dim: int | None = None  # else d_model / heads
    kv_heads: int | None = None  # else heads; fewer for grouped, 1 for multi-query attention
    d_embedding: int | None = None  # else d_model; the width of token vectors that inputs bring up to d_model
    experts: int | None = None  # in each layer that has any

    def check(self) -> None:
        for name in ("layers", "d_model", "heads", "d_ff", "head_dim", "kv_heads", "d_embedding", "experts"):
            value = getattr(self, name)
            most = MOST_LAYERS if name == "layers" else MOST
            if value is not None and not 1 <= value <= most:
                raise SpecError(f"Size.{name} is {value}; it must be at least 1 and at most {most}")
        if self.head_dim is None and self.d_model % self.heads:
            raise SpecError(f"Size.heads is {self.heads}, which does not divide d_model {self.d_model}: say head_dim")
        if self.heads % (self.kv_heads or self.heads):
            raise SpecError(f"Size.kv_heads is {self.kv_heads}, which does not divide heads {self.heads}")

    @property
    def dims(self) -> Dims:
        """Every number, the usual ones filled in."""
        return Dims(
            layers=self.layers,
            d_model=self.d_model,
            heads=self.heads,
            kv_heads=self.kv_heads or self.heads,
            head_dim=self.head_dim or self.d_model // self.heads,
            d_ff=self.d_ff or 4 * self.d_model,
            d_embedding=self.d_embedding or self.d_model,
            experts=self.experts,
        )


class Sides(Part):
    """An encoder and a decoder of different sizes."""

    encoder: Size
    decoder: Size


WIDENED = 4  # how many times as wide as its bottlenecks is what leaves a stage (He et al. 2016, §4.1)


class ResNetSize(Part):
    """Stages of bottlenecks, each of twice the width of the one before, and attention over the last map."""

    layers: tuple[int, ...]  # of each stage
    width: int  # of the first stage's bottlenecks
    head_dim: int = 64  # of the attention

    @classmethod
    def example(cls) -> Self:
        return cls((1, 1, 1, 1), width=2)

    def check(self) -> None:
        if not self.layers or min(self.layers) < 1 or not 2 <= self.width <= MOST:
            raise SpecError(
                f"ResNetSize.layers is {self.layers} and width {self.width}; each stage needs a layer, a width of 2"
            )
        if self.head_dim < 1 or self.d_model % self.head_dim:
            raise SpecError(f"ResNetSize.head_dim is {self.head_dim}, which does not divide d_model {self.d_model}")

    @property
    def d_model(self) -> int:
        """Width of what leaves the last stage."""
        return int(WIDENED * self.width * 2 ** (len(self.layers) - 1))

    @property
    def shrinks(self) -> int:
        """By how much the sides of the last map are shorter than the image's, of which the first layers take 4."""
        return int(4 * 2 ** (len(self.layers) - 1))

    @property
    def dims(self) -> Dims:
        """Of the attention over the last map."""
        return Size(sum(self.layers), self.d_model, self.d_model // self.head_dim).dims


class NFNetSize(Part):
    """Stages of blocks without norms, each at half the resolution of the one before (Brock et al. 2021, table 1)."""

    layers: tuple[int, ...]  # of each stage
    widths: tuple[int, ...]  # of each stage

    @classmethod
    def example(cls) -> Self:
        return cls((1,), (12,))

    def check(self) -> None:
        if not self.layers or len(self.layers) != len(self.widths) or min(*self.layers, *self.widths) < 1:
            raise SpecError(f"NFNetSize.layers is {self.layers} and widths {self.widths}: each stage needs one of both")


class Towers(Part):
    """An image tower, a text tower, and the width of the space in which they meet."""

    image: Size | ResNetSize
    text: Size
    joint: int


SMALLEST_MAP = 4  # sides of the last map of small images


def halvings_of(image: int) -> int:
    """How often the sides of an image can be halved, so that they are whole and at least 4."""
    times = 0
    while image % 2 == 0 and image // 2 >= SMALLEST_MAP:
        image, times = image // 2, times + 1
    return times


class Levels(Part):
    """The levels of a network over images, each with half the sides of the one before (Ronneberger et al. 2015)."""

    channels: tuple[int, ...]  # of each level
    blocks: int  # residual blocks of each level on the way down; one more on the way up
    heads: int = 1  # of attention, at whatever width
    head_dim: int | None = None  # of each head, where their number grows with the width instead

    def check(self) -> None:
        if not self.channels:
            raise SpecError("Levels.channels is (); at least one level is needed")
        if self.head_dim is not None and (self.head_dim < 1 or self.heads != 1):
            raise SpecError(f"Levels.head_dim is {self.head_dim} and heads {self.heads}; one of them says it, above 0")
        for width in self.channels:
            if not 1 <= width <= MOST or self.heads < 1 or width % (self.head_dim or self.heads):
                what = "heads" if self.head_dim is None else "head_dim"
                raise SpecError(f"Levels.channels has {width}; it must be a multiple of {what}, {getattr(self, what)}")
        if not 1 <= self.blocks <= MOST_LAYERS:
            raise SpecError(f"Levels.blocks is {self.blocks}; it must be at least 1 and at most {MOST_LAYERS}")

    @property
    def shrinks(self) -> int:
        """By how much the sides of the last level are shorter."""
        return int(2**self.halvings)

    @property
    def halvings(self) -> int:
        """How often sides are halved from the first level to the last."""
        return len(self.channels) - 1

    def within(self, halvings: int) -> Self:
        """The first levels, so that sides are not halved more often than that."""
        return self.but(channels=self.channels[: halvings + 1])

    def dims(self, level: int) -> Dims:
        """What a part of a level is told."""
        width = self.channels[level]
        return Size(1, width, width // self.head_dim if self.head_dim else self.heads).dims

    @classmethod
    def example(cls) -> Self:
        return cls((32,), 1)

    def small(self) -> Self:
        """An eighth of the widths where heads have one of their own: what others computed is kept in small files."""
        if self.head_dim is None:
            return self
        return self.but(
            channels=tuple(max(1, width // SMALLER) for width in self.channels),
            head_dim=max(1, self.head_dim // SMALLER),
        )


class DenoiserSize(Part):
    """A network that takes out noise, the tower of the text that it reads, and what makes images small for it."""

    unet: Levels
    text: Size
    codes: Levels | None = None

    def within(self, halvings: int) -> Self:
        """Fewer levels, where an image cannot be halved so often: of both networks in proportion."""
        if self.codes is None:
            return self.but(unet=self.unet.within(halvings))
        both = self.unet.halvings + self.codes.halvings
        if both <= halvings:
            return self
        small = round(halvings * self.codes.halvings / both)
        return self.but(codes=self.codes.within(small), unet=self.unet.within(halvings - small))


class PainterSize(Part):
    """A decoder of texts and codes, and what makes images codes for it."""

    decoder: Size
    codes: Levels


class Stages(Part):
    """Stages of falling resolution, each of twice the width of the one before (Liu et al. 2021, §3.1)."""

    layers: tuple[int, ...]  # of each stage
    d_model: int  # of the first
    heads: tuple[int, ...]  # of each stage
    mlp_ratio: float = 4.0  # of d_ff to d_model

    def check(self) -> None:
        if not self.layers or len(self.layers) != len(self.heads):
            raise SpecError(f"Stages.layers is {self.layers} and heads {self.heads}: each stage needs one of both")
        if not 0 < self.mlp_ratio <= MOST_LAYERS:
            raise SpecError(f"Stages.mlp_ratio is {self.mlp_ratio}; it must be above 0 and at most {MOST_LAYERS}")
        _ = self.stages  # each refuses what is no size

    @property
    def stages(self) -> tuple[Size, ...]:
        """The size of each stage."""
        widths = (self.d_model * 2**i for i in range(len(self.layers)))
        return tuple(
            Size(layers, width, heads, d_ff=int(self.mlp_ratio * width))
            for layers, width, heads in zip(self.layers, widths, self.heads)
        )

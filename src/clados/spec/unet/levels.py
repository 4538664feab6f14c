"""Levels of a network over images, and how several make one that goes down, up, or down and up."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Kernel, Pieces, Several
from clados.spec.core.sizes import Levels
from clados.spec.errors import SpecError
from clados.spec.unet.attention import ImageMixer
from clados.spec.unet.blocks import (
    Downsample,
    Resample,
    ResidualBlock,
    ResidualDownsample,
    ResidualUpsample,
    StepVector,
    Upsample,
)
from clados.spec.unet.conditions import PictureVector, TextVector

SMALLEST = 4  # times shorter sides of the last of three levels


class Level(Part, kw_only=True):
    """Residual blocks of one resolution, each perhaps with attention after it; then, perhaps, to another resolution."""

    enters: tuple[int, ...]  # channels that each block reads
    residual: ResidualBlock
    attention: ImageMixer | None
    resample: Resample | None

    def pieces(self, env: Env) -> Pieces:
        held: dict[str, Several | Held] = {
            "blocks": Several(tuple(Held(self.residual, replace(env, enters=each)) for each in self.enters))
        }
        if self.attention:
            held["attentions"] = Several(tuple(Held(self.attention, env) for _ in self.enters))
        return held | ({"resample": Held(self.resample, env)} if self.resample else {})


class Middle(Part, kw_only=True):
    """Two residual blocks, perhaps with attention between them."""

    residual: ResidualBlock
    attention: ImageMixer | None

    def pieces(self, env: Env) -> Pieces:
        between = {"attention": Held(self.attention, env)} if self.attention else {}
        return {"first": Held(self.residual, env), **between, "second": Held(self.residual, env)}


def levels_of(env: Env, part: Part) -> Levels:
    """The levels of the network that a part belongs to.

    Raises:
        SpecError: when it is none over images.
    """
    if env.levels is None:
        raise SpecError(f"{type(part).__name__} is a network over images: its size is Levels(...)")
    return env.levels


def down(
    levels: Levels, env: Env, residual: ResidualBlock, sample: Resample, attention: Sequence[ImageMixer | None]
) -> Several:
    """The levels on the way down, each with this attention."""
    held, before = [], levels.channels[0]
    for i, width in enumerate(levels.channels):
        level = Level(
            enters=(before, *(levels.blocks - 1) * (width,)),
            residual=residual,
            attention=attention[i],
            resample=sample if i + 1 < len(levels.channels) else None,
        )
        held.append(Held(level, replace(env, dims=levels.dims(i))))
        before = width
    return Several(tuple(held))


def up(
    levels: Levels,
    env: Env,
    residual: ResidualBlock,
    sample: Resample,
    attention: Sequence[ImageMixer | None],
    kept: Sequence[int] = (),
) -> Several:
    """The levels on the way up, the last first.

    Args:
        attention: of each level on the way down.
        kept: channels of what was kept on the way down, which each block reads beside what comes from below.
    """
    held, before, left = [], levels.channels[-1], list(kept)
    for i, width in reversed([*enumerate(levels.channels)]):
        beside = [left.pop() if left else 0 for _ in range(levels.blocks + 1)]
        level = Level(
            enters=tuple(one + other for one, other in zip((before, *levels.blocks * (width,)), beside)),
            residual=residual,
            attention=attention[i],
            resample=sample if i else None,
        )
        held.append(Held(level, replace(env, dims=levels.dims(i))))
        before = width
    return Several(tuple(held))


class UNet(Part, kw_only=True):
    """Down in resolution and up again, with what each block gave on the way down beside the one that answers it.

    Ronneberger et al. 2015; with attention at some resolutions, Ho et al. 2020, B.
    """

    residual: ResidualBlock = ResidualBlock()
    attention: ImageMixer | None  # in the middle too; None: nowhere
    attended: tuple[int, ...]  # the resolutions that have attention, by how many times shorter their sides are
    step: StepVector = StepVector()
    text: TextVector | None = None  # added to the step's
    picture: PictureVector | None = None  # what it paints, as one vector
    down: Downsample | ResidualDownsample = Downsample()
    up: Upsample | ResidualUpsample = Upsample()

    def check(self) -> None:
        if self.attended and self.attention is None:
            raise SpecError(f"UNet.attended is {self.attended}, and attention is None; leave the resolutions out")

    def small(self) -> Self:
        """Two of the attended resolutions, brought to those that three levels have."""
        nearer = max(1, min(self.attended, default=1) // SMALLEST)
        return self.but(attended=tuple(each // nearer for each in self.attended[:2] if each <= SMALLEST * nearer))

    def within(self, whole: Levels, fewer: Levels) -> Self:
        """The network of the first of its levels: the last of these has attention where the last of all has."""
        ends = fewer.shrinks if whole.shrinks in self.attended else fewer.shrinks - 1
        return self.but(attended=tuple(each for each in self.attended if each <= ends))

    def pieces(self, env: Env) -> Pieces:
        levels = levels_of(env, self)
        first, last = levels.channels[0], len(levels.channels) - 1
        enters, gives = env.enters, env.gives
        env = replace(env, enters=0, gives=0, steps=self.step.ratio * first, dims=levels.dims(0))
        attention = [self.attention if 2**i in self.attended else None for i in range(last + 1)]
        kept = [first]
        for i, width in enumerate(levels.channels):
            kept += [width] * (levels.blocks + (i < last))
        lowest = replace(env, dims=levels.dims(last))
        return {
            "conv_in": Kernel(enters, first),
            "step": Held(self.step, env),
            **({"text": Held(self.text, env)} if self.text else {}),
            **({"picture": Held(self.picture, env)} if self.picture else {}),
            "down": down(levels, env, self.residual, self.down, attention),
            "middle": Held(Middle(residual=self.residual, attention=self.attention), lowest),
            "up": up(levels, env, self.residual, self.up, attention, kept),
            "norm_out": Held(self.residual.norm, env),
            "conv_out": Kernel(first, gives, ends_branch=True),
        }

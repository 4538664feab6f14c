"""Levels of a network over images, and one that goes down and up. Images are [batch, channels, height, width]."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.activations import ACTS
from clados.nn.core.module import Kernel, Module, TensorFn, builds
from clados.nn.unet.blocks import StepVector
from clados.nn.unet.conditions import PictureVector
from clados.spec.core.pieces import Env

Conditioned = Callable[..., Tensor]


@builds(s.Level)
class Level(Module):
    """Residual blocks of one resolution, each perhaps with attention after it."""

    blocks: nn.ModuleList
    attentions: nn.ModuleList
    resample: Conditioned

    def __init__(self, part: s.Level, env: Env) -> None:
        super().__init__(part, env)
        self.attends, self.resamples = part.attention is not None, part.resample is not None

    if TYPE_CHECKING:

        def __call__(self, x: Tensor, /) -> Tensor: ...

    def each(
        self, i: int, x: Tensor, step: Tensor | None = None, memory: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """What leaves the i-th block and its attention."""
        x = self.blocks[i](x, step)
        return self.attentions[i](x, memory, mask) if self.attends else x

    def forward(self, x: Tensor) -> Tensor:
        """[batch, channels, height, width] of the level before -> of the next; without steps or texts."""
        for i in range(len(self.blocks)):
            x = self.each(i, x)
        return self.resample(x) if self.resamples else x


@builds(s.Middle)
class Middle(Module):
    """Two residual blocks, perhaps with attention between them."""

    first: Conditioned
    attention: Conditioned
    second: Conditioned

    def __init__(self, part: s.Middle, env: Env) -> None:
        super().__init__(part, env)
        self.attends = part.attention is not None

    def forward(
        self, x: Tensor, step: Tensor | None = None, memory: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """Same shape."""
        x = self.first(x, step)
        return self.second(self.attention(x, memory, mask) if self.attends else x, step)


@builds(s.UNet)
class UNet(Module):
    """Down in resolution and up again."""

    conv_in: Kernel
    step: StepVector
    text: Conditioned
    picture: PictureVector
    down: nn.ModuleList
    middle: Conditioned
    up: nn.ModuleList
    norm_out: TensorFn
    conv_out: Kernel

    def __init__(self, part: s.UNet, env: Env) -> None:
        super().__init__(part, env)
        self.act, self.reads_text = ACTS[part.residual.act], part.text is not None
        self.reads_picture = part.picture is not None

    def forward(
        self,
        x: Tensor,
        timesteps: Tensor,
        memory: Tensor | None = None,
        memory_mask: Tensor | None = None,
        picture: Tensor | None = None,
    ) -> Tensor:
        """[batch, channels, height, width] -> as many channels, or twice as many where it says a variance.

        Args:
            timesteps: [batch]; memory: the text's states, [batch, length, width]; memory_mask: [batch, length] bool;
                picture: its vector, [batch, width]; None where the network reads one: 0.
        """
        step = self.step(timesteps)
        if self.reads_text and memory is not None:
            step = step + self.text(memory, memory_mask)
        if self.reads_picture and memory is not None:
            added, tokens = self.picture(len(x), picture)
            step, memory = step + added, torch.cat([memory, tokens], 1)
            if memory_mask is not None:
                memory_mask = F.pad(memory_mask, (0, tokens.size(1)), value=True)
        step = self.act(step)  # which every block would do again
        x = self.conv_in(x)
        kept = [x]
        for level in cast("Iterable[Level]", self.down):
            for i in range(len(level.blocks)):
                x = level.each(i, x, step, memory, memory_mask)
                kept.append(x)
            if level.resamples:
                x = level.resample(x, step)
                kept.append(x)
        x = self.middle(x, step, memory, memory_mask)
        for level in cast("Iterable[Level]", self.up):
            for i in range(len(level.blocks)):
                x = level.each(i, torch.cat([x, kept.pop()], 1), step, memory, memory_mask)
            if level.resamples:
                x = level.resample(x, step, kept[-1].shape[-2:])
        return self.conv_out(self.act(self.norm_out(x)))

"""DeBERTa's stack: a convolution, and a decoder of masked words (He et al. 2021)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.activations import ACTS
from clados.nn.core.context import Cache, Sight
from clados.nn.core.module import Maps, Module, builds
from clados.nn.dropout import drop
from clados.nn.positions.absolute import Learned
from clados.nn.stacks.block import Block
from clados.nn.stacks.stack import FORGETS, Stack
from clados.spec.core.pieces import Env


@builds(s.Convolution)
class Convolution(Module):
    """norm(y + act(W * x + b)), each text by itself."""

    weight: nn.Parameter
    bias: nn.Parameter
    norm: Maps

    def __init__(self, part: s.Convolution, env: Env) -> None:
        super().__init__(part, env)
        self.act, self.dropout, self.edge = ACTS[part.act], part.dropout, part.kernel // 2

    def forward(self, x: Tensor, y: Tensor, sight: Sight) -> Tensor:
        """Twice [batch, length, d_model] -> the same; what is padding in ``x`` counts as zero."""
        if sight.keep is not None:
            x = x * sight.keep[..., None]
        texts = [x] if sight.lengths is None else x.split(list(sight.lengths), 1)
        summed = [F.conv1d(each.mT, self.weight, self.bias, padding=self.edge).mT for each in texts]
        return self.norm(y + self.act(drop(torch.cat(summed, 1), self.dropout, self.training)))


@builds(s.MaskDecoder)
class MaskDecoder(Module):
    """A layer, passed several times: queries begin with absolute positions, keys and values stay."""

    absolute: Learned

    def __init__(self, part: s.MaskDecoder, env: Env) -> None:
        super().__init__(part, env)
        self.passes, self.length = part.passes, part.absolute.length - part.absolute.start

    def forward(self, x: Tensor, positions: Tensor, layer: Block, sight: Sight) -> Tensor:
        """The states of the layer before, [batch, length, d_model] -> what words are read from."""
        if (longest := max(sight.lengths or x.shape[1:2])) > self.length:
            raise s.SpecError(f"input_ids reaches position {longest}; this model has learned {self.length}")
        sight.memory = x
        x = x + self.absolute(positions)
        for _ in range(self.passes):
            x, _ = layer(x, sight, FORGETS)
        return x


@builds(s.EnhancedStack)
class EnhancedStack(Stack):
    """Layers; after the first perhaps a convolution, in place of the last perhaps the decoder of masked words."""

    convolution: Convolution
    decoder: MaskDecoder

    def __init__(self, part: s.EnhancedStack, env: Env) -> None:
        super().__init__(part, env)
        self.convolved, self.decoded = part.convolution is not None, part.decoder is not None

    def forward(
        self,
        x: Tensor,
        positions: Tensor,
        keep: Tensor | None = None,
        cache: Cache | None = None,
        memory: Tensor | None = None,
        memory_mask: Tensor | None = None,
        lengths: tuple[int, ...] | None = None,
    ) -> Tensor:
        if cache is not None or memory is not None:
            raise s.SpecError("an EnhancedStack encodes: it takes neither a cache nor another stack's states")
        sights = self.look(x, positions, keep, 0, lengths)
        entered, last = x, len(self.kinds) - self.decoded
        for i, (block, kind) in enumerate(zip(self.each(), self.kinds)):
            sights[kind].keep = keep
            if i == last:
                x = self.decoder(x, positions, block, sights[kind])
            else:
                x, _ = block(x, sights[kind], FORGETS)
            if i == 0 and self.convolved:
                x = self.convolution(entered, x, sights[kind])
        return drop(self.norm_out(x), self.dropout, self.training)

"""What DeBERTa adds to a stack: a convolution, and a decoder of masked tokens (He et al. 2021)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.activations import ACTS
from clados.nn.core.context import NO_STATE, AttentionContext
from clados.nn.core.module import Module, TensorFn, builds
from clados.nn.dropout import drop
from clados.nn.positions.absolute import Learned
from clados.nn.stacks.block import Block
from clados.spec.core.pieces import Env


@builds(s.Convolution)
class Convolution(Module):
    """norm(y + act(W * x + b)), each text by itself."""

    weight: nn.Parameter
    bias: nn.Parameter
    norm: TensorFn

    def __init__(self, part: s.Convolution, env: Env) -> None:
        super().__init__(part, env)
        self.act, self.dropout, self.edge = ACTS[part.act], part.dropout, part.kernel // 2

    def forward(self, x: Tensor, y: Tensor, context: AttentionContext) -> Tensor:
        """Twice [batch, length, d_model] -> the same; what is padding in ``x`` counts as zero."""
        if context.keep is not None:
            x = x * context.keep[..., None]
        texts = [x] if context.lengths is None else x.split(list(context.lengths), 1)
        summed = [F.conv1d(each.mT, self.weight, self.bias, padding=self.edge).mT for each in texts]
        return self.norm(y + self.act(drop(torch.cat(summed, 1), self.dropout, self.training)))


@builds(s.MaskDecoder)
class MaskDecoder(Module):
    """A layer, passed several times: queries begin with absolute positions, keys and values stay."""

    absolute: Learned

    def __init__(self, part: s.MaskDecoder, env: Env) -> None:
        super().__init__(part, env)
        self.passes, self.length = part.passes, part.absolute.length - part.absolute.start

    def forward(self, x: Tensor, positions: Tensor, layer: Block, context: AttentionContext) -> Tensor:
        """The states of the layer before, [batch, length, d_model] -> what tokens are scored from."""
        if (longest := max(context.lengths or x.shape[1:2])) > self.length:
            raise s.SpecError(f"input_ids reaches position {longest}; this model has learned {self.length}")
        context.memory = x
        x = x + self.absolute(positions)
        for _ in range(self.passes):
            x, _ = layer(x, context, NO_STATE)
        return x

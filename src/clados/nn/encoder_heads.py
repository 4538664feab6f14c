"""What encoders after BERT say of pairs, of each token, of a whole text."""

import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.build import Module, Product, builds
from clados.nn.heads import Inputs as Tables
from clados.nn.heads import NextSentence, Read
from clados.nn.layers import ACTS
from clados.spec.pieces import Env


@builds(s.SentenceOrder)
class SentenceOrder(NextSentence):
    """Scores that two segments stand in their order (0) and that they were swapped (1)."""


@builds(s.Discriminator)
class Discriminator(Module):
    """w act(V x + c) + b at every position."""

    dense: Product
    out: Product

    def __init__(self, part: s.Discriminator, env: Env) -> None:
        super().__init__(part, env)
        self.act = ACTS[part.act]

    def forward(self, x: Tensor, inputs: Tables, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, length]."""
        return self.out(self.act(self.dense(x))).squeeze(-1)


class Embedding(Module):
    """The mean over a text's positions, of unit length."""

    reads = ("pooling_mask",)

    def forward(self, x: Tensor, inputs: Tables, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, d_model]."""
        return F.normalize(self.mean(x, read), dim=-1)

    def mean(self, x: Tensor, read: Read) -> Tensor:
        """Over what is neither padding nor ruled out: ``pooling_mask`` is [batch, length], 1 for what counts.

        Zero where nothing is left.
        """
        for name in ("pooling_mask", "attention_mask"):
            if read.get(name) is not None:
                keep = read[name].float()[..., None]
                return ((x * keep).sum(1) / keep.sum(1).clamp(min=1)).to(x.dtype)
        return x.mean(1)


class ProjectedEmbedding(Embedding):
    """The same after a product."""

    out: Product

    def forward(self, x: Tensor, inputs: Tables, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, width]."""
        return F.normalize(self.out(self.mean(x, read)), dim=-1)


@builds(s.Embedding)
def _embedding(part: s.Embedding, env: Env) -> nn.Module:
    return (Embedding if part.width is None else ProjectedEmbedding)(part, env)

"""Any number of an image's places to a few vectors. Shapes: latents are [images, latents, d_model]."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.core.module import Module, Product, TensorFn, builds
from clados.spec.core.pieces import Env


@builds(s.LatentAttention)
class LatentAttention(Module):
    """Attention of latents to places and latents."""

    q: Product
    kv: Product
    out: Product

    def __init__(self, part: s.LatentAttention, env: Env) -> None:
        super().__init__(part, env)
        self.head_dim = env.dims.head_dim

    def forward(self, x: Tensor, places: Tensor) -> Tensor:
        """[images, latents, d_model] and [images, places, d_model] -> the shape of the first."""
        q, k, v = self.q(x), *self.kv(torch.cat((places, x), 1)).chunk(2, -1)
        q, k, v = (each.unflatten(-1, (-1, self.head_dim)).transpose(1, 2) for each in (q, k, v))
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


@builds(s.LatentBlock)
class LatentBlock(Module):
    """Attention, then feed-forward."""

    attn_norm: TensorFn
    places_norm: TensorFn
    attn: LatentAttention
    mlp_norm: TensorFn
    mlp: TensorFn

    def forward(self, x: Tensor, places: Tensor) -> Tensor:
        """The shape of the latents."""
        x = x + self.attn(self.attn_norm(x), self.places_norm(places))
        return x + self.mlp(self.mlp_norm(x))


@builds(s.Resampler)
class Resampler(Module):
    """Latents that read an image's places."""

    latents: nn.Parameter
    times: nn.Parameter
    blocks: nn.ModuleList
    norm_out: TensorFn

    def forward(self, places: Tensor) -> Tensor:
        """[images, frames, places, d_model] -> [images, latents, d_model].

        Raises:
            SpecError: for more frames than have a vector.
        """
        frames = places.size(1)
        if frames > len(self.times):
            raise s.SpecError(f"an image has {frames} frames; this model has learned {len(self.times)}")
        places = (places + self.times[:frames, None]).flatten(1, 2)
        x = self.latents.expand(places.size(0), -1, -1)
        for block in self.blocks:
            x = block(x, places)
        return self.norm_out(x)

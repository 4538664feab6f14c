"""Attention among the pixels of an image, and to a text. Images are [batch, channels, height, width]."""

import torch
import torch.nn.functional as F
from torch import Tensor

from clados import spec as s
from clados.nn.attention.dense import Attention
from clados.nn.core.context import AttentionContext
from clados.nn.core.module import Kernel, Module, Product, TensorFn, builds
from clados.nn.stacks.stack import Stack
from clados.spec.core.pieces import Env


def in_a_row(x: Tensor) -> Tensor:
    """[batch, channels, height, width] -> [batch, height x width, channels]."""
    return x.flatten(2).transpose(1, 2)


def as_image(x: Tensor, like: Tensor) -> Tensor:
    """The reverse of ``in_a_row``, with the sides of another."""
    return x.transpose(1, 2).reshape(like.shape)


@builds(s.ImageAttention)
class ImageAttention(Module):
    """x + attention(norm(x))."""

    norm: TensorFn
    attn: Attention

    def forward(self, x: Tensor, memory: Tensor | None = None, memory_mask: Tensor | None = None) -> Tensor:
        """Same shape; a text is not read."""
        y, _ = self.attn(in_a_row(self.norm(x)), AttentionContext())
        return x + as_image(y, x)


@builds(s.JointAttention)
class JointAttention(ImageAttention):
    """x + attention(norm(x)), a text's keys and values before those of the pixels."""

    text_norm: TensorFn
    read: Product

    def __init__(self, part: s.JointAttention, env: Env) -> None:
        super().__init__(part, env)
        self.norms_text = part.text_norm is not None

    def forward(self, x: Tensor, memory: Tensor | None = None, memory_mask: Tensor | None = None) -> Tensor:
        """Same shape.

        Args:
            memory: the text's states, [batch, length, width]; memory_mask: [batch, length] bool.
        """
        if memory is None:
            raise s.SpecError("JointAttention has nothing to read: give a text's states")
        attn = self.attn
        pixels = attn.qkv(in_a_row(self.norm(x)))
        each = pixels.unflatten(-1, (-1, attn.head_dim)).transpose(1, 2)
        q, k, v = each.split_with_sizes(attn.split, 1)
        memory = self.text_norm(memory) if self.norms_text else memory
        read_k, read_v = self.read(memory).unflatten(-1, (-1, attn.head_dim)).transpose(1, 2).chunk(2, 1)
        mask = None if memory_mask is None else F.pad(memory_mask, (0, k.size(2)), value=True)[:, None, None]
        y = attn.attend(q, torch.cat([read_k, k], 2), torch.cat([read_v, v], 2), mask, AttentionContext())
        return x + as_image(attn.out(y.transpose(1, 2).flatten(2)), x)


@builds(s.ImageTransformer)
class ImageTransformer(Module):
    """x + leave(stack(enter(norm(x))))."""

    norm: TensorFn
    enter: Kernel
    stack: Stack
    leave: Kernel

    def forward(self, x: Tensor, memory: Tensor | None = None, memory_mask: Tensor | None = None) -> Tensor:
        """Same shape.

        Args:
            memory: the text's states, [batch, length, width]; memory_mask: [batch, length] bool.
        """
        y = in_a_row(self.enter(self.norm(x)))
        positions = torch.arange(y.size(1), device=y.device)[None]
        y = self.stack(y, positions, memory=memory, memory_mask=memory_mask)
        return x + self.leave(as_image(y, x))

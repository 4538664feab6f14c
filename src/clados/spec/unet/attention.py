"""Attention among the pixels of an image, and to a text."""

from dataclasses import replace

from clados.spec.attention.dense import Attention
from clados.spec.attention.masks import All
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Kernel, Pieces, Projection
from clados.spec.errors import SpecError
from clados.spec.norms import GroupNorm, LayerNorm
from clados.spec.stacks.stack import Stack


class ImageMixer(Part):
    """What lets the pixels of an image see one another."""

    @property
    def reads_text(self) -> bool:
        """Whether it attends to a text's states, too."""
        return False


class ImageAttention(ImageMixer, kw_only=True):
    """x + attention(norm(x)) over an image's pixels (Ho et al. 2020, B)."""

    norm: GroupNorm = GroupNorm()
    attn: Attention = Attention()

    def check(self) -> None:
        if self.attn.pattern is not None:
            raise SpecError(f"ImageAttention.attn.pattern is {self.attn.pattern!r}; every pixel sees all")

    def pieces(self, env: Env) -> Pieces:
        return {"norm": Held(self.norm, env), "attn": Held(self.attn, env)}


class JointAttention(ImageAttention, kw_only=True):
    """x + attention(norm(x)) over an image's pixels and a text's states, whose keys and values come first.

    Nichol et al. 2021, §3: the states have a product of their own at each layer; perhaps a norm before it (Saharia et
    al. 2022, §4.1).
    """

    text_norm: LayerNorm | None = None

    @property
    def reads_text(self) -> bool:
        return True

    def pieces(self, env: Env) -> Pieces:
        size = env.dims
        wide = size.kv_heads * size.head_dim
        read = Projection(env.memory, {"k": wide, "v": wide}, self.attn.biases == "all")
        normed = {"text_norm": Held(self.text_norm, env.of_width(env.memory))} if self.text_norm else {}
        return {**super().pieces(env), **normed, "read": read}


class ImageTransformer(ImageMixer, kw_only=True):
    """x + W_out stack(W_in norm(x)): blocks over pixels, which may read a text (Rombach et al. 2022, §3.3)."""

    norm: GroupNorm = GroupNorm()
    stack: Stack
    layers: int = 1

    def check(self) -> None:
        if not isinstance(self.stack.sees, All):
            raise SpecError(f"ImageTransformer.stack.sees is {self.stack.sees!r}; every pixel sees All()")
        if self.layers < 1:
            raise SpecError(f"ImageTransformer.layers is {self.layers}; it must be at least 1")

    @property
    def reads_text(self) -> bool:
        return any(block.cross for block in self.stack.blocks(self.layers))

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        inside = replace(env, norm=self.stack.norm, dims=replace(env.dims, layers=self.layers))
        return {
            "norm": Held(self.norm, env),
            "enter": Kernel(width, width, side=1),
            "stack": Held(self.stack, inside),
            "leave": Kernel(width, width, side=1, ends_branch=True),
        }

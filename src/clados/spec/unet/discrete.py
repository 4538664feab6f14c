"""Images to codes of a vocabulary, one for each place, and back (Ramesh et al. 2021, §2.1 and appendix A)."""

from dataclasses import replace
from itertools import pairwise
from typing import Self

from clados.spec.activations import Act
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Kernel, Pieces, Several
from clados.spec.errors import SpecError
from clados.spec.unet.coder import Coder
from clados.spec.unet.levels import levels_of


class NarrowBlock(Part, kw_only=True):
    """x + last(act(third(act(second(act(first(act(x)))))))) / n^2, x by a product where the channels differ.

    Four convolutions, the first three to fewer channels; n are all blocks from the first level to the last
    (github:openai/DALL-E dall_e/encoder.py, dall_e/decoder.py).
    """

    sides: tuple[int, int, int, int]  # of the convolutions
    narrower: int = 4  # by how much
    act: Act = "relu"

    def check(self) -> None:
        if any(side < 1 or side % 2 == 0 for side in self.sides) or self.narrower < 1:
            raise SpecError(
                f"NarrowBlock.sides are {self.sides} and narrower {self.narrower}; sides must be odd, both above 0"
            )

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        enters, inner = env.enters or width, width // self.narrower
        if not inner:
            raise SpecError(f"NarrowBlock.narrower is {self.narrower}, more than the {width} channels of a level")
        widths = pairwise((enters, inner, inner, inner, width))
        names = ("first", "second", "third", "last")
        convolutions = {
            name: Kernel(n_in, n_out, side, ends_branch=name == "last")
            for name, (n_in, n_out), side in zip(names, widths, self.sides)
        }
        return convolutions | ({"skip": Kernel(enters, width, side=1)} if enters != width else {})


def _blocks(residual: NarrowBlock, env: Env, entering: int, levels: list[int]) -> Several:
    """The blocks of some levels, one after the other."""
    sizes, held = levels_of(env, residual), []
    if (sizes.heads, sizes.head_dim) != (1, None):
        raise SpecError(f"Levels.heads is {sizes.heads}; a DiscreteCoder has no attention: leave heads out")
    for level in levels:
        for _ in range(sizes.blocks):
            held.append(Held(residual, replace(env, dims=sizes.dims(level), enters=entering, gives=0)))
            entering = sizes.channels[level]
    return Several(tuple(held))


class CodeEncoder(Part, kw_only=True):
    """An image to scores of the codes of each place: convolution, blocks, the largest of each four pixels, product."""

    residual: NarrowBlock
    side: int  # of the first convolution

    def pieces(self, env: Env) -> Pieces:
        channels = levels_of(env, self).channels
        return {
            "conv_in": Kernel(env.enters, channels[0], self.side),
            "blocks": _blocks(self.residual, env, channels[0], [*range(len(channels))]),
            "conv_out": Kernel(channels[-1], env.gives, side=1),
        }


class CodeDecoder(Part, kw_only=True):
    """Codes, or shares of them, to numbers of each pixel: product, blocks, each pixel four times, product."""

    residual: NarrowBlock
    first: int  # channels of a code's vector

    def pieces(self, env: Env) -> Pieces:
        channels = levels_of(env, self).channels
        return {
            "conv_in": Kernel(env.enters, self.first, side=1),
            "blocks": _blocks(self.residual, env, self.first, [*reversed(range(len(channels)))]),
            "conv_out": Kernel(channels[0], env.gives, side=1),
        }


class DiscreteCoder(Coder, kw_only=True):
    """An image to one code of a vocabulary for each place, and codes to an image (Ramesh et al. 2021, appendix A).

    Pixels stand ``margin`` away from 0 and 1, so that their logits are finite. What the decoder gives of each is the
    location and the logarithm of the scale of a Laplace distribution of that logit (appendix A.3).
    """

    codes: int = 8192
    first: int = 128  # channels of a code's vector
    side: int = 7  # of the first convolution
    margin: float = 0.1
    down: NarrowBlock = NarrowBlock(sides=(3, 3, 3, 1))
    up: NarrowBlock = NarrowBlock(sides=(1, 3, 3, 3))

    @property
    def deep(self) -> int:
        return self.codes

    def check(self) -> None:
        if self.codes < 1 or self.first < 1 or self.side % 2 == 0:
            raise SpecError(
                f"DiscreteCoder has {self.codes} codes, {self.first} first channels and side {self.side}; "
                "all must be above 0, the side odd"
            )
        if not 0 < self.margin < 0.5:
            raise SpecError(f"DiscreteCoder.margin is {self.margin}; it must be above 0 and below 0.5")

    def pieces(self, env: Env) -> Pieces:
        """``env.enters`` are the channels of an image."""
        encoder = CodeEncoder(residual=self.down, side=self.side)
        decoder = CodeDecoder(residual=self.up, first=self.first)
        return {
            "encoder": Held(encoder, replace(env, gives=self.codes)),
            "decoder": Held(decoder, replace(env, enters=self.codes, gives=2 * env.enters)),
        }

    def shared(self, share: float) -> Self:
        """As many codes fewer."""
        return self.but(codes=max(1, round(self.codes * share)))

    def small(self) -> Self:
        return self.but(codes=13, first=9)

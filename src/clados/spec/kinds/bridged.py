"""Models that write a text which looks at images (Alayrac et al. 2022, Flamingo)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Self

from clados.spec.attention.masks import All
from clados.spec.bridging.gated import GatedCross
from clados.spec.bridging.resampler import Resampler
from clados.spec.convolutions.nfnet import NFNet
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Named, Pieces, Several
from clados.spec.core.sizes import NFNetSize, Size
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.inputs.base import Inputs
from clados.spec.inputs.text import Tokens
from clados.spec.kinds.model import HasHeads, OneTower, check_heads
from clados.spec.norms import LayerNorm
from clados.spec.stacks.stack import Stack

NARROWEST = 16  # channels of a small vision, of which all widths are multiples, and numbers of a head of its resampler


class BridgedSize(Part):
    """A language model, what boils images down for it, and how often it looks at them."""

    text: Size
    resampler: Size
    vision: NFNetSize
    every: int  # layers from one that looks at images to the next, counted from the first

    def check(self) -> None:
        if self.every < 1:
            raise SpecError(f"BridgedSize.every is {self.every}; it must be at least 1")
        if self.resampler.d_model != self.vision.widths[-1]:
            raise SpecError(
                f"BridgedSize.resampler.d_model is {self.resampler.d_model}; vision gives {self.vision.widths[-1]}"
            )

    @property
    def gates(self) -> int:
        """Layers of the text that have one that looks at images before them."""
        return -(-self.text.layers // self.every)

    def beside(self, text: Size) -> Self:
        """The size beside a language model of another: what is seen is as wide as its text at most, and as less deep.

        The published sizes have one vision and one resampler beside language models of 2048 to 8192 numbers.
        """
        published, vision = self.vision.widths[-1], self.vision
        ratio = min(1.0, text.d_model / published)
        widths = vision.widths
        if ratio < 1:
            widths = tuple(NARROWEST * max(1, round(each * ratio / NARROWEST)) for each in widths)
        most = min(self.resampler.heads, max(1, widths[-1] // NARROWEST))
        heads = next(each for each in range(most, 0, -1) if widths[-1] % each == 0)
        return self.but(
            text=text,
            resampler=self.resampler.but(layers=_fewer(self.resampler.layers, ratio), d_model=widths[-1], heads=heads),
            vision=vision.but(layers=tuple(_fewer(each, ratio) for each in vision.layers), widths=widths),
            every=_fewer(self.every, min(1.0, text.layers / self.text.layers)),
        )


def _fewer(number: int, ratio: float) -> int:
    return max(1, round(number * ratio))


class Bridged(OneTower, kw_only=True):
    """A language model in whose layers each token looks at the last image before it (arXiv:2204.14198, §2).

    Images stand in the text as ``image_token``, in the order in which they are given.
    """

    size: BridgedSize
    inputs: Tokens
    vision: NFNet
    resampler: Resampler = Resampler()
    gated: GatedCross = GatedCross()
    stack: Stack
    heads: tuple[Head, ...]

    def check(self) -> None:
        check_heads(type(self).__name__, self.heads)
        if isinstance(self.stack.sees, All):
            raise SpecError("Bridged.stack.sees is All(); what writes sees Causal()")

    def resized(self, size: Part) -> Self:
        """At another size; or around a language model of one, with fewer latents where these are narrower."""
        if not isinstance(size, Size):
            return self.but(size=size)
        made = self.size.beside(size)
        ratio = min(1.0, made.resampler.d_model / self.size.resampler.d_model)
        return self.but(size=made, resampler=self.resampler.but(latents=_fewer(self.resampler.latents, ratio)))

    def adapted(self, inputs: Callable[[Inputs], Inputs], head: Callable[[Head], Head]) -> Self:
        changed = super().adapted(inputs, head)
        return changed.but(vision=inputs(self.vision))

    @property
    def towers(self) -> tuple[HasHeads, ...]:
        return (self, self.vision)

    @property
    def captions(self) -> bool:
        return True

    @property
    def image_token(self) -> int:
        """The token that stands for an image, the last but one: after it comes the mark of a chunk's end."""
        return self.inputs.vocab.size - 2

    def pieces(self, env: Env | None = None) -> Pieces:
        text = Env(self.size.text.dims, self.stack.norm, self.inputs, causal=True)
        images = Env(self.size.resampler.dims, self.resampler.norm, self.vision, free=self.size.vision)
        gated = replace(text, norm=LayerNorm(), memory=self.size.resampler.d_model)
        return {
            "inputs": Held(self.inputs, text),
            "vision": Held(self.vision, images),
            "resampler": Held(self.resampler, images),
            "gates": Several(self.size.gates * (Held(self.gated, gated),)),
            "stack": Held(self.stack, text),
            "heads": Named({head.slot: Held(head, text) for head in self.heads}),
        }

"""Models that write a text which looks at images (Alayrac et al. 2022, Flamingo)."""

from dataclasses import replace

from clados.spec.attention.masks import All
from clados.spec.bridging.gated import GatedCross
from clados.spec.bridging.resampler import Resampler
from clados.spec.convolutions.nfnet import NFNet
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Named, Pieces, Several
from clados.spec.core.sizes import NFNetSize, Size
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.inputs.text import Tokens
from clados.spec.kinds.model import HasHeads, OneTower, check_heads
from clados.spec.norms import LayerNorm
from clados.spec.stacks.stack import Stack


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

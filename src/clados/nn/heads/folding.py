"""Heads of models that fold proteins: head(what it reads). Shapes: [batch, length, d] or [..., length, d]."""

from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Module, Product, TensorFn, builds


@builds(s.Confidence)
class Confidence(Module):
    """Bins of each residue's lDDT."""

    norm: TensorFn
    up: Product
    middle: Product
    out: Product

    def forward(self, x: Tensor) -> Tensor:
        """[batch, length, bins]."""
        return self.out(self.middle(self.up(self.norm(x)).relu()).relu())


@builds(s.Distogram)
class Distogram(Module):
    """Bins of the distance between two residues, the same both ways."""

    out: Product

    def forward(self, z: Tensor) -> Tensor:
        """[batch, length, length, bins]."""
        half = self.out(z)
        return half + half.transpose(1, 2)


class _Projected(Module):
    """W x + b."""

    out: Product

    def forward(self, x: Tensor) -> Tensor:
        """The last axis is that of the classes."""
        return self.out(x)


@builds(s.HiddenLetters)
class HiddenLetters(_Projected):
    """What stands at a hidden place of the alignment."""


@builds(s.Resolved)
class Resolved(_Projected):
    """Whether the experiment shows each atom."""


@builds(s.AlignedError)
class AlignedError(_Projected):
    """Bins of how far off a residue is, seen from another's frame."""

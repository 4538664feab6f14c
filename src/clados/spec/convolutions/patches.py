"""A block of convolutions that turns a patch of an image into a vector."""

from typing import Self

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Kernel, Pieces, linear
from clados.spec.errors import SpecError
from clados.spec.norms import GroupNorm


class PatchResNet(Part, kw_only=True):
    """y = x + C2 gelu(n2(C1 gelu(n1(x)))), x the patch through a convolution; the mean over its places, projected.

    A residual block whose norms and activations stand before its convolutions (He et al. 2016, arXiv:1603.05027,
    figure 1b), with GroupNorm and GELU (Reed et al. 2022, appendix C.2).
    """

    width: int  # channels inside
    channels: int = 3  # of the patch
    norm: GroupNorm = GroupNorm()

    def check(self) -> None:
        if self.width < 1 or self.width % self.norm.groups:
            raise SpecError(
                f"PatchResNet.width is {self.width}; a multiple of the {self.norm.groups} groups is allowed"
            )

    def pieces(self, env: Env) -> Pieces:
        inside = env.of_width(self.width)
        return {
            "enter": Kernel(self.channels, self.width),
            "first_norm": Held(self.norm, inside),
            "first": Kernel(self.width, self.width),
            "second_norm": Held(self.norm, inside),
            "second": Kernel(self.width, self.width, ends_branch=True),
            "out": linear(self.width, env.dims.d_model),
        }

    def small(self) -> Self:
        return self.but(width=6)

    @classmethod
    def example(cls) -> Self:
        return cls(width=cls.norm.groups)

"""Models of points whose output turns as the points do (Fuchs et al. 2020, SE(3)-Transformer)."""

from typing import Self

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Named, Pieces, Several
from clados.spec.core.sizes import MOST, MOST_LAYERS, Dims, Size
from clados.spec.equivariant.fibers import Fibers, PerDegree
from clados.spec.equivariant.layers import EquivariantBlock
from clados.spec.errors import SpecError
from clados.spec.heads.points import PointHead
from clados.spec.inputs.points import Points
from clados.spec.kinds.model import OneTower, check_heads
from clados.spec.norms import LayerNorm, Norm

MOST_DEGREES = 8  # Clebsch-Gordan matrices of higher ones take long to work out


class PointSize(Part, kw_only=True):
    """Layers, degrees of features from 0 on, channels of each; ``inner``: of keys and values, over all heads."""

    layers: int
    degrees: int
    channels: int
    inner: int
    heads: int

    def check(self) -> None:
        most = {"layers": MOST_LAYERS, "degrees": MOST_DEGREES}
        for name in ("layers", "degrees", "channels", "inner", "heads"):
            if not 1 <= getattr(self, name) <= most.get(name, MOST):
                allowed = f"at least 1 and at most {most.get(name, MOST)}"
                raise SpecError(f"PointSize.{name} is {getattr(self, name)}; it must be {allowed}")
        if self.inner % self.heads:
            raise SpecError(f"PointSize.heads is {self.heads}, which does not divide inner {self.inner}")

    @property
    def d_model(self) -> int:
        """Channels of all degrees together."""
        return self.degrees * self.channels

    @property
    def dims(self) -> Dims:
        """Every number, as of a stack."""
        return Size(self.layers, self.channels, self.heads, head_dim=self.inner // self.heads).dims

    def small(self) -> Self:
        return self.but(layers=2, degrees=4, channels=3, inner=2 * min(self.heads, 2), heads=min(self.heads, 2))


class PointCloud(OneTower, kw_only=True):
    """Points see their neighbours by kernels that turn with them: f(g x) = g f(x) for turns and shifts g (§3)."""

    size: PointSize
    inputs: Points
    block: EquivariantBlock
    heads: tuple[PointHead, ...]
    norm: Norm = LayerNorm(1e-5)

    def check(self) -> None:
        check_heads(type(self).__name__, self.heads)
        if not isinstance(self.norm, LayerNorm) or not self.norm.bias:
            raise SpecError(f"PointCloud.norm is {self.norm!r}; it must be LayerNorm, with a bias")

    def pieces(self, env: Env | None = None) -> Pieces:
        size = self.size
        all_degrees = self.every(size.channels)

        def layer(reads: PerDegree) -> Env:
            fibers = Fibers(reads, self.every(size.inner), all_degrees, self.inputs.edges)
            return Env(size.dims, self.norm, self.inputs, fibers=fibers)

        reads = (self.inputs.channels, *[all_degrees] * size.layers)
        return {
            "blocks": Several(tuple(Held(self.block, layer(each)) for each in reads[:-1])),
            "heads": Named({head.slot: Held(head, layer(reads[-1])) for head in self.heads}),
        }

    def every(self, channels: int) -> PerDegree:
        """So many channels of each degree."""
        return (channels,) * self.size.degrees

"""Models of points whose output turns as the points do."""

from typing import Any

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.nn.core.module import builds
from clados.nn.equivariant.kernels import Features, Kernels, Neighbours, couplings_between
from clados.nn.kinds.arguments import check_shape, refuse_unknown
from clados.nn.kinds.model import Output, WholeModel
from clados.spec.core.pieces import Env


@builds(s.PointCloud)
class PointCloud(WholeModel):
    """Points see their neighbours by kernels that turn with them."""

    blocks: nn.ModuleList
    products_called = False

    takes = ("positions", "scalars", "vectors", "edge_features", "edge_mask", "attention_mask")

    def __init__(self, part: s.PointCloud, env: Env | None = None) -> None:
        super().__init__(part, env)
        self.spec = part
        kernels = [each for each in self.modules() if isinstance(each, Kernels)]
        self.couplings = couplings_between((read, to) for each in kernels for read in each.reads for to in each.gives)

    def forward(
        self,
        positions: Tensor | None = None,
        *,
        scalars: Tensor | None = None,
        vectors: Tensor | None = None,
        edge_features: Tensor | None = None,
        edge_mask: Tensor | None = None,
        attention_mask: Tensor | None = None,
        **unknown: Any,
    ) -> Output:
        """What the heads give: ``motion``, [batch, points, vectors, 3]; ``property``, [batch, properties].

        Args:
            positions: [batch, points, 3]. Two neighbours stand at two places.
            scalars: [batch, points, scalars]; vectors: [batch, points, vectors, 3].
            edge_features: [batch, points, points, numbers], of the first point as seen from the second.
            edge_mask: [batch, points, points], 1 where the second is a neighbour of the first; all are where not given.
            attention_mask: [batch, points], 1 where there is a point.

        Raises:
            SpecError: for other arguments, missing ones, or shapes that do not go together.
        """
        refuse_unknown(unknown, self.takes)
        if positions is None:
            raise s.SpecError("this model reads positions, and none were given")
        check_shape("positions", positions, ("batch", "points", 3))
        read = self._read(positions, scalars, vectors)
        batch, points = positions.shape[:2]
        inputs = self.spec.inputs
        if (edge_features is None) == bool(inputs.edges):
            said = f"reads {inputs.edges} numbers of each pair" if inputs.edges else "reads no edge_features"
            raise s.SpecError(f"this model {said}, and {'none' if edge_features is None else 'some'} were given")
        check_shape("edge_features", edge_features, (batch, points, points, inputs.edges))
        check_shape("edge_mask", edge_mask, (batch, points, points))
        check_shape("attention_mask", attention_mask, (batch, points))
        keep = None if attention_mask is None else attention_mask.bool()
        there = ~torch.eye(points, dtype=torch.bool, device=positions.device).expand(batch, -1, -1)
        if edge_mask is not None:
            there = there & edge_mask.bool()
        if keep is not None:
            there = there & keep[:, None] & keep[:, :, None]
        near = Neighbours.of(positions, there, edge_features, self.couplings)
        for block in self.blocks:
            read = block(read, near)
        return Output({head.output: self.heads[head.slot](read, near, keep) for head in self.spec.heads})

    def _read(self, positions: Tensor, scalars: Tensor | None, vectors: Tensor | None) -> Features:
        inputs, (batch, points) = self.spec.inputs, positions.shape[:2]
        read: Features = {}
        for degree, (name, given, number) in enumerate(
            (("scalars", scalars, inputs.scalars), ("vectors", vectors, inputs.vectors))
        ):
            if (given is None) == bool(number):
                said = f"reads {number} {name} of each point" if number else f"reads no {name}"
                raise s.SpecError(f"this model {said}, and {'none' if given is None else 'some'} were given")
            check_shape(name, given, (batch, points, number, *[3] * degree))
            if given is not None:
                read[degree] = given.unsqueeze(-1) if degree == 0 else given
        return read

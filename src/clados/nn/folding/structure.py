"""From the map of pairs to places of all atoms. Shapes: x is [batch, length, d], z [batch, length, length, d]."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.core.module import Module, Product, TensorFn, builds
from clados.nn.dropout import drop
from clados.nn.folding.geometry import RigidFrames, atom_places, group_frames, quaternion_rotation
from clados.spec.core.pieces import Env
from clados.spec.folding.residues import TORSIONS

MASKED_POINTS = 1e5  # taken from the scores of padding, as in the authors' code
SMALL = 1e-8  # under roots


@builds(s.FirstRow)
class FirstRow(Module):
    """W m_1i + b."""

    out: Product

    def forward(self, m: Tensor) -> Tensor:
        """[batch, rows, length, d] -> [batch, length, d]."""
        found: Tensor = self.out(m[:, 0])
        return found


@builds(s.PointAttention)
class PointAttention(Module):
    """Attention by scalars, pairs, and distances of points in each residue's frame."""

    q: Product
    kv: Product
    q_points: Product
    kv_points: Product
    bias: Product
    head_weights: nn.Parameter
    out: Product

    def __init__(self, part: s.PointAttention, env: Env) -> None:
        super().__init__(part, env)
        self.heads, self.head_dim = env.dims.heads, env.dims.head_dim
        self.points, self.value_points = part.points, part.value_points

    def forward(self, x: Tensor, z: Tensor, frames: RigidFrames, keep: Tensor | None) -> Tensor:
        """What is added to x. keep: [batch, length] bool."""
        heads = self.heads
        q = self.q(x).unflatten(-1, (heads, -1)).transpose(1, 2)
        k, v = self.kv(x).unflatten(-1, (heads, -1)).transpose(1, 2).chunk(2, -1)
        around = frames.at(..., None, None)
        q_points = around.apply(self.placed(self.q_points(x)))  # [batch, length, heads, points, 3]
        both = around.apply(self.placed(self.kv_points(x)))
        k_points, v_points = both.split((self.points, self.value_points), -2)
        scores = q @ k.mT * (3 * self.head_dim) ** -0.5 + self.bias(z).permute(0, 3, 1, 2) * 3**-0.5
        weight = F.softplus(self.head_weights) * (3 * self.points * 9 / 2) ** -0.5
        scores = scores - 0.5 * weight[:, None, None] * square_distances(q_points, k_points)
        if keep is not None:
            scores = scores + ((keep[:, :, None] & keep[:, None]).to(x.dtype) - 1)[:, None] * MASKED_POINTS
        p = scores.softmax(-1)
        points = torch.einsum("bhij,bjhpx->bihpx", p, v_points)
        points = around.inverse(points)
        length = (points.square().sum(-1) + SMALL).sqrt().flatten(2)
        pairs = torch.einsum("bhij,bijc->bihc", p, z).flatten(2)
        scalars = (p @ v).transpose(1, 2).flatten(2)
        out: Tensor = self.out(torch.cat((scalars, *points.flatten(2, 3).unbind(-1), length, pairs), -1))
        return out

    def placed(self, x: Tensor) -> Tensor:
        """Points of each head: all x, all y, all z, to [batch, length, heads, points, 3]."""
        found: Tensor = torch.stack(x.chunk(3, -1), -1).unflatten(2, (self.heads, -1))
        return found


def square_distances(q: Tensor, k: Tensor) -> Tensor:
    """Square distances, summed over points: two [batch, length, heads, points, 3] -> [batch, heads, length, length]."""
    q, k = (each.permute(0, 2, 4, 3, 1) for each in (q, k))  # [batch, heads, 3, points, length]
    found = [
        (q[:, :, axis, point, :, None] - k[:, :, axis, point, None]).square()
        for axis in range(3)
        for point in range(q.size(3))
    ]
    return torch.stack(found).sum(0)


@builds(s.AngleLayer)
class AngleLayer(Module):
    """a + W relu(V relu(a))."""

    up: Product
    down: Product

    def forward(self, a: Tensor) -> Tensor:
        """Same shape."""
        return a + self.down(self.up(a.relu()).relu())


@builds(s.Angles)
class Angles(Module):
    """Sine and cosine of each torsion angle."""

    last: Product
    first: Product
    layers: nn.ModuleList
    out: Product

    def forward(self, x: Tensor, first: Tensor) -> tuple[Tensor, Tensor]:
        """As they come and of unit length, each [batch, length, 7, 2]. Both are rectified first, as in the code."""
        a = self.last(x.relu()) + self.first(first.relu())
        for layer in self.layers:
            a = layer(a)
        loose = self.out(a.relu()).unflatten(-1, (TORSIONS, 2))
        return loose, loose / loose.square().sum(-1, keepdim=True).clamp(min=SMALL).sqrt()


class StructureLayers(NamedTuple):
    """What the layers of a structure module give, each along the second axis."""

    states: Tensor  # the last, [batch, length, d]
    frames: RigidFrames  # of backbones, in ångström: [batch, layers, length]
    groups: RigidFrames  # of all rigid groups: [batch, layers, length, 8]
    loose: Tensor  # angles as they come: [batch, layers, length, 7, 2]
    angles: Tensor
    atoms: Tensor  # [batch, layers, length, 14, 3]


@builds(s.StructureModule)
class StructureModule(Module):
    """Layers of one set of weights move every residue's frame."""

    norm: TensorFn
    pair_norm: TensorFn
    first: Product
    attn: PointAttention
    attn_norm: TensorFn
    up: Product
    middle: Product
    down: Product
    mlp_norm: TensorFn
    move: Product
    angles: Angles

    def __init__(self, part: s.StructureModule, env: Env) -> None:
        super().__init__(part, env)
        self.layers, self.dropout, self.scale = env.dims.layers, part.dropout, part.scale

    def forward(self, x: Tensor, z: Tensor, aatype: Tensor, keep: Tensor | None) -> StructureLayers:
        """All layers' output. aatype: [batch, length]; keep: [batch, length] bool."""
        start, z = self.norm(x), self.pair_norm(z)
        x = self.first(start)
        rotation = torch.eye(3, dtype=x.dtype, device=x.device).expand(*aatype.shape, 3, 3)
        frames = RigidFrames(rotation, x.new_zeros(*aatype.shape, 3))
        every = []
        for _ in range(self.layers):
            x = self.attn_norm(drop(x + self.attn(x, z, frames, keep), self.dropout, self.training))
            x = x + self.down(self.middle(self.up(x).relu()).relu())
            x = self.mlp_norm(drop(x, self.dropout, self.training))
            turn, shift = self.move(x).split(3, -1)
            frames = frames.then(RigidFrames(quaternion_rotation(turn), shift))
            loose, angles = self.angles(x, start)
            backbone = RigidFrames(frames.rotation, frames.place * self.scale)
            groups = group_frames(backbone, angles, aatype)
            every.append((*backbone, *groups, loose, angles, atom_places(groups, aatype)))
            frames = RigidFrames(frames.rotation.detach(), frames.place)  # rotations pass no gradient on (line 20)
        r, t, groups_r, groups_t, loose, angles, atoms = (torch.stack(each, 1) for each in zip(*every))
        return StructureLayers(x, RigidFrames(r, t), RigidFrames(groups_r, groups_t), loose, angles, atoms)

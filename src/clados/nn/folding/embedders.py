"""What is read before the blocks. Shapes: m [batch, rows, length, d], z [batch, length, length, d]."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.core.module import Module, Product, TensorFn, builds
from clados.nn.folding.evoformer import by_rows
from clados.spec.core.pieces import Env
from clados.spec.folding.evoformer import pair_dims

ABSENT = 1e5  # taken from the scores of a template that is not there, as in the authors' code
ENDLESS = 1e8  # square ångström: the end of the last bin


def binned(places: Tensor, nearest: float, furthest: float, bins: int) -> Tensor:
    """Between each two places [batch, length, 3], in which bin their distance lies: [batch, length, length, bins]."""
    starts = torch.linspace(nearest, furthest, bins, dtype=places.dtype, device=places.device) ** 2
    ends = torch.cat((starts[1:], starts.new_full((1,), ENDLESS)))
    apart = ((places[:, :, None] - places[:, None]) ** 2).sum(-1, keepdim=True)
    return ((apart > starts) & (apart < ends)).to(places.dtype)


@builds(s.Alignment)
class Alignment(Module):
    """Features of an alignment, and how far apart residues stand, to m and z."""

    target: Product
    rows: Product
    relative: Product

    def __init__(self, part: s.Alignment, env: Env) -> None:
        super().__init__(part, env)
        self.letters, self.reach = part.letters, part.reach
        pair = pair_dims(env).d_model
        self.widths = (pair, pair, env.dims.d_model)

    def forward(self, aatype: Tensor, residue_index: Tensor, msa_feat: Tensor) -> tuple[Tensor, Tensor]:
        """aatype: [batch, length] ids; residue_index: [batch, length]; msa_feat: [batch, rows, length, features]."""
        letters = F.one_hot(aatype + 1, self.letters + 1).to(msa_feat.dtype)  # the first place: a break of the chain
        left, right, row = self.target(letters).split(self.widths, -1)
        apart = residue_index[:, :, None] - residue_index[:, None]
        place = apart.clamp(-self.reach, self.reach) + self.reach
        relative = F.embedding(place, self.relative.weight.T) + self.relative.bias
        return self.rows(msa_feat) + row[:, None], relative + left[:, :, None] + right[:, None]


@builds(s.Recycling)
class Recycling(Module):
    """What the last pass gave, to be added to the first row of m and to z."""

    row_norm: TensorFn
    pair_norm: TensorFn
    distances: Product

    def __init__(self, part: s.Recycling, env: Env) -> None:
        super().__init__(part, env)
        self.bins = (part.nearest, part.furthest, part.bins)

    def forward(self, row: Tensor, z: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        """row: [batch, length, d]; places: of the carbons beta, [batch, length, 3]."""
        return self.row_norm(row), self.pair_norm(z) + self.distances(binned(places, *self.bins))


@builds(s.Templates)
class Templates(Module):
    """Folds of other proteins, to be added to z, and as further rows of m."""

    pair: Product
    blocks: nn.ModuleList
    norm_out: TensorFn
    q: Product
    kv: Product
    out: Product
    angles: Product
    angles_out: Product

    def __init__(self, part: s.Templates, env: Env) -> None:
        super().__init__(part, env)
        self.heads = env.dims.heads

    def forward(self, z: Tensor, pair_feat: Tensor, there: Tensor | None, keep_pairs: Tensor | None) -> Tensor:
        """What is added to z. pair_feat: [batch, templates, length, length, features]; there: [batch, templates]."""
        maps = []
        for i in range(pair_feat.size(1)):
            t = self.pair(pair_feat[:, i])
            for block in self.blocks:
                t = block(t, keep_pairs)
            maps.append(self.norm_out(t))
        hidden = None if there is None else (there.to(z.dtype) - 1)[:, None, None, None] * ABSENT
        stacked = torch.stack(maps, 3)  # [batch, length, length, templates, d]

        def compute(x: Tensor, some: Tensor) -> Tensor:
            q = self.q(x).unflatten(-1, (self.heads, 1, -1))
            k, v = (each.unflatten(-1, (self.heads, -1)).transpose(-2, -3) for each in self.kv(some).chunk(2, -1))
            scores = (q * q.size(-1) ** -0.5) @ k.mT
            if hidden is not None:
                scores = scores + hidden[..., None, :]
            return self.out((scores.softmax(-1) @ v).flatten(-3))

        found = by_rows(compute, z, 4 * z.size(2) * len(maps) * stacked.size(-1), stacked)
        return found if there is None else found * there.any(1)[:, None, None, None]

    def rows(self, angle_feat: Tensor) -> Tensor:
        """Further rows of m. angle_feat: [batch, templates, length, features]."""
        return self.angles_out(F.relu(self.angles(angle_feat)))


@builds(s.ExtraRows)
class ExtraRows(Module):
    """Further rows of the alignment, which only inform z."""

    rows: Product
    blocks: nn.ModuleList

    def forward(self, z: Tensor, feat: Tensor, keep: Tensor | None, keep_pairs: Tensor | None) -> Tensor:
        """Same shape as z. feat: [batch, rows, length, features]; keep: [batch, rows, length] bool."""
        m = self.rows(feat)
        for block in self.blocks:
            m, z = block(m, z, keep, keep_pairs)
        return z

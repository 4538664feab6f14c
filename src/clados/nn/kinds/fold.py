"""Models that fold proteins. Arguments are named as the features of AlphaFold (supplement, table 1)."""

from typing import Any

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.nn.core.module import builds
from clados.nn.folding.embedders import Alignment, ExtraRows, Recycling, Templates
from clados.nn.folding.geometry import by_name, carbons_beta
from clados.nn.folding.structure import FirstRow, StructureModule
from clados.nn.kinds.arguments import check_shape, refuse_unknown
from clados.nn.kinds.model import Output, WholeModel
from clados.spec.core.pieces import Env


@builds(s.Fold)
class Fold(WholeModel):
    """An alignment and templates to a map of pairs, and that to places of all atoms, several times over."""

    inputs: Alignment
    recycling: Recycling
    templates: Templates
    extra: ExtraRows
    blocks: nn.ModuleList
    single: FirstRow
    structure: StructureModule

    takes = (
        "aatype", "msa_feat", "extra_msa_feat", "residue_index", "seq_mask", "msa_mask", "extra_msa_mask",
        "template_pair_feat", "template_angle_feat", "template_mask", "template_angle_mask", "recycled", "passes",
    )  # fmt: skip

    def __init__(self, part: s.Fold, env: Env | None = None) -> None:
        super().__init__(part, env)
        self.spec = part

    def forward(
        self, aatype: Tensor | None = None, *, passes: int | None = None, recycled: Output | None = None, **read: Any
    ) -> Output:
        """Atoms, confidence and all else of the last pass; those before it pass no gradient on.

        Args:
            aatype: [batch, length] ids of residues; residue_index: [batch, length], counted from 0 where not given.
            msa_feat: [batch, rows, length, features], of which the first row is the protein itself.
            extra_msa_feat: [batch, further rows, length, features].
            seq_mask, msa_mask, extra_msa_mask: [batch, length], [batch, rows, length], 1 where there is something.
            template_pair_feat, template_angle_feat: [batch, templates, length, length, features], [batch, templates,
                length, features]; template_mask, template_angle_mask: [batch, templates], [batch, templates, length].
            recycled: what an earlier call gave, to go on from.
            passes: how often its output is read again; as declared where not given.

        Raises:
            SpecError: for other arguments, missing ones, or shapes that do not go together.
        """
        refuse_unknown((name for name in read if name not in self.takes), self.takes)
        for name, value in (("aatype", aatype), *((each, read.get(each)) for each in ("msa_feat", "extra_msa_feat"))):
            if value is None:
                raise s.SpecError(f"this model reads {name}, and none was given")
        assert aatype is not None
        check_shape("aatype", aatype, ("batch", "length"))
        self._check(aatype, read)
        with torch.no_grad():
            for _ in range(self.spec.recycling.passes if passes is None else passes):
                recycled = self.folded(aatype, recycled, **read)
        return self.folded(aatype, recycled, **read)

    def _check(self, aatype: Tensor, read: dict[str, Any]) -> None:
        batch, length = aatype.shape
        inputs, extra, templates = self.spec.inputs, self.spec.extra, self.spec.templates
        rows, further = read["msa_feat"].size(1), read["extra_msa_feat"].size(1)
        shapes = {
            "msa_feat": (batch, rows, length, inputs.features),
            "extra_msa_feat": (batch, further, length, extra.features),
            "residue_index": (batch, length),
            "seq_mask": (batch, length),
            "msa_mask": (batch, rows, length),
            "extra_msa_mask": (batch, further, length),
        }
        given = [name for name, value in read.items() if name.startswith("template_") and value is not None]
        if given and templates is None:
            raise s.SpecError(f"this model reads no templates, and {given[0]} was given")
        pairs, angles = read.get("template_pair_feat"), read.get("template_angle_feat")
        if given and (pairs is None or angles is None):
            raise s.SpecError("template_pair_feat and template_angle_feat go together: one of them was not given")
        if templates is not None and pairs is not None:
            number = pairs.size(1)
            shapes |= {
                "template_pair_feat": (batch, number, length, length, templates.pair_features),
                "template_angle_feat": (batch, number, length, templates.angle_features),
                "template_mask": (batch, number),
                "template_angle_mask": (batch, number, length),
            }
        for name, shape in shapes.items():
            check_shape(name, read.get(name), shape)

    def folded(
        self,
        aatype: Tensor,
        recycled: Output | None,
        *,
        msa_feat: Tensor,
        extra_msa_feat: Tensor,
        residue_index: Tensor | None = None,
        seq_mask: Tensor | None = None,
        msa_mask: Tensor | None = None,
        extra_msa_mask: Tensor | None = None,
        template_pair_feat: Tensor | None = None,
        template_angle_feat: Tensor | None = None,
        template_mask: Tensor | None = None,
        template_angle_mask: Tensor | None = None,
    ) -> Output:
        """One pass. Arguments and output are those of ``forward``."""
        if residue_index is None:
            residue_index = torch.arange(aatype.size(1), device=aatype.device).expand_as(aatype)
        there = None if seq_mask is None else seq_mask.bool()
        pairs = None if there is None else there[:, :, None] & there[:, None]
        keep, further = seen(msa_mask, there, msa_feat), seen(extra_msa_mask, there, extra_msa_feat)
        m, z = self.inputs(aatype, residue_index, msa_feat)
        if recycled is None:
            last = torch.zeros_like(m[:, 0]), torch.zeros_like(z), m.new_zeros(*aatype.shape, 3)
        else:
            last = recycled.msa[:, 0], recycled.pair, carbons_beta(recycled.final_atom_positions, aatype)
        row, pair = self.recycling(*(each.detach() for each in last))
        m, z = torch.cat((m[:, :1] + row[:, None], m[:, 1:]), 1), z + pair
        rows = m.size(1)
        if template_pair_feat is not None and template_angle_feat is not None:
            known = None if template_mask is None else template_mask.bool()
            z = z + self.templates(z, template_pair_feat, known, pairs)
            m = torch.cat((m, self.templates.rows(template_angle_feat)), 1)
            angles = seen(template_angle_mask, there, template_angle_feat)
            if keep is not None or angles is not None:
                more = m.new_ones(m.shape[:3], dtype=torch.bool)
                more[:, :rows] = True if keep is None else keep
                more[:, rows:] = True if angles is None else angles
                keep = more
        z = self.extra(z, extra_msa_feat, further, pairs)
        for block in self.blocks:
            m, z = block(m, z, keep, pairs)
        single = self.single(m)
        structure = self.structure(single, z, aatype, there)
        read = {"alignment": m[:, :rows], "pair": z, "single": single, "states": structure.states}
        atoms = by_name(structure.atoms[:, -1], aatype)
        out = Output(
            msa=read["alignment"],
            pair=z,
            single=single,
            states=structure.states,
            backbone_rotations=structure.frames.rotation,
            backbone_places=structure.frames.place,
            group_rotations=structure.groups.rotation,
            group_places=structure.groups.place,
            unnormalized_angles=structure.loose,
            angles=structure.angles,
            positions=structure.atoms,
            final_atom_positions=atoms,
        )
        for head in self.spec.heads:
            out[head.output] = self.heads[head.slot](read[head.source])
        return out


def seen(mask: Tensor | None, there: Tensor | None, feat: Tensor) -> Tensor | None:
    """Where rows, [batch, rows, length, features], have something: by their own mask and the residues'; None: all."""
    if there is None:
        return None if mask is None else mask.bool()
    residues = there[:, None].expand(feat.shape[:3])
    return residues if mask is None else residues & mask.bool()

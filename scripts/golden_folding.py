"""The terms of AlphaFold's loss as OpenFold computes them, of two proteins and folds that are not quite theirs.

Run with a copy of github:aqlaboratory/openfold (commit ce0029e) and the packages that it imports, torch 2.13.0,
ml-collections 1.1.0, dm-tree 0.1.10, in PYTHONPATH beside Clados: ``python golden_folding.py OPENFOLD`` writes
tests/objectives/golden/folding.json. For the angle CA-C-N their deviation is set to the angle's own, 0.0311, as the
supplement has it: they (and DeepMind) take that of the bond. Bounds of bonds within a residue, which are in a file
that they download, are not looked at.
"""

import json
import sys
import types
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from clados.data import read_as
from clados.data.examples import Protein
from clados.nn.folding.geometry import RigidFrames, atom_places, by_name, group_frames, quaternion_rotation
from clados.nn.folding.truth import in_own_order, true_frames
from clados.spec.folding.residues import RESIDUE_LETTERS

HERE = Path(__file__).parents[1] / "tests" / "objectives" / "golden" / "folding.json"
LENGTH, LAYERS = 24, 2


class Case(NamedTuple):
    """Two proteins, what is known of them, and what is predicted; the first axis is the protein's."""

    aatype: Tensor
    numbers: Tensor
    atoms: Tensor  # [2, length, 37, 3]
    there: Tensor  # [2, length, 37]
    backbone: RigidFrames  # [2, layers, length]
    groups: RigidFrames  # of the last layer, [2, length, 8]
    angles: Tensor  # [2, layers, length, 7, 2]
    loose: Tensor
    places: Tensor  # [2, length, 14, 3]
    named: Tensor  # [2, length, 37, 3]
    scores: dict[str, Tensor]
    ids: Tensor  # [2, rows, length]
    hidden: Tensor


def case() -> Case:
    """A zinc finger and a part of ubiquitin, some atoms unknown; frames and angles drawn around the true ones."""
    draw = torch.Generator().manual_seed(3)
    proteins = read_as(Protein, "structures")
    two = [(proteins[10], 0), (proteins[15], 36)]
    letters = [each.letters[at : at + LENGTH] for each, at in two]
    aatype = torch.tensor([[RESIDUE_LETTERS.index(each) for each in some] for some in letters])
    atoms = torch.stack([torch.from_numpy(each.atoms[at : at + LENGTH]) for each, at in two])
    there = torch.stack([torch.from_numpy(each.there[at : at + LENGTH]) for each, at in two]).float()
    index = torch.arange(LENGTH).expand(2, -1).clone()
    index[1, 10:] += 3  # a break
    frames, _ = true_frames(*in_own_order(atoms, there, aatype), aatype)
    there = there * (torch.rand(there.shape, generator=draw) > 0.05)
    here = frames.at(..., None, slice(None), 0)

    def drawn(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=draw)

    shape = 2, LAYERS, LENGTH
    here = RigidFrames(here.rotation.expand(*shape, 3, 3), here.place.expand(*shape, 3))
    backbone = here.then(RigidFrames(quaternion_rotation(0.3 * drawn(*shape, 3)), 2 * drawn(*shape, 3)))
    loose = drawn(*shape, 7, 2)
    angles = loose / loose.norm(dim=-1, keepdim=True)
    groups = group_frames(backbone.at(slice(None), -1), angles[:, -1], aatype)
    places = atom_places(groups, aatype)
    scores = {
        "distogram": drawn(2, LENGTH, LENGTH, 64), "masked_msa": drawn(2, 3, LENGTH, 23),
        "lddt": drawn(2, LENGTH, 50), "experimentally_resolved": drawn(2, LENGTH, 37),
        "tm": drawn(2, LENGTH, LENGTH, 64),
    }  # fmt: skip
    ids = torch.randint(0, 22, (2, 3, LENGTH), generator=draw)
    hidden = (torch.rand(2, 3, LENGTH, generator=draw) < 0.2).float()
    return Case(
        aatype, index, atoms * there[..., None], there, backbone, groups, angles, loose, places,
        by_name(places, aatype), scores, ids, hidden,
    )  # fmt: skip


def matrices(frames: RigidFrames) -> Tensor:
    """Frames as matrices, [..., 4, 4]."""
    found = torch.zeros(*frames.place.shape[:-1], 4, 4)
    found[..., :3, :3], found[..., :3, 3], found[..., 3, 3] = frames.rotation, frames.place, 1
    return found


def modules(folder: str) -> tuple[Any, Any, Any]:
    """Their losses, their transforms of data and their constants."""
    from importlib import import_module

    for name in ("openfold", "openfold.np", "openfold.utils", "openfold.data"):
        package = types.ModuleType(name)
        package.__path__ = [str(Path(folder, *name.split(".")))]
        sys.modules[name] = package
    names = "openfold.utils.loss", "openfold.data.data_transforms", "openfold.np.residue_constants"
    loss, transforms, constants = map(import_module, names)
    return loss, transforms, constants


def theirs(folder: str) -> dict[str, list[float]]:
    """Each term of each protein."""
    loss, transforms, constants = modules(folder)
    found: dict[str, list[float]] = {}
    for i in range(2):
        one = case()
        feats = {
            "aatype": one.aatype[i], "all_atom_positions": one.atoms[i], "all_atom_mask": one.there[i],
            "residue_index": one.numbers[i],
        }  # fmt: skip
        feats = transforms.make_atom14_masks(feats)
        feats = transforms.make_atom14_positions(feats)
        feats = transforms.atom37_to_frames(feats)
        feats = transforms.atom37_to_torsion_angles("")(feats)
        feats = transforms.get_backbone_frames(feats)
        feats = transforms.get_chi_angles(feats)
        feats = transforms.make_pseudo_beta("")(feats)
        feats |= {"seq_mask": torch.ones(LENGTH), "resolution": torch.tensor(2.0)}
        feats |= loss.compute_renamed_ground_truth(feats, one.places[i])
        backbone = matrices(one.backbone)[i]
        sides = matrices(one.groups)[i][None]
        terms = {
            "atoms": loss.sidechain_loss(sides, one.places[i][None], **feats),
            "frames clamped": loss.backbone_loss(traj=backbone, use_clamped_fape=torch.tensor(1.0), **feats),
            "frames": loss.backbone_loss(traj=backbone, use_clamped_fape=torch.tensor(0.0), **feats),
            "chi": loss.supervised_chi_loss(
                one.angles[i], one.loose[i], chi_weight=1.0, angle_norm_weight=0.0, **feats
            ),
            "lengths": loss.supervised_chi_loss(
                one.angles[i], one.loose[i], chi_weight=0.0, angle_norm_weight=1.0, **feats
            ),
            "distances": loss.distogram_loss(one.scores["distogram"][i], **feats),
            "letters": loss.masked_msa_loss(one.scores["masked_msa"][i], one.ids[i], one.hidden[i], 23),
            "confidence": loss.lddt_loss(
                one.scores["lddt"][i], one.named[i], one.atoms[i], one.there[i], feats["resolution"]
            ),
            "resolved": loss.experimentally_resolved_loss(
                one.scores["experimentally_resolved"][i], feats["atom37_atom_exists"], one.there[i],
                feats["resolution"], 0.1, 3.0,
            ),
            "errors": loss.tm_loss(one.scores["tm"][i], backbone[-1], **feats),
        }  # fmt: skip
        exists = feats["atom14_atom_exists"]
        bonds = loss.between_residue_bond_loss(one.places[i], exists, one.numbers[i], one.aatype[i])
        kept = constants.between_res_bond_length_stddev_c_n
        constants.between_res_bond_length_stddev_c_n = constants.between_res_cos_angles_ca_c_n[1:] * 2
        angle = loss.between_residue_bond_loss(one.places[i], exists, one.numbers[i], one.aatype[i])
        constants.between_res_bond_length_stddev_c_n = kept
        terms |= {
            "bond": bonds["c_n_loss_mean"], "angle at C": angle["ca_c_n_loss_mean"],
            "angle at N": bonds["c_n_ca_loss_mean"],
        }  # fmt: skip
        radii = torch.tensor([constants.van_der_waals_radius[name[0]] for name in constants.atom_types])
        radii = exists * radii[feats["residx_atom14_to_atom37"]]
        clashes = loss.between_residue_clash_loss(one.places[i], exists, radii, one.numbers[i])
        terms["overlaps"] = clashes["per_atom_loss_sum"].sum()
        for name, value in terms.items():
            found.setdefault(name, []).append(round(float(value), 7))
        found.setdefault("torsions known", []).append(float(feats["torsion_angles_mask"].sum()))
        signs = torch.linspace(0.5, 1.5, LENGTH * 14).view(LENGTH, 7, 2)
        shown = feats["torsion_angles_sin_cos"] * feats["torsion_angles_mask"][..., None] * signs
        found.setdefault("torsions", []).append(round(float(shown.sum()), 6))
    return found


if __name__ == "__main__":
    HERE.parent.mkdir(exist_ok=True)
    HERE.write_text(json.dumps(theirs(sys.argv[1]), indent=1) + "\n", encoding="utf-8")

"""How far off a predicted fold is: the terms of AlphaFold's loss, each a number a protein (supplement §1.9).

Masks hold 1 for what is known. Where the supplement gives no number that keeps a division or root finite, it is the
authors' (github:google-deepmind/alphafold alphafold/model/folding.py, modules.py).
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from clados.apply.fold import DISTANCES
from clados.nn.folding.geometry import RigidFrames

NO_DIVISOR = 1e-8
CUTOFF = 15.0  # ångström: pairs that are further apart do not count (Mariani et al. 2013)
FURTHEST_ERROR = 31.0  # ångström: where the last bin of aligned errors begins


def mean_of(values: Tensor, mask: Tensor) -> Tensor:
    """The mean of what is known, a protein: [batch, ...] -> [batch]."""
    mask = mask.expand_as(values)
    return (values * mask).flatten(1).sum(1) / (mask.flatten(1).sum(1) + NO_DIVISOR)


def frame_aligned_error(
    frames: RigidFrames,
    points: Tensor,
    true_frames: RigidFrames,
    true_points: Tensor,
    masks: tuple[Tensor, Tensor],
    *,
    clamp: float,
    clamped: Tensor | None = None,
    unit: float = 10.0,
    eps: float = 1e-4,
) -> Tensor:
    """Errors of points seen from frames, in units of ``unit`` ångström (algorithm 28): [batch].

    Args:
        frames: [batch, frames]; points: [batch, points, 3]; masks: of both, [batch, frames] and [batch, points].
        clamp: at which an error ends; clamped: [batch], of which proteins they do; None: of all.
    """
    here, there = (
        one.at(..., None).inverse(some[:, None]) for one, some in ((frames, points), (true_frames, true_points))
    )
    errors = ((here - there).square().sum(-1) + eps).sqrt()
    ended = errors.clamp(max=clamp)
    if clamped is not None:
        ended = torch.where(clamped.bool()[:, None, None], ended, errors)
    return mean_of(ended / unit, masks[0][:, :, None] * masks[1][:, None])


def torsion_errors(angles: Tensor, loose: Tensor, true: Tensor, other: Tensor, masks: tuple[Tensor, Tensor]) -> Tensor:
    """Square errors of torsions, by the nearer of two names, and how far their lengths are from 1 (algorithm 27).

    Args:
        angles, loose: of unit length and as they come, [batch, ..., length, torsions, 2].
        true, other: [batch, length, torsions, 2]; masks: of torsions and of residues, the latter [batch, length].

    Returns:
        [batch, 2].
    """
    more = angles.dim() - true.dim()
    true, other = (each.reshape(each.size(0), *(1,) * more, *each.shape[1:]) for each in (true, other))
    known, there = (each.reshape(each.size(0), *(1,) * more, *each.shape[1:]) for each in masks)
    nearer = torch.minimum(*((angles - each).square().sum(-1) for each in (true, other)))
    off = ((loose.square().sum(-1) + 1e-6).sqrt() - 1).abs()
    return torch.stack((mean_of(nearer, known), mean_of(off, there[..., None])), -1)


def distogram_error(scores: Tensor, places: Tensor, there: Tensor) -> Tensor:
    """Cross-entropy of bins of distances (§1.9.8, eq. 41): [batch].

    Args:
        scores: [batch, length, length, bins]; places: of carbons beta, [batch, length, 3]; there: [batch, length].
    """
    edges = torch.linspace(*DISTANCES, scores.size(-1) - 1, device=places.device, dtype=places.dtype) ** 2
    apart = (places[:, :, None] - places[:, None]).square().sum(-1, keepdim=True)
    return _entropy(scores, (apart > edges).sum(-1), there[:, :, None] * there[:, None])


def hidden_letter_error(scores: Tensor, ids: Tensor, hidden: Tensor) -> Tensor:
    """Cross-entropy of the hidden letters of an alignment (§1.9.9, eq. 42): [batch].

    Args:
        scores: [batch, rows, length, letters]; ids: [batch, rows, length]; hidden: the same, 1 where one is.
    """
    return _entropy(scores, ids, hidden)


def confidence_error(scores: Tensor, lddt: Tensor, there: Tensor) -> Tensor:
    """Cross-entropy of bins of each residue's lDDT (§1.9.6, eq. 38): [batch].

    Args:
        scores: [batch, length, bins]; lddt: from 0 to 1, there: both [batch, length].
    """
    bins = scores.size(-1)
    return _entropy(scores, (lddt.detach() * bins).long().clamp(max=bins - 1), there)


def resolved_error(scores: Tensor, there: Tensor, named: Tensor) -> Tensor:
    """Cross-entropy of whether an experiment shows each atom that a residue has (§1.9.10, eq. 43): [batch].

    Args:
        scores, there, named: [batch, length, 37]; named: 1 for atoms that the residue has.
    """
    return mean_of(F.binary_cross_entropy_with_logits(scores, there, reduction="none"), named)


def aligned_error(
    scores: Tensor, frames: RigidFrames, true_frames: RigidFrames, there: Tensor, furthest: float = FURTHEST_ERROR
) -> Tensor:
    """Cross-entropy of bins of how far off each residue is, seen from each other's frame (§1.9.7, eq. 39): [batch].

    Args:
        scores: [batch, length, length, bins]; frames: of backbones, [batch, length]; there: [batch, length].
    """
    seen = [each.at(..., None).inverse(each.place[:, None]) for each in (frames, true_frames)]
    off = (seen[0] - seen[1]).square().sum(-1, keepdim=True).detach()
    edges = torch.linspace(0, furthest, scores.size(-1) - 1, device=off.device, dtype=off.dtype) ** 2
    return _entropy(scores, (off > edges).sum(-1), there[:, :, None] * there[:, None])


def lddt(predicted: Tensor, true: Tensor, there: Tensor) -> Tensor:
    """The share of each residue's distances that are right, from 0 to 1 (Mariani et al. 2013): [batch, length].

    Of distances under 15 ångström, in the mean of being within 0.5, 1, 2 and 4.

    Args:
        predicted, true: carbons alpha, [batch, length, 3]; there: [batch, length].
    """
    return lddt_of_distances(distances(predicted), distances(true), there)


def distances(places: Tensor) -> Tensor:
    """Between each two of some places: [..., length, 3] -> [..., length, length]."""
    return ((places[..., :, None, :] - places[..., None, :, :]).square().sum(-1) + 1e-10).sqrt()


def lddt_of_distances(predicted: Tensor, true: Tensor, there: Tensor) -> Tensor:
    """The same of distances, [batch, length, length]."""
    counted = (true < CUTOFF) * there[:, :, None] * there[:, None] * (1 - torch.eye(true.size(-1), device=true.device))
    off = (predicted - true).abs()
    right = sum(((off < within).to(true) for within in (0.5, 1.0, 2.0, 4.0)), start=torch.zeros_like(true)) / 4
    found: Tensor = ((counted * right).sum(-1) + 1e-10) / (counted.sum(-1) + 1e-10)
    return found


def _entropy(scores: Tensor, bins: Tensor, mask: Tensor) -> Tensor:
    found = F.cross_entropy(scores.flatten(0, -2).float(), bins.flatten(), reduction="none")
    return mean_of(found.view_as(bins), mask)

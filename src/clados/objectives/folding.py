"""Where the atoms of a protein stand (Jumper et al. 2021, supplement §1.9).

The authors train confidence, resolved atoms and aligned errors on structures of 0.1 to 3 ångström of resolution alone
(google-deepmind/alphafold alphafold/model/config.py, filter_by_resolution); here all that are given count, whatever
their resolution.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from clados import spec as s
from clados.apply.fold import by_length, inputs_of
from clados.apply.ready import Ready
from clados.data.alignments import alone, features
from clados.data.examples import Protein
from clados.data.packing import generator
from clados.nn.folding.geometry import ALPHA, IDEAL, RigidFrames, carbons_beta
from clados.nn.folding.truth import in_own_order, nearer_names, true_angles, true_frames, turned_frames
from clados.nn.kinds.model import Output, WholeModel
from clados.objectives import fold_errors as errors
from clados.objectives.base import Batch, Loss, LossTerm, Random, Setting
from clados.objectives.fold_violations import violations
from clados.objectives.measures import Measure, Sample
from clados.objectives.tasks import Listed, Small, Source, SourceConfig, Task, of_kind

LENGTH_WEIGHT = 0.02  # of how far a torsion's sine and cosine are from unit length (algorithm 27)
RISE, TURN, RADIUS = 1.5, 100.0, 2.3  # an ideal alpha helix: ångström and degrees a residue, ångström


@dataclass(frozen=True, eq=False)
class Cut:
    """Residues of a protein that stand next to each other."""

    protein: Protein
    start: int
    end: int


class FoldingTask(Task[s.Folding, Cut], objective=s.Folding):
    """Proteins, each alone or with the rows of its alignment, cut to a length (§1.2.8)."""

    reads = Protein
    data = "structures"
    length = 64
    batch = 4
    term: ClassVar[str] = "misplaced"
    small = Small(params="300K", steps=200, batch=4, length=40, lr=2e-3)
    _whole = False

    @property
    def heads(self) -> tuple[str, ...]:
        words = self.objective
        asked = {
            "distogram": words.distances, "masked_msa": words.letters, "lddt": words.confidence,
            "experimentally_resolved": words.resolved, "tm": words.errors,
        }  # fmt: skip
        return tuple(slot for slot, weight in asked.items() if weight)

    @property
    def held_out(self) -> Self:
        """With all passes, and every error ended."""
        other = copy(self)
        other._whole = True
        return other

    def refusal(self, model: s.Model) -> str:
        if model.reads(s.Alignment) is None:
            return f"Folding learns from proteins; this {type(model).__name__} reads {model.kinds_read}"
        return super().refusal(model)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        """As a control, residues stand in random order, each with its letter and atoms."""
        rows = of_kind(examples, Protein)
        if config.shuffled:
            rows = [_shuffled(row, generator(config.seed, 2, i)) for i, row in enumerate(rows)]

        def make(row: Protein, epoch: int, index: int) -> Cut:
            more = len(row) - config.length
            start = int(generator(config.seed, epoch, index).integers(more + 1)) if more > 0 else 0
            return Cut(row, start, min(len(row), start + config.length))

        return Listed(rows, make)

    def prepare(self, rows: Sequence[Cut], random: Sequence[Random], setting: Setting) -> Batch:
        """How often the model reads its own output again is drawn for the batch (§1.11.2)."""
        model: Any = setting.model
        most = model.recycling.passes
        passes = most if self._whole else int(random[0].integers(most + 1))
        ended = [self._whole or each.random() < self.objective.clamped for each in random]
        read = [
            features(alone(row.protein.letters[row.start : row.end]), each, self.objective.hidden)
            for row, each in zip(rows, random)
        ]
        inputs, targets = inputs_of(read, [row.protein.index[row.start : row.end] for row in rows])
        length = inputs["aatype"].size(1)
        targets |= {
            "atoms": by_length([row.protein.atoms[row.start : row.end] for row in rows], length),
            "there": by_length([row.protein.there[row.start : row.end] for row in rows], length).float(),
            "ended": torch.tensor(ended),
            "passes": torch.tensor(passes),
        }
        return Batch(inputs, targets, {"fold": len(rows)}, int(inputs["seq_mask"].sum()))

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        """Of each protein the weighted sum, times the root of its length, so that short ones count less (§1.9)."""
        out = model(**batch.inputs, passes=int(batch.targets["passes"]))
        terms = fold_terms(out, batch, self.objective)
        weights = fold_weights(self.objective)
        rows = len(batch.inputs["aatype"])
        total = sum((weight * terms[name] for name, weight in weights.items() if weight), start=torch.zeros(()))
        total = total * batch.inputs["seq_mask"].sum(-1).sqrt()
        shown = {name: LossTerm(each.detach().sum(), rows) for name, each in terms.items()}
        return Loss({"fold": LossTerm(total.sum(), rows)}, shown)

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """1 - lDDT of an ideal helix, and of the mean distances of the trained proteins' residues."""
        known = [_alphas(trained.at(i)) for i in range(len(trained))]
        others = [_alphas(held_out.at(i)) for i in range(len(held_out))]
        found = {
            "helix": _misplaced(others, helix),
            "average fold": _misplaced(others, lambda length: average_distances(known, length)),
        }
        return {"loss": min(found.values()), **found}

    def goal(self, baseline: float) -> float:
        return baseline

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        every = ", ".join(f"{1 - each:.3f}" for each in ends)
        beside = " and ".join(f"{1 - baseline[name]:.3f} of the {name}" for name in ("helix", "average fold"))
        return f"lDDT {every} of held-out proteins against {beside} (goal: above both)"

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The lDDT of carbons alpha, against an ideal helix."""
        one, values, helices = self.held_out, [], []
        for batch in one.batches(ready, sample):
            out = ready.model(**batch.inputs, passes=int(batch.targets["passes"]))
            true, there = batch.targets["atoms"][:, :, ALPHA], batch.targets["there"][:, :, ALPHA]
            found = errors.lddt(out.final_atom_positions[:, :, ALPHA], true, there)
            values += errors.mean_of(found, there).tolist()
            straight = helix(true.size(1)).to(true).expand(len(true), -1, -1)
            beside = errors.lddt_of_distances(straight, errors.distances(true), there)
            helices += errors.mean_of(beside, there).tolist()
        value, trivial = float(np.mean(values)), float(np.mean(helices))
        return Measure("lDDT", value, trivial, "an ideal helix", trivial, len(values))


def fold_weights(objective: s.Folding) -> dict[str, float]:
    """The weights of the terms (eq. 7)."""
    return {
        "atoms": objective.atoms, "frames": objective.layers, "torsions": objective.layers,
        "distances": objective.distances, "letters": objective.letters, "confidence": objective.confidence,
        "resolved": objective.resolved, "violations": objective.violations, "errors": objective.errors,
    }  # fmt: skip


def fold_terms(out: Output, batch: Batch, objective: s.Folding) -> dict[str, Tensor]:
    """Every term of the loss, [batch] each; those of heads where the model has them; ``misplaced`` is 1 - lDDT."""
    aatype, index, mask = (batch.inputs[name] for name in ("aatype", "residue_index", "seq_mask"))
    named, named_there = batch.targets["atoms"], batch.targets["there"]
    atoms, there = in_own_order(named, named_there, aatype)
    predicted = out.positions[:, -1]
    right, right_there, turned = nearer_names(predicted.detach(), atoms, there, aatype)
    frames, known = true_frames(atoms, there, aatype)
    angles, other_angles, angles_known = true_angles(atoms, there, aatype, index)
    backbone, backbone_known, layers = frames.at(..., 0), known[..., 0], out.positions.size(1)
    moved = turned_frames(frames, aatype, turned)
    found = {
        "atoms": errors.frame_aligned_error(
            flat_groups(RigidFrames(out.group_rotations[:, -1], out.group_places[:, -1])), predicted.flatten(1, 2),
            flat_groups(moved), right.flatten(1, 2), (known.flatten(1), right_there.flatten(1)), clamp=objective.clamp,
        ),
        "frames": torch.stack([
            errors.frame_aligned_error(
                RigidFrames(out.backbone_rotations[:, layer], out.backbone_places[:, layer]),
                out.backbone_places[:, layer], backbone, backbone.place, (backbone_known, backbone_known),
                clamped=batch.targets["ended"], clamp=objective.clamp,
            )
            for layer in range(layers)
        ]).mean(0),
    }  # fmt: skip
    turns, lengths = errors.torsion_errors(
        out.angles, out.unnormalized_angles, angles, other_angles, (angles_known, mask)
    ).unbind(-1)
    found["torsions"] = turns + LENGTH_WEIGHT * lengths
    alpha, alpha_known = named[:, :, ALPHA], named_there[:, :, ALPHA]
    lddt = errors.lddt(out.final_atom_positions[:, :, ALPHA].detach(), alpha, alpha_known)
    if (scores := out.get("distogram_logits")) is not None:
        beta, beta_known = carbons_beta(named, aatype), carbons_beta(named_there[..., None].expand_as(named), aatype)
        found["distances"] = errors.distogram_error(scores, beta, beta_known[..., 0])
    if (scores := out.get("masked_msa_logits")) is not None:
        found["letters"] = errors.hidden_letter_error(scores, batch.targets["ids"], batch.targets["hidden"])
    if (scores := out.get("lddt_logits")) is not None:
        found["confidence"] = errors.confidence_error(scores, lddt, alpha_known)
    if (scores := out.get("experimentally_resolved_logits")) is not None:
        exist = IDEAL.names.to(named)[aatype] * mask[..., None]
        found["resolved"] = errors.resolved_error(scores, named_there, exist)
    if (scores := out.get("tm_logits")) is not None:
        last = RigidFrames(out.backbone_rotations[:, -1], out.backbone_places[:, -1])
        found["errors"] = errors.aligned_error(scores, last, backbone, backbone_known)
    if objective.violations:
        found["violations"] = violations(predicted, aatype, index, mask)
    return found | {"misplaced": 1 - errors.mean_of(lddt, alpha_known)}


def flat_groups(frames: RigidFrames) -> RigidFrames:
    """Frames of residues and their groups side by side: [batch, length, 8] -> [batch, length * 8]."""
    return RigidFrames(frames.rotation.flatten(1, 2), frames.place.flatten(1, 2))


# ---------------------------------------------------------------- what needs no model


def helix(length: int) -> Tensor:
    """Distances of carbons alpha of an ideal helix, [length, length]."""
    at = torch.arange(length, dtype=torch.float32)
    angle = torch.deg2rad(at * TURN)
    return errors.distances(torch.stack((RADIUS * angle.cos(), RADIUS * angle.sin(), RISE * at), -1))


def average_distances(known: Sequence[Tensor], length: int) -> Tensor:
    """Of residues by their numbers, the mean distance in some proteins; where none is so long, by how far apart."""
    longest = max(length, *(len(each) for each in known))
    total, number = torch.zeros(longest, longest), torch.zeros(longest, longest)
    for each in known:
        total[: len(each), : len(each)] += errors.distances(each)
        number[: len(each), : len(each)] += 1
    apart = torch.arange(longest)
    offset = (apart[:, None] - apart).abs()
    sums, counts = torch.zeros(longest), torch.zeros(longest)
    sums.index_add_(0, offset.flatten(), total.flatten())
    counts.index_add_(0, offset.flatten(), number.flatten())
    usual = torch.where(counts > 0, sums / counts.clamp(min=1), sums.max())[offset]
    return torch.where(number > 0, total / number.clamp(min=1), usual)[:length, :length]


def _misplaced(proteins: Sequence[Tensor], guess: Any) -> float:
    """1 - lDDT of guessed distances, in the mean of some proteins."""
    found = []
    for each in proteins:
        there = torch.ones(1, len(each))
        right = errors.lddt_of_distances(guess(len(each))[None], errors.distances(each)[None], there)
        found.append(1 - float(right.mean()))
    return float(np.mean(found))


def _alphas(row: Cut) -> Tensor:
    return torch.from_numpy(row.protein.atoms[row.start : row.end, ALPHA])


def _shuffled(row: Protein, random: Random) -> Protein:
    order = random.permutation(len(row))
    letters = "".join(row.letters[i] for i in order)
    return Protein(row.document, letters, row.index, row.atoms[order], row.there[order], row.held_out)

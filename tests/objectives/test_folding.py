"""AlphaFold's loss beside OpenFold's numbers (tests/objectives/golden/folding.json, by scripts/golden_folding.py)."""

import json
import math
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from golden_folding import Case, case

from clados import nn as cn, spec as s
from clados.data import read_as
from clados.data.examples import Protein
from clados.data.packing import generator
from clados.models.declared import declared
from clados.nn.folding.geometry import IDEAL, RigidFrames, by_name, carbons_beta
from clados.nn.folding.truth import in_own_order, nearer_names, true_angles, true_frames, turned_frames
from clados.nn.kinds.model import Output
from clados.objectives import Batch, Setting, SourceConfig, fold_errors as errors, task
from clados.objectives.fold_violations import bond_violations, overlaps_between, violations
from clados.objectives.folding import average_distances, fold_terms, fold_weights, helix
from clados.spec.core.scale import scaled

GOLDEN: dict[str, list[float]] = json.loads((Path(__file__).parent / "golden" / "folding.json").read_text("utf-8"))
PRETRAINING, FINETUNING = (each.objective for each in declared("alphafold").recipe.stages)


@cache
def known() -> Case:
    return case()


def given(one: Case) -> tuple[Output, Batch]:
    """What a model gives, and the batch."""
    out = Output(
        backbone_rotations=one.backbone.rotation,
        backbone_places=one.backbone.place,
        group_rotations=one.groups.rotation[:, None],
        group_places=one.groups.place[:, None],
        angles=one.angles,
        unnormalized_angles=one.loose,
        positions=one.places[:, None].expand(-1, 2, -1, -1, -1),
        final_atom_positions=one.named,
        **{f"{name}_logits": each for name, each in one.scores.items()},
    )
    inputs = {"aatype": one.aatype, "residue_index": one.numbers, "seq_mask": torch.ones(one.aatype.shape)}
    targets = {
        "atoms": one.atoms,
        "there": one.there,
        "ids": one.ids,
        "hidden": one.hidden,
        "ended": torch.tensor([True, True]),
    }
    return out, Batch(inputs, targets, {"fold": 2}, 48)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(each, each) for each in ("atoms", "distances", "letters", "confidence", "resolved", "errors")]
    + [("frames", "frames clamped")],
)
def test_a_term_is_that_of_openfold(ours: str, theirs: str) -> None:
    terms = fold_terms(*given(known()), s.Folding(violations=1.0))
    assert terms[ours].tolist() == pytest.approx(GOLDEN[theirs], abs=2e-4, rel=2e-5)


def test_errors_of_some_proteins_do_not_end() -> None:
    out, batch = given(known())
    batch.targets["ended"] = torch.tensor([False, True])
    found = fold_terms(out, batch, s.Folding())["frames"].tolist()
    assert found == pytest.approx([GOLDEN["frames"][0], GOLDEN["frames clamped"][1]], abs=2e-4)


def test_torsions_are_those_of_openfold_and_their_errors_of_side_chains_too() -> None:
    one = known()
    atoms, there = in_own_order(one.atoms, one.there, one.aatype)
    true, other, mask = true_angles(atoms, there, one.aatype, one.numbers)
    shown = (true * mask[..., None] * torch.linspace(0.5, 1.5, 24 * 14).view(24, 7, 2)).sum((1, 2, 3))
    assert float(mask[0].sum()) == GOLDEN["torsions known"][0]
    assert float(mask[1].sum()) < GOLDEN["torsions known"][1]  # they take no notice of breaks
    assert float(shown[0]) == pytest.approx(GOLDEN["torsions"][0], abs=1e-3)
    sides = mask.clone()
    sides[..., :3] = 0
    found = errors.torsion_errors(one.angles, one.loose, true, other, (sides, torch.ones(2, 24)))
    assert found[:, 0].tolist() == pytest.approx(GOLDEN["chi"], rel=1e-5)
    assert found[:, 1].tolist() == pytest.approx(GOLDEN["lengths"], rel=1e-5)


def test_violations_between_residues_are_those_of_openfold() -> None:
    one = known()
    there = torch.ones(2, 24)
    bonds = bond_violations(one.places, one.aatype, one.numbers, there)
    for i, name in enumerate(("bond", "angle at C", "angle at N")):
        assert bonds[:, i].tolist() == pytest.approx(GOLDEN[name], rel=1e-5, abs=1e-6), name
    exists = IDEAL.there[one.aatype]
    found = overlaps_between(one.places, one.aatype, one.numbers, exists)
    assert found.tolist() == pytest.approx(GOLDEN["overlaps"], rel=1e-5)


def test_real_proteins_hardly_violate_anything_and_padding_does_not_count() -> None:
    proteins = read_as(Protein, "structures")[:3]
    config = SourceConfig(length=40)
    batch = task(s.Folding()).prepare(
        [task(s.Folding()).source(proteins, config).at(i) for i in range(3)],
        [generator(i) for i in range(3)],
        Setting(tiny()),
    )
    aatype, mask = batch.inputs["aatype"], batch.inputs["seq_mask"]
    atoms, there = in_own_order(batch.targets["atoms"], batch.targets["there"], aatype)
    whole = (there.sum(-1) == IDEAL.there[aatype].sum(-1)) * mask
    found = violations(atoms, aatype, batch.inputs["residue_index"], whole)
    assert float(found.max()) < 0.05
    alone = violations(atoms[:1, :29], aatype[:1, :29], batch.inputs["residue_index"][:1, :29], whole[:1, :29])
    assert float(alone) == pytest.approx(float(found[0]), abs=1e-5)


def test_the_true_fold_has_no_error_however_it_is_turned_and_atoms_are_called() -> None:
    one = known()
    atoms, there = in_own_order(one.atoms, one.there, one.aatype)
    frames, mask = true_frames(atoms, there, one.aatype)
    turn = RigidFrames(torch.linalg.qr(torch.randn(3, 3))[0], torch.randn(3))
    turn = RigidFrames(turn.rotation * torch.linalg.det(turn.rotation).sign(), turn.place)
    moved = RigidFrames(turn.rotation @ frames.rotation, turn.apply(frames.place))
    flat = [RigidFrames(each.rotation.flatten(1, 2), each.place.flatten(1, 2)) for each in (moved, frames)]
    points = turn.apply(atoms).flatten(1, 2), atoms.flatten(1, 2)
    masks = mask.flatten(1), there.flatten(1)
    found = errors.frame_aligned_error(flat[0], points[0], flat[1], points[1], masks, clamp=10.0)
    assert found.tolist() == pytest.approx([0.001, 0.001], abs=2e-4)  # the root of eps, over 10 ångström
    swapped = true_angles(atoms, there, one.aatype, one.numbers)
    assert not torch.equal(swapped[0], swapped[1])
    names, _, turned = nearer_names(atoms, atoms, there, one.aatype)
    assert not turned.any()
    torch.testing.assert_close(names, atoms)
    torch.testing.assert_close(turned_frames(frames, one.aatype, turned).rotation, frames.rotation)


def test_frames_and_angles_that_are_read_off_atoms_build_them() -> None:
    one = known()
    there = IDEAL.there[one.aatype]
    frames, mask = true_frames(one.places, there, one.aatype)
    found = one.groups
    torch.testing.assert_close(
        frames.rotation * mask[..., None, None], found.rotation * mask[..., None, None], atol=2e-3, rtol=0
    )
    angles, _, known_angles = true_angles(one.places, there, one.aatype, one.numbers)
    ours = one.angles[:, -1]
    sides = known_angles[..., 2:, None]
    torch.testing.assert_close(angles[..., 2:, :] * sides, ours[..., 2:, :] * sides, atol=3e-3, rtol=0)


def tiny() -> s.Fold:
    found = scaled(declared("alphafold").at("model_3"), "250K")
    assert isinstance(found, s.Fold)
    return found


def test_the_loss_is_the_weighted_sum_times_the_root_of_the_length() -> None:
    out, batch = given(known())
    objective = s.Folding(violations=1.0, resolved=0.01, errors=0.1)
    terms = fold_terms(out, batch, objective)
    weights = {
        "atoms": 0.5, "frames": 0.5, "torsions": 0.5, "distances": 0.3, "letters": 2.0, "confidence": 0.01,
        "resolved": 0.01, "violations": 1.0, "errors": 0.1,
    }  # fmt: skip
    assert fold_weights(objective) == weights
    batch.targets["passes"] = torch.tensor(0)
    found = task(objective).loss(lambda **_: out, batch)  # type: ignore[arg-type]
    wanted = math.sqrt(24) * sum(weight * terms[name] for name, weight in weights.items())
    assert float(found.parts["fold"].sum) == pytest.approx(float(torch.as_tensor(wanted).sum()), rel=1e-5)


def test_declared_weights_are_those_of_the_supplement() -> None:
    assert isinstance(PRETRAINING, s.Folding)
    assert isinstance(FINETUNING, s.Folding)
    assert (PRETRAINING.resolved, PRETRAINING.violations) == (0.0, 0.0)
    assert (FINETUNING.resolved, FINETUNING.violations) == (0.01, 1.0)


def rows(number: int) -> list[Any]:
    source = task(s.Folding()).source(read_as(Protein, "structures"), SourceConfig(length=20))
    return [source.at(i) for i in range(number)]


def test_passes_and_what_ends_are_drawn_and_on_held_out_proteins_are_not() -> None:
    one, setting = task(s.Folding()), Setting(tiny())
    drawn = [one.prepare(rows(2), [generator(seed), generator(seed, 1)], setting) for seed in range(30)]
    assert {int(each.targets["passes"]) for each in drawn} == {0, 1, 2, 3}
    assert 0.75 < float(torch.stack([each.targets["ended"].float() for each in drawn]).mean()) < 1
    held = [one.held_out.prepare(rows(2), [generator(seed), generator(seed, 1)], setting) for seed in range(5)]
    assert {int(each.targets["passes"]) for each in held} == {3}
    assert all(each.targets["ended"].all() for each in held)


def test_what_pads_a_protein_changes_no_term() -> None:
    one, setting = task(s.Folding(violations=1.0)), Setting(tiny())
    short, long = rows(2)
    short = replace(short, end=12)
    made = cn.build(tiny(), seed=1)
    random = [generator(1), generator(2)]
    both = one.held_out.prepare([short, long], random, setting)
    alone = one.held_out.prepare([short], [generator(1)], setting)
    assert both.inputs["aatype"].shape == (2, 20)
    for batch in (both, alone):
        batch.targets["passes"] = torch.tensor(0)
    with torch.no_grad():
        terms = [fold_terms(made(**each.inputs, passes=0), each, one.objective) for each in (both, alone)]
    for name, value in terms[1].items():
        assert float(terms[0][name][0]) == pytest.approx(float(value[0]), rel=1e-3, abs=1e-4), name


def test_guesses_without_a_model() -> None:
    found = helix(5)
    assert float(found[0, 1]) == pytest.approx(3.8, abs=0.1)
    places = [torch.randn(4, 3), torch.randn(4, 3)]
    mean = (errors.distances(places[0]) + errors.distances(places[1])) / 2
    torch.testing.assert_close(average_distances(places, 3), mean[:3, :3])
    assert average_distances(places, 6).shape == (6, 6)


def test_lddt_by_hand() -> None:
    true = torch.tensor([[[0.0, 0, 0], [3.8, 0, 0], [7.6, 0, 0], [60.0, 0, 0]]])
    moved = true.clone()
    moved[0, 2, 0] += 1.5  # two distances off by 1.5: half of the four bounds hold
    found = errors.lddt(moved, true, torch.ones(1, 4))[0]
    assert found[:3].tolist() == pytest.approx([0.75, 0.75, 0.5])


def test_carbons_beta_of_all_names() -> None:
    one = known()
    beta = carbons_beta(by_name(one.places, one.aatype), one.aatype)
    assert np.isfinite(beta.numpy()).all()

"""Models that fold proteins: what turns with the frames, what padding leaves alone, what is refused, and memory."""

import math
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from clados import nn as cn, spec as s
from clados.models.declared import declared
from clados.nn.core.module import module
from clados.nn.folding import evoformer
from clados.nn.folding.geometry import IDEAL, RigidFrames, atom_places, from_points, group_frames, quaternion_rotation
from clados.proofs.cases import example_inputs, small
from clados.proofs.references import randomise
from clados.spec.core.pieces import Env
from clados.spec.folding.residues import ATOM_NAMES, RESIDUE_LETTERS, RESIDUES


def small_model(size: str = "model_3") -> s.Fold:
    """A small model of a published size."""
    model = small(declared("alphafold").at(size))
    assert isinstance(model, s.Fold)
    return model


def filled(model: s.Fold) -> Any:
    """A model with random weights, none of them zero."""
    made = cn.build(model)
    randomise(dict(made.named_parameters()))
    return made


def some_frames(length: int) -> RigidFrames:
    return RigidFrames(
        quaternion_rotation(torch.randn(1, length, 3, dtype=torch.float64)), torch.randn(1, length, 3).double()
    )


def test_point_attention_does_not_see_how_all_frames_together_are_turned_and_moved() -> None:
    torch.manual_seed(1)
    model = small_model()
    env = Env(model.size.structure.dims, model.norm, pair=model.size.pair.dims)
    made: Any = module(s.PointAttention(), env).double()
    randomise(dict(made.named_parameters()))
    x, z = torch.randn(1, 5, 14).double(), torch.randn(1, 5, 5, 10).double()
    frames, outside = some_frames(5), some_frames(1)
    moved = outside.then(frames)
    torch.testing.assert_close(made(x, z, moved, None), made(x, z, frames, None))
    torch.testing.assert_close(moved.inverse(outside.apply(frames.place)), torch.zeros(1, 5, 3).double())


def test_a_rotation_keeps_lengths_and_hands() -> None:
    rotation = quaternion_rotation(torch.randn(40, 3).double())
    torch.testing.assert_close(rotation @ rotation.mT, torch.eye(3).double().expand(40, 3, 3))
    torch.testing.assert_close(torch.linalg.det(rotation), torch.ones(40).double())


def test_atoms_of_a_residue_have_the_bonds_of_the_ideal_geometry() -> None:
    """Bond lengths in ångström: Engh & Huber 2001, as in AlphaFold's stereo_chemical_props.txt."""
    aatype = torch.arange(20)[None]
    angle = torch.rand(1, 20, 7).double() * 2 * math.pi
    frames = some_frames(20)
    angles = torch.stack((angle.sin(), angle.cos()), -1)
    atoms = atom_places(group_frames(frames, angles, aatype), aatype)[0]
    bonds = {("N", "CA"): 1.46, ("CA", "C"): 1.525, ("C", "O"): 1.23, ("CA", "CB"): 1.53, ("CB", "CG"): 1.52}
    for residue, places in zip(RESIDUES, atoms):
        numbers = {atom.name: i for i, atom in enumerate(residue.atoms)}
        for (one, other), length in bonds.items():
            if one in numbers and other in numbers:
                found = float((places[numbers[one]] - places[numbers[other]]).norm())
                assert found == pytest.approx(length, abs=0.03), (residue.name, one, other)


def test_a_backbone_frame_is_that_of_its_three_atoms() -> None:
    frames = some_frames(7)
    n, ca, c = frames.at(..., None).apply(IDEAL.atoms[0, :3].double()).unbind(-2)
    again = from_points(c, ca, n)
    torch.testing.assert_close(again.rotation, frames.rotation, atol=1e-4, rtol=0)
    torch.testing.assert_close(again.place, frames.place)


def test_residues_are_the_twenty_with_167_atoms() -> None:
    assert "".join(sorted(RESIDUE_LETTERS)) == "ACDEFGHIKLMNPQRSTVWY"
    assert sum(len(each.atoms) for each in RESIDUES) == 167
    assert {atom.name for each in RESIDUES for atom in each.atoms} == {*ATOM_NAMES} - {"OXT"}


def test_padding_changes_nothing_before_it() -> None:
    made, read = filled(small_model("model_1")).double(), example_inputs(small_model("model_1"))
    read = {name: each.double() if each.is_floating_point() else each for name, each in read.items()}
    longer = {}
    for name, each in read.items():
        axes = (2, 3) if name == "template_pair_feat" else () if name == "template_mask" else (min(2, each.dim() - 1),)
        for axis in axes:
            each = torch.cat((each, torch.ones_like(each.narrow(axis, 0, 2))), axis)
        longer[name] = each
    there = torch.tensor([[1] * 6 + [0] * 2])
    with torch.no_grad():
        whole, padded = made(**read), made(**longer, seq_mask=there)
    for name in ("lddt_logits", "final_atom_positions"):
        torch.testing.assert_close(padded[name][:, :6], whole[name])
    torch.testing.assert_close(padded.distogram_logits[:, :6, :6], whole.distogram_logits)


def test_passes_go_on_from_what_an_earlier_call_gave() -> None:
    made, read = filled(small_model()), example_inputs(small_model())
    with torch.no_grad():
        once = made(**read, passes=0)
        again = made(**read, passes=0, recycled=once)
        together = made(**read, passes=1)
    torch.testing.assert_close(again.lddt_logits, together.lddt_logits)
    assert not torch.equal(once.lddt_logits, again.lddt_logits)


class Largest(TorchDispatchMode):
    """How many numbers the largest new tensor has."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.most = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for each in out if isinstance(out, tuple | list) else (out,):
            if isinstance(each, torch.Tensor):
                self.most = max(self.most, each.untyped_storage().nbytes() // each.element_size())
        return out


@pytest.mark.parametrize("training", [False, True])
def test_no_tensor_of_the_cube_of_the_length_is_held_and_rows_at_a_time_give_the_same(
    training: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, length = small_model(), 40
    made: Any = filled(model).blocks[0]
    m, z = torch.randn(1, 3, length, 12), torch.randn(1, length, length, 10, requires_grad=training)
    whole = made(m, z, None, None)[1]
    monkeypatch.setattr(evoformer, "WIDEST", 4 * length * length)
    with torch.set_grad_enabled(training), Largest() as seen:
        found = made(m, z, None, None)[1]
        if training:
            found.square().sum().backward()
    torch.testing.assert_close(found, whole, atol=1e-5, rtol=1e-4)
    assert seen.most < length**3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"aatype": None}, "aatype"),
        ({"msa_feat": torch.zeros(1, 3, 5, 7)}, "msa_feat is [1, 3, 5, 7]"),
        ({"seq_maks": torch.ones(1, 6)}, "seq_mask"),
        ({"template_mask": torch.ones(1, 2)}, "reads no templates"),
        ({"extra_msa_mask": torch.ones(1, 9, 6)}, "extra_msa_mask"),
    ],
)
def test_what_does_not_go_together_is_named(given: dict[str, Any], said: str) -> None:
    made, read = cn.build(small_model()), example_inputs(small_model())
    with pytest.raises(s.SpecError) as refused:
        made(**(read | given))
    assert said in str(refused.value)


def test_templates_and_their_size_go_together() -> None:
    with pytest.raises(s.SpecError, match="templates"):
        small_model("model_1").but(templates=None)

"""Texts, numbers and patches in one sequence: what the oracle of ``clados verify`` does not show."""

import itertools

import pytest
import torch
from torch import Tensor

import clados
from clados import spec as s
from clados.models.declared import declared
from clados.nn.inputs.multimodal import Multimodal
from clados.nn.kinds.single import Decoder
from clados.nn.residuals import SkippedBlock
from clados.proofs.cases import ModelInputs, example_inputs, small

INPUTS: s.Multimodal = small(declared("gato").model).inputs  # type: ignore[attr-defined]


def built(**changes: object) -> Decoder:
    made = clados.build(small(declared("gato").model).but(**changes), seed=1)
    assert isinstance(made, Decoder)
    return made.eval()


def seen() -> ModelInputs:
    """The second example: a text with four patches."""
    every = example_inputs(built().spec)
    kept = {name: every[name][1:2, :19] for name in ("input_ids", "local_positions")}
    return {**kept, **{name: every[name][:4] for name in ("pixel_values", "patch_intervals")}}


@torch.no_grad()
def test_patches_are_read_with_a_cache_as_without() -> None:
    model, read = built(), seen()
    full = model(**read).logits
    cache, edges, found = model.cache(1, 19), [0, 3, 4, 9, 10, 19], []
    for start, end in itertools.pairwise(edges):
        ids = read["input_ids"][:, start:end]
        before = int((read["input_ids"][:, :start] == INPUTS.image_token).sum())
        own = slice(before, before + int((ids == INPUTS.image_token).sum()))
        patches = {name: read[name][own] for name in ("pixel_values", "patch_intervals") if own.start < own.stop}
        found.append(model(ids, local_positions=read["local_positions"][:, start:end], cache=cache, **patches).logits)
    torch.testing.assert_close(torch.cat(found, 1), full, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_a_place_is_drawn_in_training_and_the_rounded_middle_otherwise() -> None:
    inputs = built().inputs
    assert isinstance(inputs, Multimodal)
    torch.manual_seed(0)
    intervals = torch.tensor([[[2, 5], [7, 11]]]).expand(400, 2, 2)
    middle = inputs.rows.weight[4] + inputs.columns.weight[9]  # 3.5 to the even 4, as 9
    torch.testing.assert_close(inputs.placed_vectors(intervals), middle.expand(400, -1))
    drawn = inputs.train().placed_vectors(intervals)
    possible = [inputs.rows.weight[i] + inputs.columns.weight[j] for i in range(2, 5) for j in range(7, 11)]
    counts = [int(torch.isclose(drawn, each).all(1).sum()) for each in possible]
    assert sum(counts) == 400
    assert min(counts) > 400 / 12 / 2
    last = torch.tensor([[[10, 11], [10, 11]]])  # of 11: its mean, 10.5, is rounded to 10
    torch.testing.assert_close(
        inputs.eval().placed_vectors(last)[0], inputs.rows.weight[10] + inputs.columns.weight[10]
    )


@torch.no_grad()
def test_all_tokens_of_actions_gain_one_vector_and_texts_none() -> None:
    inputs = built().inputs
    assert isinstance(inputs, Multimodal)
    ids, positions = torch.tensor([[5, 5, 5, 5]]), torch.arange(4)[None]
    plain = inputs(ids, positions)
    local = torch.tensor([[-1, 0, INPUTS.of_actions, INPUTS.of_actions]])
    gained: Tensor = inputs(ids, positions, local_positions=local) - plain
    torch.testing.assert_close(gained[0], torch.stack([0 * gained[0, 0], *inputs.local.weight[[0, 7, 7]]]))


@torch.no_grad()
def test_padding_changes_nothing() -> None:
    model = built()
    every = example_inputs(model.spec)
    alone = model(**seen()).logits
    torch.testing.assert_close(model(**every).logits[1:2, :19], alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pixel_values": None}, r"input_ids have 4 places of patches \(id 161\); 0 are given"),
        ({"pixel_values": torch.zeros(3, 3, 5, 5)}, "4 places of patches .* 3 are given"),
        ({"pixel_values": torch.zeros(4, 3, 5, 6)}, r"pixel_values is \[4, 3, 5, 6\]; \[4, 3, 5, 5\] is allowed"),
        ({"patch_intervals": None}, "pixel_values need patch_intervals"),
        ({"patch_intervals": torch.zeros(4, 2)}, r"patch_intervals is \[4, 2\]; \[4, 2, 2\] is allowed"),
        ({"local_positions": torch.zeros(1, 3)}, r"local_positions is \[1, 3\]"),
    ],
)
def test_patches_that_do_not_fit_are_refused(change: ModelInputs, message: str) -> None:
    with pytest.raises(s.SpecError, match=message):
        built()(**{**seen(), **change})


def test_a_branch_is_left_out_of_some_texts_in_training() -> None:
    block = built().train().stack.blocks[0]
    assert isinstance(block, SkippedBlock)
    torch.manual_seed(0)
    x = torch.ones(2000, 1, 1)
    joined = block.joined(torch.zeros_like(x), x)
    assert joined.unique().tolist() == pytest.approx([0, 1 / 0.9])
    assert joined.mean() == pytest.approx(1, abs=0.03)


def test_words_of_its_declaration_are_checked() -> None:
    with pytest.raises(s.SpecError, match=r"Multimodal\.bins is 0; it must be at least 1"):
        INPUTS.but(bins=0)
    with pytest.raises(s.SpecError, match=r"PatchResNet\.width is 7; a multiple of the 2 groups is allowed"):
        INPUTS.patches.but(width=7)

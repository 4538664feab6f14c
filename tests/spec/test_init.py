"""Initialisation: the laws that papers state, and draws that follow them by their moments."""

import math
from dataclasses import replace

import pytest
import torch

from clados import spec as s
from clados.models.declared import declared
from clados.nn import build
from clados.proofs.cases import small_vocabulary
from clados.spec.core.pieces import Env, Pieces, Projection, Weight
from tests.spec.examples import models

CUT = 0.879626  # standard deviation of a unit normal cut at two
QKV_AND_DOWN = ("stack.blocks.0.attn.qkv.weight", "stack.blocks.0.mlp.down.weight")
SURE = 6.0  # standard errors


def moderate(model: s.Model) -> s.Model:
    """Large enough for moments, small enough for a test."""
    small = s.tiny(model)
    if not any(isinstance(part, s.AdaptiveTokens) for part in s.parts(small)):  # too few draws for its rarest words
        small = small_vocabulary(small)
    if isinstance(
        small,
        s.TwoTower
        | s.ImageDenoiser
        | s.ImageEnlarger
        | s.CodePainter
        | s.Codes
        | s.Fold
        | s.Pyramid
        | s.Bridged
        | s.PointCloud,
    ):
        return small
    size = small.sides.encoder if isinstance(small, s.EncoderDecoder) else small.size
    narrow = {"d_embedding": 64} if size.d_embedding else {}
    return small.resized(s.Size(layers=2, d_model=128, heads=4, d_ff=320, experts=size.experts, **narrow))


@pytest.mark.parametrize("name", models())
def test_every_tensor_is_drawn_by_its_declared_law(name: str) -> None:
    model = moderate(models()[name])
    module = build(model, seed=3)
    for row in s.rows(model):
        tensor = module.get_parameter(row.path).detach()
        if isinstance(row.part, s.TwoTower):
            assert tensor.exp().item() == pytest.approx(1 / row.part.temperature)
            tensor = tensor[None]
        fills = model.init.fills(row)
        for fill, drawn in zip(fills, tensor.split([fill.rows for fill in fills]), strict=True):
            follows(drawn.double(), fill, row.path)


def follows(drawn: torch.Tensor, fill: s.Fill, path: str) -> None:
    """Mean and standard deviation within the error of so many draws."""
    if fill.std == 0:
        assert (drawn == torch.tensor(fill.mean).double()).all(), path
        return
    std = fill.std * (CUT if fill.law == "truncated" else 1.0)
    n = drawn.numel()
    assert abs(drawn.mean().item()) < SURE * std / math.sqrt(n), path
    if n > 1:
        assert abs(drawn.std().item() / std - 1) < SURE / math.sqrt(2 * n), path
    if fill.law == "truncated":
        assert drawn.abs().max() <= 2 * fill.std, path
    if fill.law == "uniform":
        assert drawn.abs().max() <= fill.std * math.sqrt(3) * (1 + 1e-6), path  # rounded to float32


LAWS = [  # model, tensor, output, standard deviation: written out from the papers and the authors' code
    ("bert:base", "stack.blocks.0.attn.qkv.weight", 0, 0.02),
    ("gpt:117m", "inputs.position.table.weight", 0, 0.02),
    ("gpt-2:small", "inputs.position.table.weight", 0, 0.01),
    ("gpt-2:small", "stack.blocks.3.attn.out.weight", 0, 0.02 / math.sqrt(24)),
    ("gpt-2:small", "stack.blocks.3.mlp.up.weight", 0, 0.02),
    ("gpt-3:175b", "stack.blocks.95.mlp.down.weight", 0, 0.02 / math.sqrt(192)),
    ("gpt-neox-20b:20b", "inputs.tokens.weight", 0, math.sqrt(2 / (5 * 6144))),
    ("gpt-neox-20b:20b", "stack.blocks.0.mlp.down.weight", 0, 2 / (44 * math.sqrt(6144))),
    ("t5:small", "inputs.tokens.weight", 0, 1.0),
    ("t5:small", "encoder.blocks.0.attn.qkv.weight", 0, (512 * 64) ** -0.5),
    ("t5:small", "encoder.blocks.0.attn.qkv.weight", 1, 512**-0.5),
    ("t5:small", "encoder.blocks.0.mlp.down.weight", 0, 2048**-0.5),
    ("t5-v1.1:small", "heads.lm.table.weight", 0, 512**-0.5),
    ("transformer:base", "inputs.tokens.weight", 0, 512**-0.5),
    ("transformer:base", "encoder.blocks.0.mlp.down.weight", 0, math.sqrt(2 / (2048 + 512))),
    ("transformer:base", "decoder.blocks.0.cross.kv.weight", 1, 512**-0.5),
    ("vit:b/16", "stack.blocks.0.mlp.up.weight", 0, math.sqrt(2 / (768 + 3072))),
    ("vit:b/16", "stack.blocks.0.attn.qkv.weight", 0, math.sqrt(2 / (768 + 768))),
    ("vit:b/16", "heads.classifier.out.weight", 0, 0.0),
    ("vit:b/16", "inputs.positions.weight", 0, 0.02),
    ("clip:vit-b/32", "text.inputs.position.table.weight", 0, 0.01),
    ("clip:vit-b/32", "text.stack.blocks.0.attn.qkv.weight", 0, 512**-0.5),
    ("clip:vit-b/32", "text.stack.blocks.0.attn.out.weight", 0, (512 * 24) ** -0.5),
    ("clip:vit-b/32", "text.stack.blocks.0.mlp.up.weight", 0, 1024**-0.5),
    ("clip:vit-b/32", "image.inputs.cls", 0, 768**-0.5),
    ("clip:vit-b/32", "image.inputs.patch", 0, (3 * 3 * 32 * 32) ** -0.5),
    ("decision-transformer:atari", "inputs.timesteps.weight", 0, 0.0),
]


def below(kind: type[s.Init]) -> list[type[s.Init]]:
    """Every law."""
    return [one for each in kind.__subclasses__() for one in (each, *below(each))]


class Slopes(s.Part):
    """A gain, a bias, and a number that says where it starts: PReLU's slope (He et al. 2015, §2.1: 0.25)."""

    def pieces(self, env: Env) -> Pieces:
        return {"gain": Weight((3,)), "a_bias": Weight((3,)), "slope": Weight((), start=0.25)}


@pytest.mark.parametrize("law", below(s.Init))
def test_what_adds_up_no_inputs_starts_where_its_part_says_under_every_law(law: type[s.Init]) -> None:
    env = Env(s.Size(2, 8, 2).dims, s.LayerNorm())
    starts = [law().fills(row) for row in s.rows(Slopes(), env)]
    assert [(fill.std, fill.mean) for (fill,) in starts] == [(0.0, 1.0), (0.0, 0.0), (0.0, 0.25)]


@pytest.mark.parametrize(("name", "path", "out", "std"), LAWS)
def test_the_law_of_a_tensor_is_the_papers(name: str, path: str, out: int, std: float) -> None:
    model, _, size = name.partition(":")
    declared_model = declared(model).at(size)
    row = next(row for row in s.rows(declared_model) if row.path == path)
    assert declared_model.init.fills(row)[out].std == pytest.approx(std)


def test_two_seeds_draw_otherwise_and_one_seed_alike() -> None:
    one, same, other = (build(s.tiny(declared("gpt").model), seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["inputs.tokens.weight"], other["inputs.tokens.weight"])


def test_any_product_may_end_a_branch() -> None:
    gpt = declared("gpt-2").model
    qkv, down = (row for row in s.rows(gpt) if row.path in QKV_AND_DOWN)
    assert isinstance(qkv.piece, Projection)
    ending = replace(qkv, piece=replace(qkv.piece, ends_branch=True))
    stds = [gpt.init.fills(row)[0].std for row in (qkv, ending, down)]
    assert stds == [0.02, 0.02 / math.sqrt(2 * 12), 0.02 / math.sqrt(2 * 12)]  # Radford et al. 2019, §2.3


@pytest.mark.parametrize(
    ("std", "paper", "width", "narrow"),
    [
        (0.02, 768, 192, 0.04),  # Yang et al. 2022, table 3: a quarter of the inputs, twice the std
        (0.02, 12_288, 192, (2 / (5 * 192)) ** 0.5),  # not 0.16, from which GPT-3.5's small self learns badly
        (0.02, 768, 768, 0.02),
        (0.02, 192, 768, 0.01),
        (0.1, 512, 256, 0.1),  # wide as published is not made narrower
    ],
)
def test_a_narrower_model_is_drawn_wider_up_to_the_small_law(std: float, paper: int, width: int, narrow: float) -> None:
    assert s.Normal(std).narrowed(paper, width).std == pytest.approx(narrow)
    assert s.FanIn().narrowed(paper, width) == s.FanIn()  # follows the widths by itself

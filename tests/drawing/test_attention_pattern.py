"""The drawn attention patterns are the masks that the models compute with."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from clados.catalog.counts import named_model
from clados.cli.frame import run_command_line
from clados.drawing.attention_pattern import LONGEST_PATTERN, attention_figure, attention_pattern
from clados.errors import InputError
from clados.models.declared import declared
from clados.nn.attention.windows import Windows
from clados.nn.core.module import made
from clados.spec.attention.windows import ShiftedWindows, WindowAttention
from clados.spec.core.pieces import Env


@pytest.mark.parametrize(
    ("name", "layer"),
    [("dall-e", 0), ("dall-e", 1), ("dall-e", 63), ("gpt-neo", 1), ("gpt-2", 0), ("decision-transformer", 0)],
)
def test_what_is_drawn_is_what_is_computed(name: str, layer: int) -> None:
    model: Any = declared(name).model
    stack, size, inputs = (
        (model.decoder.stack, model.size.decoder, model.decoder.inputs)
        if name == "dall-e"
        else (model.stack, model.size, model.inputs)
    )
    length = 400
    env = Env(size.dims, stack.norm, inputs)
    places = torch.arange(length)
    mask = made(stack.sees)(places, places)
    pattern = stack.blocks(size.dims.layers)[layer].attn.pattern
    if pattern is not None:
        mask = mask & made(pattern, env)(places, places)
    named = f"{'decoder.' if name == 'dall-e' else ''}stack.blocks.{layer}"
    assert attention_pattern(model, named, length).cells == tuple(map(tuple, mask.float().tolist()))


@pytest.mark.parametrize("attn", [WindowAttention(), ShiftedWindows()])
@pytest.mark.parametrize("side", [4, 8, 10, 12])
def test_the_places_of_a_map_see_those_that_its_layer_computes_with(attn: WindowAttention, side: int) -> None:
    model: Any = declared("swin").model
    model = model.but(stack=model.stack.but(window=4, block=model.stack.kinds[0].but(attn=attn)))
    dims = replace(model.size.stages[0].dims, d_model=8, heads=2, kv_heads=2, head_dim=4)
    env = Env(dims, model.stack.norm, model.inputs, window=4)
    torch.manual_seed(0)
    layer: Any = made(attn, env).eval()
    for weight in layer.parameters():
        torch.nn.init.normal_(weight)
    x = torch.randn(1, side, side, 8, requires_grad=True)
    shift = 2 if isinstance(attn, ShiftedWindows) and side > 4 else 0
    out = layer(x, Windows.of(x, (4, 4), 4, shift)).reshape(side**2, 8)
    seen = [torch.autograd.grad(row.sum(), x, retain_graph=True)[0].abs().sum(-1).flatten() > 0 for row in out]
    drawn = attention_pattern(model, "stages.0.blocks.0", side**2).cells
    assert drawn == tuple(tuple(row.float().tolist()) for row in seen)


def test_windows_are_said_and_counted_through_all_stages() -> None:
    swin, gc_vit = declared("swin").model, declared("gc-vit").model
    shifted = attention_pattern(swin, "stages.1.blocks.1")
    assert (shifted.number, shifted.said) == (4, "shifted windows of 7 × 7 on a map of 14 × 14, row by row")
    assert attention_pattern(swin, "stages.3.blocks.1").said == "windows of 7 × 7 on a map of 7 × 7, row by row"
    assert attention_pattern(gc_vit, "stages.0.blocks.1").said.startswith("global queries of 7 × 7")


def test_a_prefix_is_read_both_ways_and_blocks_are_seen_by_some_heads() -> None:
    glm = attention_pattern(declared("glm").model, "stack.blocks.0", 5)
    assert glm.cells[0] == (1, 1, 1, 0, 0)
    assert glm.cells[3] == (1, 1, 1, 1, 0)
    bird = attention_pattern(named_model("big-bird").model, "stack.blocks.0", 64 * 8).cells
    assert set(bird[0]) == {1.0}  # the first block is global
    assert bird[64 * 3][64 * 2] == 1.0  # a neighbour
    assert 0 < bird[64 * 3][64 * 6] < 1  # perhaps one of its random blocks


def test_the_figure_says_how_much_is_seen_and_is_the_same_twice() -> None:
    model = declared("gpt-2").model
    figure = attention_figure(model, "gpt-2", "stack.blocks.0", 8)
    assert "36 of 64 pairs (56%)" in figure.svg
    assert figure.svg == attention_figure(model, "gpt-2", "stack.blocks.0", 8).svg
    assert "tinted" in attention_figure(declared("big-bird").model, "big-bird", "stack.blocks.0", 600).svg


@pytest.mark.parametrize(
    ("name", "layer", "length", "said"),
    [
        ("t5", "1", 8, "layers are named as in encoder.blocks.0, decoder.blocks.0"),
        ("t5", "decoder.blocks.24", 8, "decoder.blocks has 24 layers, 0 to 23"),
        ("gpt-2", "stack.blocks.-1", 8, "0 to 11"),
        ("gpt-2", "stack.blocks.007", 8, "no layer 'stack.blocks.007': stack.blocks has 12 layers, 0 to 11"),
        ("gpt-2", "stack.blocks.٣", 8, "no layer 'stack.blocks.٣'"),
        ("gpt-2", f"stack.blocks.{'1' * 5000}", 8, "no layer 'stack.blocks.1"),
        ("gpt-2", "x", 8, "no layer 'x'"),
        ("gpt-2", "stack.blocks.0", 100_000, "a length of 100,000 positions; it must be"),
        ("gpt-2", "stack.blocks.0", 0, f"it must be 1 to {LONGEST_PATTERN:,}"),
        ("swin", "stack.blocks.0", 8, "layers are named as in stages.0.blocks.0, stages.1.blocks.0"),
        ("swin", "stages.0.blocks.2", 9, "stages.0.blocks has 2 layers, 0 to 1"),
        ("gc-vit", "stages.0.blocks.0", 8, "a map is a square, such as 2 x 2: 4"),
        ("alphafold", "stack.blocks.0", 8, "have no stack"),
    ],
)
def test_what_cannot_be_drawn_is_said(name: str, layer: str, length: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        attention_pattern(declared(name).model, layer, length)


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["draw", "gpt-2", "--attention", "stack.blocks.0", "--length", "3"]) == 0
    said = capsys.readouterr().out
    assert "stack.blocks.0, layer 1 of 48" in said
    assert "■ ■ ·" in said
    assert run_command_line(["draw", "gpt-2", "--length", "3"]) == 2
    assert "name the layer" in capsys.readouterr().err

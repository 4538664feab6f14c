"""DALL-E: what each layer sees, decoding from a cache, codes of images."""

from typing import Any

import pytest
import torch

from clados import nn as cn, spec as s
from clados.catalog.differences import diff
from clados.models.declared import declared
from clados.nn.core.module import made
from clados.proofs.cases import example_inputs, small
from clados.spec.core.pieces import Env

DALL_E: Any = declared("dall-e")
SMALL: Any = small(DALL_E.model)


def seen(pattern: s.GridPattern, text: int = 6, side: int = 4) -> list[list[int]]:
    """The places of the image that each of its places sees, where all before it may be seen."""
    position = s.TextThenGrid(text=text, side=side)
    inputs = s.TextThenCodes(vocab=s.Vocabulary(kind="bytes", size=9), position=position, codes=5)
    places = torch.arange(position.places)
    mask = made(pattern, Env(s.Size(1, 8, 1).dims, s.LayerNorm(), inputs))(places, places)
    mask &= places <= places[:, None]
    assert mask[text:, :text].all()  # an image's place sees the whole text
    assert mask[:text].equal((places <= places[:, None])[:text])  # a text's place what came before
    return [row.nonzero()[:, 0].tolist() for row in mask[text:, text:]]


def test_layers_see_what_the_papers_figure_shows() -> None:
    """Six tokens and an image of 4 x 4, a square of 3 x 3 (arXiv:2102.12092, figure 11)."""
    assert seen(s.GridRow())[9] == [5, 6, 7, 8, 9]
    assert seen(s.GridColumn())[9] == [1, 5, 9]
    assert seen(s.GridKernel(side=3))[9] == [4, 5, 6, 8, 9]
    assert seen(s.GridKernel(side=3))[8] == [3, 4, 5, 7, 8]  # it goes on at the edge


def test_layers_take_turns_and_the_last_is_another() -> None:
    """Appendix B.1: columns where (i - 2) mod 4 is 0, rows elsewhere, the square in layer 64."""
    layers = DALL_E.model.decoder.stack.blocks(64)
    kinds = [type(block.attn.pattern) for block in layers]
    assert [i for i, kind in enumerate(kinds, 1) if kind is s.GridColumn] == [*range(2, 64, 4)]
    assert [i for i, kind in enumerate(kinds, 1) if kind is s.GridKernel] == [64]
    assert layers[-1].attn.pattern.side == 11


@torch.inference_mode()
def test_codes_one_by_one_are_scored_as_all_at_once() -> None:
    model: Any = cn.build(SMALL, seed=1)
    torch.nn.init.normal_(model.decoder.heads["lm"].codes.weight)  # which training begins at 0
    ids = example_inputs(SMALL)["input_ids"]
    whole, text = model(ids).image_logits, SMALL.decoder.inputs.text
    cache = model.cache(len(ids), ids.size(1))
    steps = [model.next_codes(ids[:, :text], cache)]
    steps += [model.next_codes(ids[:, i : i + 1], cache) for i in range(text, ids.size(1))]
    torch.testing.assert_close(torch.stack(steps, 1), whole, rtol=1e-5, atol=1e-5)


@torch.inference_mode()
def test_codes_of_an_image_are_those_that_its_image_is_made_of() -> None:
    model: Any = cn.build(SMALL, seed=1)
    pixels = example_inputs(SMALL)["pixel_values"]
    out = model(pixel_values=pixels)
    assert out.codes.equal(model.codes.encode(pixels))
    shares = torch.nn.functional.one_hot(out.codes, SMALL.codes.codes).movedim(-1, 1).float()
    torch.testing.assert_close(model.codes.decode(shares), out.reconstruction, rtol=1e-5, atol=1e-5)
    noise = torch.zeros_like(out.code_logits)
    noise[:, 3] = 1e9
    assert (model(pixel_values=pixels, noise=noise).codes == 3).all()


def test_what_does_not_fit_is_refused_in_one_line() -> None:
    model: Any = cn.build(SMALL, seed=1)
    with pytest.raises(s.SpecError, match="pixel_values are 10 x 12; the sides must be multiples of 4"):
        model(pixel_values=torch.zeros(1, 3, 10, 12))
    with pytest.raises(s.SpecError, match="reads input_ids or pixel_values"):
        model()
    with pytest.raises(s.SpecError, match="has 36 places for it"):
        SMALL.but(inputs=s.Pixels(image=28))
    with pytest.raises(s.SpecError, match="reads 14 codes, and its coder has 13"):
        SMALL.but(decoder=s.but(inputs=s.but(codes=14)))
    gpt = s.tiny(declared("gpt-2").model)
    with pytest.raises(s.SpecError, match="needs inputs whose position is TextThenGrid"):
        cn.build(gpt.but(stack=s.but(block=s.but(attn=s.but(pattern=s.GridRow())))))


def test_kinds_without_heads_are_compared_in_words() -> None:
    said = diff("gpt-3", "dall-e")
    assert {"no LM head", "decoder of a text and the codes of an image"} <= {each.sentence for each in said.changes}

"""Stages of windows: what the references of ``clados verify`` do not show."""

import pytest
import torch
import torch.nn.functional as F

import clados
from clados import spec as s
from clados.models.declared import declared
from clados.nn.dropout import drop_path
from clados.nn.kinds.pyramid import Pyramid
from clados.proofs.cases import small


def built(name: str, **changes: object) -> Pyramid:
    made = clados.build(small(declared(name).model).but(**changes), seed=1)
    assert isinstance(made, Pyramid)
    return made


def images(height: int, width: int) -> torch.Tensor:
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(2))


def test_the_rate_of_dropped_paths_rises_by_layers() -> None:
    assert s.DropPath(0.3).rates(4) == pytest.approx((0, 0.1, 0.2, 0.3))
    assert s.DropPath(0.3).rates(1) == (0,)
    x = torch.ones(4000, 2, 1, 3)
    torch.manual_seed(0)
    kept = drop_path(x, 0.25, training=True)
    assert kept.unique().tolist() == pytest.approx([0, 4 / 3])
    assert kept.mean() == pytest.approx(1, abs=0.04)
    assert torch.equal(kept[:, :1, :, :1].expand_as(kept), kept)  # an example is left out whole
    assert drop_path(x, 0.25, training=False) is x


@torch.no_grad()
def test_tables_grow_with_the_window() -> None:
    """As the authors' load_pretrained does it: S1 x S1 to S2 x S2, bicubic (utils.py)."""
    model = built("swin")
    same = model.grown(4, 58)
    assert torch.equal(same(pixel_values=images(58, 58)).logits, model(pixel_values=images(58, 58)).logits)
    larger = model.grown(6, 88)
    assert larger.spec.stack.window == 6
    ours, theirs = (each.get_parameter("stages.1.blocks.1.attn.table.weight") for each in (larger, model))
    square = F.interpolate(theirs.permute(1, 0).view(1, 2, 7, 7), size=(11, 11), mode="bicubic")
    assert torch.equal(ours, square.view(2, 121).permute(1, 0))
    assert larger(pixel_values=images(88, 88)).logits.isfinite().all()


@torch.no_grad()
def test_a_window_takes_the_offsets_that_it_has() -> None:
    """A map smaller than the window: as if it had been made for it, with the middle of the table."""
    model = built("swin", stack=s.but(window=5))
    narrow = built("swin", stack=s.but(window=3))
    state = {
        name: each.view(9, 9, -1)[2:7, 2:7].flatten(0, 1) if name.endswith("table.weight") else each
        for name, each in model.state_dict().items()
    }
    narrow.load_state_dict(state)
    x = images(6, 6)  # maps of 3, 2, 1 and 1 places a side
    assert torch.allclose(narrow(pixel_values=x).logits, model(pixel_values=x).logits, atol=1e-6)


@torch.no_grad()
def test_queries_set_the_size_of_the_windows() -> None:
    """Images larger and wider than declared have larger windows, whose biases are interpolated."""
    model = built("gc-vit")
    assert [stage.halvings for stage in model.stages] == [2, 1, 0, 0]
    for height, width in ((64, 64), (64, 128), (128, 96)):
        assert model(pixel_values=images(height, width)).logits.isfinite().all()
    with pytest.raises(s.SpecError, match=r"map of 10x10 that windows of 3x3 do not fill; .* of 4 are"):
        model(pixel_values=images(40, 40))
    with pytest.raises(s.SpecError, match="of one of the two models only"):
        model.grown((2, 4, 4, 4), 64)


@pytest.mark.parametrize("given", [torch.zeros(2, 1, 58, 58), torch.zeros(3, 58, 58)])
def test_images_of_another_shape_are_refused(given: torch.Tensor) -> None:
    with pytest.raises(s.SpecError, match=r"pixel_values is .*; \[batch, 3, height, width\] is allowed"):
        built("swin")(pixel_values=given)


def test_what_does_not_go_together_is_refused() -> None:
    swin, gc_vit = (declared(name).model for name in ("swin", "gc-vit"))
    with pytest.raises(s.SpecError, match="one for all or each of 4 stages"):
        gc_vit.but(stack=s.but(window=(7, 7)))
    with pytest.raises(s.SpecError, match=r"GlobalWindows\(\) need a QueryGenerator\(\)"):
        gc_vit.but(stack=s.but(queries=None))
    with pytest.raises(s.SpecError, match="windows as large as the queries do not shift"):
        swin.but(stack=s.but(queries=s.QueryGenerator()))
    with pytest.raises(s.SpecError, match="each stage needs one of both"):
        s.Stages(layers=(2, 2), d_model=8, heads=(2,))
    with pytest.raises(s.SpecError, match="gives maps, for a Pyramid"):
        declared("vit").model.but(inputs=s.PatchMap(image=32, side=4))

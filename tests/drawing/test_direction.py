"""Drawings whose data flow to the right: the same drawing, turned, with its text upright."""

from itertools import pairwise

import pytest

from clados import spec as s
from clados.drawing.architecture.figure import architecture_figure, architecture_sheet, model_node
from clados.drawing.drawings import draw
from clados.drawing.layout.direction import known_direction
from clados.drawing.layout.nodes import walk
from clados.drawing.layout.parts import PartBox
from clados.drawing.layout.sheet import Sheet
from clados.drawing.svg import Box
from clados.errors import InputError
from clados.models.declared import declared, package_models

from .pictures import elements, texts


def _to_the_right(name: str) -> Sheet:
    model = declared(name).model
    return architecture_sheet(model, name, (), model_node(model, "right"))[0]


@pytest.mark.parametrize("name", sorted(package_models()))
def test_it_shows_the_same_boxes_and_lines(name: str) -> None:
    model = declared(name).model
    up, right = model_node(model), model_node(model, "right")
    same = [
        {each.key: (each.name, each.notes, each.params) for each in walk(node) if isinstance(each, PartBox)}
        for node in (up, right)
    ]
    assert same[0] == same[1]
    lines = [{each.key for each in architecture_sheet(model, name, (), node)[0].lines} for node in (up, right)]
    assert lines[0] == lines[1]


@pytest.mark.parametrize(
    ("name", "order"),
    [("gpt-2", ["attn_norm", "attn", "mlp_norm", "mlp"]), ("bert", ["attn", "attn_norm", "mlp", "mlp_norm"])],
)
def test_what_comes_later_stands_further_right_at_one_height(name: str, order: list[str]) -> None:
    boxes = [_to_the_right(name).anchors[f"stack.blocks.*.{each}"] for each in order]
    assert all(one.right < other.left for one, other in pairwise(boxes))
    assert len({round(each.middle, 6) for each in boxes}) == 1


def test_the_encoder_stands_above_the_decoder_and_is_read_from_above() -> None:
    sheet = _to_the_right("t5")
    cross = sheet.anchors["decoder.blocks.*.cross"]
    middle = cross.left + cross.width / 2
    (line,) = [each.points for each in sheet.lines if each.points[-1] == pytest.approx((middle, cross.top))]
    norm = sheet.anchors["encoder.norm_out"]
    assert line[0] == pytest.approx((norm.right, norm.middle))
    assert norm.bottom < cross.top


def test_parallel_branches_stand_one_above_the_other() -> None:
    sheet = _to_the_right("gpt-neox-20b")
    attn, mlp = sheet.anchors["stack.blocks.*.attn"], sheet.anchors["stack.blocks.*.mlp"]
    assert attn.bottom < mlp.top


def test_every_branch_has_a_path_around_it() -> None:
    sheet = _to_the_right("transformer")
    for branch in ("encoder.blocks.*.attn", "decoder.blocks.*.cross", "decoder.blocks.*.mlp"):
        box = sheet.anchors[branch]
        (around,) = [each.points for each in sheet.lines if each.key == f"{branch}+" and len(each.points) == 4]
        assert around[0][0] < box.left
        assert around[-1][0] > box.right
        assert not box.top < around[1][1] < box.bottom


def test_stages_of_a_pyramid_become_lower() -> None:
    boxes = [_to_the_right("swin").anchors[f"stages.{i}"] for i in range(4)]
    assert all(one.right < other.left and one.height > other.height for one, other in pairwise(boxes))


def test_a_u_stands_upright_between_what_enters_and_what_leaves() -> None:
    sheet = _to_the_right("stable-diffusion")
    down, up = ([sheet.anchors[f"unet.{side}.{i}"] for i in range(4)] for side in ("down", "up"))
    assert all(one.bottom < other.top for one, other in pairwise(down))
    assert all(one.top > other.bottom for one, other in pairwise(up))
    net = sheet.anchors["unet.frame"]
    assert all(_holds(net, each) for each in (*down, *up))
    assert sheet.anchors["codes.encoder"].right < net.left
    assert sheet.anchors["codes.decoder"].left > net.right


def _holds(outer: Box, inner: Box) -> bool:
    return outer.left < inner.left and inner.right < outer.right and outer.top < inner.top < outer.bottom


def test_text_is_never_turned() -> None:
    svg = architecture_figure(declared("alphafold").model, "alphafold", (), "right").svg
    assert "rotate" not in svg
    assert "writing-mode" not in svg


def test_a_deeper_norm_s_factor_has_room() -> None:
    model = declared("bert").model.but(stack=s.but(block=s.but(residual=s.DeepNorm())))
    sheet, _, _ = architecture_sheet(model, "deep", (), model_node(model, "right"))
    labels = [each.box for each in sheet.labels if each.key.startswith("× ") and "." in each.key]
    assert len(labels) == 2
    assert not [
        each for each in sheet.boxes if any(each.box.overlaps(label) for label in labels) and each.key[-4:] == "norm"
    ]


def test_what_has_no_direction_refuses_one() -> None:
    assert draw("gpt", direction="right").svg != draw("gpt").svg
    with pytest.raises(InputError, match=r"direction right is of the drawing of one model's data flow"):
        draw("gpt", attention="stack.blocks.0", direction="right")
    with pytest.raises(InputError, match=r"direction right is of the drawing"):
        draw("gpt", "gpt-2", direction="right")
    with pytest.raises(InputError, match="direction is 'left'; it is one of up, right"):
        known_direction("left")


def test_bold_letters_wider_than_measured_do_not_meet_a_band_at_the_right() -> None:
    """DejaVu Sans' are 1.17 times as wide as its plain ones, of which `texts` allows for 1.1."""
    figure = draw("decision-transformer:atari", direction="right").figure
    ends = [float(each.get("x1") or 0) for each in elements(figure, "x1") if each.get("class") == "band b-head"]
    (name,) = [box for said, box in texts(figure) if said == "Scores of actions"]
    assert name.left + name.width / 1.1 * 1.17 < max(ends) - 1.5

"""What is drawn of a part: routers and their experts, the blocks of both tracks of AlphaFold."""

from typing import Any, get_args

import pytest

from clados import spec as s
from clados.catalog.counts import named_model
from clados.drawing.architecture.facts import facts
from clados.drawing.architecture.figure import architecture_sheet, model_node
from clados.drawing.architecture.patterns import axial, column_means
from clados.drawing.layout.direction import Direction
from clados.drawing.layout.icons import ExpertRow
from clados.drawing.layout.nodes import walk
from clados.drawing.layout.parts import PartBox
from clados.drawing.layout.sheet import Sheet
from clados.drawing.svg import Box
from clados.models.declared import declared

from .layouts import faults

FOLD = declared("alphafold").model


def _boxes(model: s.Model, *opened: str) -> dict[str, PartBox]:
    return {each.key: each for each in walk(model_node(model, "up", opened)) if isinstance(each, PartBox)}


def test_a_router_stands_below_the_experts_that_it_chooses_with_its_own_parameters() -> None:
    model = declared("glam").model
    sheet, _, _ = architecture_sheet(model, "glam")
    boxes = _boxes(model)
    (router,) = [key for key in boxes if key.endswith(".router")]
    experts = router.removesuffix(".router")
    assert sheet.anchors[router].top > sheet.anchors[experts].bottom
    assert boxes[router].params == 32 * 8192 * 64
    assert boxes[router].notes[0] == "top 2 of 64 scores"


@pytest.mark.parametrize("direction", get_args(Direction))
@pytest.mark.parametrize("experts", [1, 3, 7, 8])
def test_few_experts_stand_side_by_side_too(experts: int, direction: Direction) -> None:
    model = declared("switch").model.but(size=s.but(experts=experts))
    sheet, width, height = architecture_sheet(model, "few", (), model_node(model, direction))
    assert not list(faults(sheet, width, height))


@pytest.mark.parametrize(("count", "top", "met"), [(1, 1, 1), (2, 2, 2), (3, 2, 2), (8, 3, 3), (64, 2, 2), (160, 8, 6)])
def test_as_many_experts_are_marked_as_a_token_meets_of_those_that_are_drawn(count: int, top: int, met: int) -> None:
    row = ExpertRow(count, top)
    assert len(row.met) == met
    assert "…" not in {row.names[i] for i in row.met}


def test_what_the_sequence_adds_to_the_rows_of_an_alignment_is_counted_there() -> None:
    boxes = _boxes(FOLD)
    assert boxes["inputs.rows"].params == (49 * 256 + 256) + (22 * 256 + 256)
    assert boxes["inputs.pairs"].params == (22 * 256 + 256) + (65 * 128 + 128)


@pytest.mark.parametrize("opened", [(), ("extra.blocks", "extra.blocks.0")])
def test_attention_over_a_map_shows_who_sees_whom_and_its_norm(opened: tuple[str, ...]) -> None:
    boxes = _boxes(FOLD, *opened)
    over_maps = [each for key, each in boxes.items() if key.endswith((".row", ".column", ".starting", ".ending"))]
    assert len(over_maps) == (8 if opened else 4)
    for each in over_maps:
        assert each.icon, each.key
        assert boxes[f"{each.key}.norm"].kind == "norm"


def test_rows_see_rows_columns_columns_and_a_mean_asks_for_its_column() -> None:
    row, column, means = axial("row"), axial("column"), column_means()
    for i in range(9):
        for j in range(9):
            assert (row[i][j] == 1) == (i // 3 == j // 3)
            assert (column[i][j] == 1) == (i % 3 == j % 3)
    assert [sum(each) for each in means] == [3, 3, 3]
    assert [sum(each) for each in zip(*means)] == 9 * [1]


@pytest.mark.parametrize("opened", [(), ("blocks",), ("blocks", "blocks.0")])
def test_the_title_of_a_single_block_does_not_meet_its_count(opened: tuple[str, ...]) -> None:
    model = FOLD.but(size=s.but(alignment=s.but(layers=1)))
    sheet, width, height = architecture_sheet(model, "one", (), model_node(model, "right", opened))
    assert not list(faults(sheet, width, height))


@pytest.mark.parametrize("direction", get_args(Direction))
@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("stable-diffusion", "012m"),
        ("imagen", "123m+"),
        ("glide", "123m+"),
        ("dall-e-2", "123m+"),
        ("glide:upsampler", "345m+"),
    ],
)
def test_text_and_timestep_lead_into_the_blocks_that_read_them(name: str, reading: str, direction: Direction) -> None:
    model = declared(name.partition(":")[0]).at(name.partition(":")[2] or None)
    sheet, width, height = architecture_sheet(model, name, (), model_node(model, direction))
    assert not list(faults(sheet, width, height))
    levels = 1 + max(int(key.rpartition(".")[2]) for key in sheet.anchors if key.startswith("unet.down."))
    down, up = [f"unet.down.{i}" for i in range(levels)], [f"unet.up.{i}" for i in range(levels)]
    assert _entered(sheet, "unet.step") == {*down, *up, "unet.middle"}
    wanted = {f"unet.down.{i}" for i in reading if i.isdigit()}
    wanted |= {f"unet.up.{levels - 1 - int(i)}" for i in reading if i.isdigit()}
    wanted |= {"unet.middle"} if "m" in reading else set()
    assert _entered(sheet, "unet.text") == wanted | ({"unet.text"} if "+" in reading else set())


def test_what_reads_no_text_has_no_line_of_one() -> None:
    model: Any = declared("stable-diffusion").model
    block = model.unet.attention.stack.block.but(cross=None)
    alone = model.but(unet=s.but(attention=s.but(stack=s.but(block=block))))
    assert not _entered(architecture_sheet(alone, "alone")[0], "unet.text")
    assert _boxes(alone)["unet.middle"].notes[-1] == "between them self-attention"


def _entered(sheet: Sheet, key: str) -> set[str]:
    """The boxes at whose edge a line of that key ends."""
    ends = [each.points[-1] for each in sheet.lines if each.key == key]
    boxes = [each for each in sheet.boxes if not each.key.endswith("frame")]
    return {each.key for each in boxes for x, y in ends if each.box.grown(1).overlaps(Box(x - 0.1, y - 0.1, 0.2, 0.2))}


def _upwards(name: str, *keys: str) -> list[str]:
    """These keys of a model's drawing, the lowest first."""
    sheet, _, _ = architecture_sheet(declared(name).model, name)
    return sorted(keys, key=lambda key: -sheet.anchors[key].top)


def test_what_is_added_at_the_narrow_width_is_added_below_the_product_up_to_d_model() -> None:
    order = ["inputs.tokens", "inputs.types", "inputs.position", "inputs.norm", "inputs.project"]
    assert _upwards("albert", *reversed(order)) == order  # Lan et al. 2020, §3.1


def test_positions_of_full_width_are_added_above_the_product_of_the_tokens() -> None:
    sheet, _, _ = architecture_sheet(named_model("opt:350m").model, "opt:350m")
    tops = [sheet.anchors[f"inputs.{name}"].top for name in ("tokens", "project", "position")]
    assert tops == sorted(tops, reverse=True)


@pytest.mark.parametrize(
    ("name", "notes", "own"),
    [
        ("bart", ("50,265 × 768",), False),
        ("mbart", ("250,027 × 1,024", "times √d_model"), False),
        ("alexatm-20b", ("150,000 × 4,096",), True),
    ],
)
def test_the_table_that_a_decoder_reads_says_its_rows_and_is_dashed_where_it_is_the_encoders(
    name: str, notes: tuple[str, ...], own: bool
) -> None:
    box = _boxes(declared(name).model)["target.tokens"]
    assert box.notes == notes
    assert (box.params_said is None) is not own
    assert box.instead == ("" if own else "the same table")


def test_the_width_of_each_stage_is_said() -> None:
    assert ("d_model", "96, 192, 384, 768") in [fact for _, lines in facts(declared("swin").model) for fact in lines]


def test_the_parameters_stand_clear_of_a_title_in_the_widest_bold_letters() -> None:
    name = "decision-transformer:atari (shape assumed)"
    sheet, _, _ = architecture_sheet(declared("decision-transformer").model, name)
    title, counts = (next(each.box for each in sheet.labels if each.key.endswith(end)) for end in (name, "parameters"))
    widest = 423.8  # of DejaVu Sans Bold at 17 pixels
    assert counts.left >= title.left + widest + 8


@pytest.mark.parametrize("opened", [(), ("all",), ("stack.blocks.0",)])
@pytest.mark.parametrize("layers", [1, 2, 24])
def test_a_convolution_stands_beside_the_first_layer_below_all_others(layers: int, opened: tuple[str, ...]) -> None:
    model = named_model("deberta:v2-xlarge").model.but(size=s.but(layers=layers))
    opened = opened if layers > 1 else ()
    node = model_node(model, "up", opened)
    sheet, width, height = architecture_sheet(model, "it", (), node)
    convolution, first = sheet.anchors["stack.convolution"], sheet.anchors["stack.blocks.0"]
    assert convolution.bottom == pytest.approx(first.bottom, abs=20)
    assert not convolution.overlaps(first)
    if layers > 1:
        above = sheet.anchors["stack.blocks.1" if opened else "stack.blocks"]
        assert above.bottom < min(sheet.anchors["stack.convolution.norm"].top, first.top)
    assert not list(faults(sheet, width, height))
    assert node.params == s.count_parameters(model).total
    assert _boxes(model, *opened)["stack.convolution"].params == 1536 * 1536 * 3 + 1536

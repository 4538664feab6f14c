"""Folds that are opened: each layer at its place, with what is its own; a layer that is drawn whole."""

import itertools
from pathlib import Path
from typing import Any, get_args

import pytest

from clados.cli.frame import run_command_line
from clados.drawing.architecture.figure import architecture_figure, architecture_sheet, model_node
from clados.drawing.architecture.opened import folds
from clados.drawing.drawings import draw
from clados.drawing.layout.direction import Direction
from clados.drawing.layout.nodes import walk
from clados.drawing.layout.parts import PartBox
from clados.errors import InputError
from clados.models.declared import declared, package_models
from clados.models.diffusion.dall_e import dvae

from .invented_models import invented_model
from .layouts import faults
from .pictures import elements, untitled

EACH_KIND = ["bert", "albert", "bloom", "switch", "clip", "flamingo", "xlnet", "transformer-xl", "stable-diffusion"]
EACH_KIND += ["dall-e", "ernie", "big-bird", "deberta", "glm", "gpt-neox-20b", "t5", "se3-transformer"]
EACH_KIND += ["swin", "gc-vit", "alphafold"]
WHOLE = [("swin", "stages.2.blocks.4"), ("gc-vit", "stages.2.blocks.1"), ("gc-vit", "stages.0.blocks.0")]
WHOLE += [("alphafold", f"blocks.{i}") for i in (0, 1, 47)]
WHOLE += [("alphafold", each) for each in ("extra.blocks.3", "templates.blocks.0")]
WHOLE += [("alphafold", f"structure.layers.{i}") for i in (0, 7)]


@pytest.mark.parametrize("direction", get_args(Direction))
@pytest.mark.parametrize("name", EACH_KIND)
def test_all_folds_opened_can_be_read_and_have_all_parameters(name: str, direction: Direction) -> None:
    model = declared(name).model
    node = model_node(model, direction, ["all"])
    sheet, width, height = architecture_sheet(model, name, (), node)
    assert sheet.total == model_node(model).params
    assert not list(faults(sheet, width, height))


@pytest.mark.parametrize("direction", get_args(Direction))
@pytest.mark.parametrize("name", dict.fromkeys(name for name, _ in WHOLE))
def test_so_can_layers_that_are_drawn_whole(name: str, direction: Direction) -> None:
    model, layers = declared(name).model, [layer for of, layer in WHOLE if of == name]
    for opened in (*([each] for each in layers), layers):
        node = model_node(model, direction, opened)
        sheet, width, height = architecture_sheet(model, name, (), node)
        assert sheet.total == model_node(model).params
        assert not list(faults(sheet, width, height))
        assert {*opened} <= sheet.anchors.keys()


@pytest.mark.parametrize("seed", range(13))
def test_so_can_those_of_invented_models(seed: int) -> None:
    name, model = invented_model(seed)
    node = model_node(model, "up", [*folds(model_node(model))])
    sheet, width, height = architecture_sheet(model, name, (), node)
    assert sheet.total == model_node(model).params
    assert not list(faults(sheet, width, height))


def test_all_models_have_folds_and_the_same_when_they_are_opened() -> None:
    for name in package_models():
        found = _data(name)["folds"]
        assert found
        assert _data(name, "all")["folds"].keys() == found.keys()


def _layers(name: str, *opened: str) -> dict[str, PartBox]:
    node = model_node(declared(name).model, "up", opened)
    return {each.key: each for each in walk(node) if isinstance(each, PartBox) and each.kind == "layer"}


def test_every_layer_stands_above_the_one_before_and_says_what_is_its_own() -> None:
    model = declared("gpt-3").model
    sheet, _, _ = architecture_sheet(model, "gpt-3", (), model_node(model, "up", ["stack.blocks"]))
    boxes = [sheet.anchors[f"stack.blocks.{i}"] for i in range(96)]
    assert all(one.top > other.bottom for one, other in itertools.pairwise(boxes))
    said = [each.notes for each in _layers("gpt-3", "stack.blocks").values()]
    assert said == 48 * [("sees what came before",), ("the last 256",)]
    assert {each.notes for each in _layers("bert", "all").values()} == {()}  # all are alike


def test_layers_that_no_stack_holds_are_opened_too() -> None:
    found = _layers("se3-transformer", "blocks")
    assert [*found] == [f"blocks.{i}" for i in range(len(found))]
    assert len(found) == declared("se3-transformer").model.size.dims.layers
    whole = _data("se3-transformer", "blocks.1")
    assert "blocks.1.attn" in {each["id"] for each in whole["boxes"]}
    assert whole["folds"] == {"blocks": f"× {len(found)}"}


def test_layers_of_one_set_of_weights_are_counted_once() -> None:
    first, *others = _layers("albert", "all").values()
    assert first.params
    assert {(each.params_said, each.instead) for each in others} == {(None, "weights of layer 1")}


def test_a_layer_is_drawn_whole_among_the_others() -> None:
    found = _layers("gpt-3", "stack.blocks.3")
    assert len(found) == 95
    assert "stack.blocks.3" not in found
    keys = {each["id"] for each in _data("gpt-3", "stack.blocks.3")["boxes"]}
    assert {"stack.blocks.3.attn", "stack.blocks.3.mlp"} <= keys
    assert "the last 256" in draw("gpt-3", opened=["stack.blocks.3"]).svg


def _data(name: str, *opened: str) -> Any:
    return architecture_figure(declared(name).model, name, opened=opened).data


def test_what_can_be_opened_is_named_in_the_data_and_in_the_picture() -> None:
    assert _data("t5")["folds"] == {"encoder.blocks": "Encoder × 24", "decoder.blocks": "Decoder × 24"}
    assert _data("t5", "encoder.blocks")["folds"] == _data("t5")["folds"]
    closed = elements(architecture_figure(declared("t5").model, "t5"), "data-fold")
    assert [each.get("data-fold") for each in closed] == ["encoder.blocks", "decoder.blocks"]
    figure = architecture_figure(declared("t5").model, "t5", opened=["encoder.blocks"])
    found = elements(figure, "data-fold")
    assert {each.get("data-fold") for each in found} >= {"encoder.blocks", "encoder.blocks.0", "encoder.blocks.23"}
    assert untitled(found) == []
    assert figure.svg == architecture_figure(declared("t5").model, "t5", opened=["encoder.blocks"]).svg


def test_what_layers_read_leads_to_their_frame() -> None:
    model = declared("t5").model
    sheet, _, _ = architecture_sheet(model, "t5", (), model_node(model, "up", ["all"]))
    frame = sheet.anchors["decoder.blocks"]
    ends = [each.points[-1] for each in sheet.lines if each.points[-1][0] == frame.left]
    assert len(ends) == 3  # the bias and the cache, and what the encoder gives
    assert all(frame.top < y < frame.bottom for _, y in ends)


@pytest.mark.parametrize(
    ("model", "opened", "said"),
    [
        ("bert", "stack.bloks", "open is 'stack.bloks', which is no fold of bert:large; did you mean 'stack.blocks'?"),
        (
            "bert:tiny",
            "stack.blocks.2",
            "open is 'stack.blocks.2', which is no fold of bert:tiny: stack.blocks has 2 layers, 0 to 1",
        ),
        ("swin", "stages.3.blocks.2", "no fold of swin:l: stages.3.blocks has 2 layers, 0 to 1"),
        ("flamingo", "image", "open is 'image', which is no fold of flamingo"),
    ],
)
def test_what_is_no_fold_is_one_line(
    model: str, opened: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match="which is no fold of"):
        draw(model, opened=[opened])
    assert run_command_line(["draw", model, "--open", opened, "--svg", str(tmp_path / "x.svg")]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not [*tmp_path.iterdir()]


def test_the_command_opens_what_the_function_opens(tmp_path: Path) -> None:
    file = tmp_path / "x.svg"
    assert run_command_line(["draw", "bert:tiny", "--open", "all", "--svg", str(file)]) == 0
    assert file.read_text(encoding="utf-8") == draw("bert:tiny", opened=["stack.blocks"]).svg
    with pytest.raises(InputError, match="is of the drawing of one model's data flow"):
        draw("bert", "roberta", opened=["all"])


def test_all_of_a_model_without_folds_is_its_drawing() -> None:
    assert architecture_figure(dvae, "dvae", opened=["all"]).svg == architecture_figure(dvae, "dvae").svg
    with pytest.raises(InputError, match="open is 'coder', which is no fold of dvae: it has none"):
        architecture_figure(dvae, "dvae", opened=["coder"])


def test_a_stage_says_which_layers_take_turns_in_it_and_opens_to_them() -> None:
    stages = {each["id"]: each for each in _data("gc-vit")["boxes"]}
    assert stages["stages.2"]["name"] == "Stage 3: layers × 6"
    assert stages["stages.2"]["notes"][-1] == "windows, global queries × 3"
    large: Any = draw("gc-vit:l").data["boxes"]
    (odd,) = [each["notes"][-1] for each in large if each["id"] == "stages.2"]
    assert odd == "windows, global queries × 9, then windows"
    said = [each.notes for each in _layers("swin", "stages.2.blocks").values()]
    assert said == 3 * [("windows",), ("shifted windows",)]


def test_one_block_of_both_tracks_stands_in_the_frame_of_all() -> None:
    model: Any = declared("alphafold").model
    one = model.but(size=model.size.but(alignment=model.size.alignment.but(layers=1)))
    sheet, width, height = architecture_sheet(one, "alphafold", (), model_node(one, "up", ["blocks.0"]))
    assert list(faults(sheet, width, height)) == []
    frame, whole = sheet.anchors["blocks"], sheet.anchors["blocks.0"]
    assert frame.left < whole.left < whole.right < frame.right


def test_nothing_is_shifted_where_a_window_holds_the_map_whole() -> None:
    notes = {each["id"]: each["notes"] for each in _data("swin")["boxes"]}
    assert notes["stages.0"][-1] == "windows, shifted windows"
    assert "windows of 7" in notes["stages.3"][-1]  # of a map of 7 x 7
    assert {each.notes for each in _layers("swin", "stages.3.blocks").values()} <= {("windows",), ()}


def test_layers_take_turns_in_the_shortest_run_that_repeats() -> None:
    swin: Any = declared("swin").model
    plain, shifted = swin.stack.kinds
    figure: Any = architecture_figure(swin.but(stack=swin.stack.but(block=(plain, plain, shifted))), "swin")
    notes = {each["id"]: each["notes"] for each in figure.data["boxes"]}
    assert notes["stages.2"][-1] == "windows, windows, shifted windows × 2"


def test_global_queries_lead_to_the_layers_that_ask_with_them() -> None:
    model = declared("gc-vit").model
    opened = ["stages.2.blocks.0", "stages.2.blocks.1"]
    sheet, _, _ = architecture_sheet(model, "gc-vit", (), model_node(model, "up", opened))
    ends = {each.points[-1] for each in sheet.lines if each.key == "beside"}
    local, asking = sheet.anchors["stages.2.blocks.0.attn"], sheet.anchors["stages.2.blocks.1.attn"]
    assert (asking.right, asking.middle) in ends
    assert (local.right, local.middle) not in ends


def test_a_block_of_both_tracks_is_a_box_across_them_or_whole() -> None:
    model = declared("alphafold").model
    sheet, _, _ = architecture_sheet(model, "alphafold", (), model_node(model, "up", ["blocks.1"]))
    layer, whole, frame = (sheet.anchors[key] for key in ("blocks.0", "blocks.1", "blocks"))
    left, right = sheet.anchors["blocks.1.row"], sheet.anchors["blocks.1.pair.outgoing"]
    assert layer.left < left.left < right.right < layer.right
    assert frame.left < whole.left < layer.left
    assert frame.top < whole.top < whole.bottom < layer.top < layer.bottom < frame.bottom
    assert len(_layers("alphafold", "blocks")) == 48


def test_layers_of_a_structure_have_one_set_of_weights() -> None:
    first, *others = _layers("alphafold", "structure.layers").values()
    closed = {each["id"]: each["params"] for each in _data("alphafold")["boxes"]}
    names = ("attn", "attn_norm", "mlp", "mlp_norm", "move", "angles")
    assert first.params == sum(closed[f"structure.{name}"] for name in names)
    assert {(each.params_said, each.instead) for each in others} == {(None, "weights of layer 1")}
    assert len(others) == 7


def test_folds_are_of_drawings(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["draw", "bert:tiny", "--open", "all"]) == 2
    assert "name one with --svg, --png, --pdf or --json" in capsys.readouterr().err
    assert run_command_line(["draw", "bert:tiny", "--open", "all", "--json"]) == 0

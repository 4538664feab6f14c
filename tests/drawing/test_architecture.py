"""The drawing of a model: its data flow, with parameters that add up and labels that can be read."""

import itertools
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import get_args

import pytest

from clados import spec as s
from clados.catalog.counts import named_model
from clados.drawing.architecture.drawer import spelled
from clados.drawing.architecture.figure import architecture_figure, architecture_sheet, model_node
from clados.drawing.architecture.outline import DrawnPart, outline, terminal_architecture
from clados.drawing.architecture.patterns import matrix
from clados.drawing.bars import stacked_bars
from clados.drawing.drawings import draw
from clados.drawing.layout.direction import Direction
from clados.drawing.layout.kinds import PART_KINDS, box_bands
from clados.drawing.palette import contrast, luminance
from clados.drawing.svg import Box
from clados.drawing.treemap import params_by_kind
from clados.models.declared import declared, package_models
from clados.spec import count_parameters
from clados.spec.core.declaration import tiny
from clados.spec.core.pieces import Env, Pieces, linear

from .layouts import faults
from .pictures import NAMESPACE


@pytest.mark.parametrize("direction", get_args(Direction))
@pytest.mark.parametrize("name", sorted(package_models()))
def test_every_declared_model_is_drawn_with_all_its_parameters_and_can_be_read(name: str, direction: Direction) -> None:
    model = declared(name).model
    sheet, width, height = architecture_sheet(model, name, (), model_node(model, direction))
    assert sheet.total == count_parameters(model).total
    assert not list(faults(sheet, width, height))
    assert not [each.key for each in sheet.labels if each.key.endswith("…") and each.key != "…"]


@pytest.mark.parametrize("direction", get_args(Direction))
@pytest.mark.parametrize(
    "name", ["clip:rn50", "t5:small", "stable-diffusion", "gpt-neox-20b", "alphafold:model_3", "glm:130b"]
)
def test_small_ones_and_other_sizes_too(name: str, direction: Direction) -> None:
    named, _, size = name.partition(":")
    for model in (declared(named).at(size or None), tiny(declared(named).at(size or None))):
        title, assumed, node = f"{name}, as drawn here", ["a: " + "long words " * 40], model_node(model, direction)
        sheet, width, height = architecture_sheet(model, title, assumed, node)
        assert sheet.total == count_parameters(model).total
        assert not list(faults(sheet, width, height))


@pytest.mark.parametrize("direction", get_args(Direction))
@pytest.mark.parametrize("name", ["bert", "t5", "alphafold", "stable-diffusion"])
def test_a_second_run_gives_the_same_bytes_and_every_element_says_what_it_is(name: str, direction: Direction) -> None:
    model = declared(name).model
    figure = architecture_figure(model, name, (), direction)
    assert figure.svg == architecture_figure(model, name, (), direction).svg
    groups = [each for each in ElementTree.fromstring(figure.svg).iter(f"{NAMESPACE}g") if each.attrib]
    assert len(groups) > 30
    for group in groups:
        assert [key for key in group.attrib if key.startswith("data-")], group.attrib
        assert group.find(f"{NAMESPACE}title") is not None, group.attrib


def _heights(name: str, *keys: str) -> list[str]:
    """The boxes of a model that end so, the lowest first."""
    sheet, _, _ = architecture_sheet(declared(name).model, name)
    found = {key: sheet.anchors[f"stack.blocks.*.{key}"].middle for key in keys}
    return sorted(found, key=lambda key: -found[key])


def test_norms_stand_where_the_residual_branch_has_them() -> None:
    every = ("attn_norm", "attn", "mlp_norm", "mlp")
    assert _heights("gpt-2", *every) == ["attn_norm", "attn", "mlp_norm", "mlp"]
    assert _heights("bert", *every) == ["attn", "attn_norm", "mlp", "mlp_norm"]
    assert _heights("glm", *every) == ["attn_norm", "attn", "mlp_norm", "mlp"]


def test_parallel_branches_stand_side_by_side() -> None:
    sheet, _, _ = architecture_sheet(declared("gpt-neox-20b").model, "x")
    attn, mlp = sheet.anchors["stack.blocks.*.attn"], sheet.anchors["stack.blocks.*.mlp"]
    assert attn.right < mlp.left
    assert attn.top < mlp.bottom


def test_every_branch_has_a_path_around_it() -> None:
    sheet, _, _ = architecture_sheet(declared("transformer").model, "x")
    for branch in ("encoder.blocks.*.attn", "decoder.blocks.*.cross", "decoder.blocks.*.mlp"):
        box = sheet.anchors[branch]
        (around,) = [each.points for each in sheet.lines if each.key == f"{branch}+" and len(each.points) == 4]
        assert around[0][1] > box.bottom
        assert around[-1][1] < box.top
        assert not box.left < around[1][0] < box.right


def test_the_encoder_s_top_is_read_by_each_cross_attention() -> None:
    sheet, _, _ = architecture_sheet(declared("t5").model, "t5")
    cross = sheet.anchors["decoder.blocks.*.cross"]
    (line,) = [each.points for each in sheet.lines if each.points[-1] == (cross.left, cross.middle)]
    assert line[0][1] == sheet.anchors["encoder.norm_out"].top


def test_what_a_part_of_your_own_holds_is_drawn_too() -> None:
    class Sidecar(s.FeedForward):
        """A feed-forward layer that no drawing knows."""

        rank: int = 3

        def pieces(self, env: Env) -> Pieces:
            return {"down": linear(env.dims.d_model, self.rank), "up": linear(self.rank, env.dims.d_model)}

    model = declared("gpt-2").model.but(stack=s.but(block=s.but(mlp=Sidecar())))
    sheet, width, height = architecture_sheet(model, "with a sidecar")
    assert sheet.total == count_parameters(model).total
    assert not list(faults(sheet, width, height))


def test_types_are_spelled_as_words() -> None:
    assert spelled("OuterProductMean") == "Outer product mean"
    assert spelled("LMHead") == "LM head"


def test_a_matrix_shows_who_sees_whom() -> None:
    full, causal, banded = (matrix(sees, pattern) for sees, pattern in _PATTERNS)
    n = len(full)
    assert all(cell == 1 for row in full for cell in row)
    assert all((causal[i][j] == 1) == (j <= i) for i in range(n) for j in range(n))
    assert all((banded[i][j] == 1) == (0 <= i - j < 3) for i in range(n) for j in range(n))


_PATTERNS = [(s.All(), None), (s.Causal(), None), (s.Causal(), s.Banded(7))]


@pytest.mark.parametrize("kind", PART_KINDS)
def test_text_on_every_kind_and_its_edge_on_the_paper_can_be_seen(kind: str) -> None:
    colours = PART_KINDS[kind]
    assert contrast(colours.fill, "#1f2328") >= 7
    assert contrast(colours.dark_fill, "#e6edf3") >= 7
    assert contrast(colours.line, "#ffffff") >= 3
    assert contrast(colours.dark_line, "#0d1117") >= 3


@pytest.mark.parametrize(("one", "other"), [*itertools.combinations(PART_KINDS, 2)])
def test_kinds_are_told_apart_in_grey(one: str, other: str) -> None:
    """By their bands, or by five steps of lightness (CIE L*) of a hundred."""
    a, b = PART_KINDS[one], PART_KINDS[other]
    if (a.bands, a.dotted) == (b.bands, b.dotted):
        assert abs(_lightness(a.fill) - _lightness(b.fill)) > 5
        assert abs(_lightness(a.dark_fill) - _lightness(b.dark_fill)) > 5


def _lightness(colour: str) -> float:
    return 116 * luminance(colour) ** (1 / 3) - 16 if luminance(colour) > 0.008856 else 903.3 * luminance(colour)


@pytest.mark.parametrize("kind", [name for name, each in PART_KINDS.items() if each.bands])
def test_a_band_can_be_seen_on_its_box_and_leaves_the_text_clear(kind: str) -> None:
    colours = PART_KINDS[kind]
    assert contrast(colours.line, colours.fill) >= 3
    assert contrast(colours.dark_line, colours.dark_fill) >= 3
    drawn = [ElementTree.fromstring(each) for each in box_bands(kind, Box(100, 50, 80, 40))]
    ends = {float(each.get(name) or 0) for each in drawn for name in ("x1", "x2")}
    assert ends == {{"left": 104.5, "right": 175.5}[side] for side in colours.bands}  # text begins at 110
    assert {(each.get("y1"), each.get("y2")) for each in drawn} == {("54", "86")}


def test_boxes_swatches_and_bars_have_the_bands_of_their_kind() -> None:
    model = declared("bert").model
    banded = {kind for kind, each in PART_KINDS.items() if each.bands}
    for figure in (architecture_figure(model, "bert"), stacked_bars({"bert": params_by_kind(model)}, name="bert")):
        classes = [each.get("class") or "" for each in ElementTree.fromstring(figure.svg).iter()]
        for kind in banded:
            sides = len(PART_KINDS[kind].bands)
            assert classes.count(f"band b-{kind}") == sides * classes.count(f"k-{kind}")


def test_layers_in_turn_are_folded_to_the_shortest_run() -> None:
    (layers,) = [each for each in _all(outline(declared("gpt-3").model, "gpt-3")) if each.name == "layers"]
    assert layers.times == 48
    assert [each.name for each in layers.inside] == ["layer 1 of 2", "layer 2 of 2"]


def test_layers_that_differ_in_width_are_no_repetitions() -> None:
    (layers,) = [each for each in _all(outline(declared("se3-transformer").model, "x")) if each.name == "layers"]
    assert [(each.name, each.times) for each in layers.inside][:2] == [("layer 1 of 4", 1), ("layers 2 to 4 of 4", 3)]
    assert layers.params == sum(each.params for each in layers.inside)


def test_what_is_inside_a_box_and_its_own_tensors_add_up_to_it() -> None:
    for named in map(named_model, package_models()):
        whole = outline(named.model, named.name)
        assert whole.params == count_parameters(named.model).total
        for each in _all(whole):
            assert each.params == each.times * (each.own + sum(inner.params for inner in each.inside)), whole.name


def test_the_data_of_a_drawing_have_the_outline() -> None:
    data = draw("se3-transformer").data
    layers, head = data["inside"]
    assert layers["params"] + head["params"] == data["params"] == 9_828_193
    assert sum(each["params"] for each in layers["inside"]) == layers["params"] == 9_261_280


def test_the_terminal_shows_the_outline() -> None:
    tree = terminal_architecture(declared("bert").model, "bert")
    assert "layers × 12" in str(tree.children[1].children[0].label)


def _all(piece: DrawnPart) -> list[DrawnPart]:
    return [piece, *(inner for each in piece.inside for inner in _all(each))]


def test_the_path_of_a_declaration_is_drawn(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("from clados.models.bert.bert import declaration\n", encoding="utf-8")
    assert draw(str(file)).figure.data["params"] == count_parameters(declared("bert").model).total


@pytest.mark.parametrize("direction", get_args(Direction))
def test_a_bias_is_not_led_through_a_branch_beside_attention(direction: Direction) -> None:
    model = declared("t5").model.but(encoder=s.but(block=s.but(residual=s.Parallel())))
    sheet, width, height = architecture_sheet(model, "t5", (), model_node(model, direction))
    mlp = sheet.anchors["encoder.blocks.*.mlp"]
    lines = [line for each in sheet.lines if each.key == "beside" for line in itertools.pairwise(each.points)]
    assert lines
    assert not [line for line in lines if mlp.crossed_by(*line)]
    assert not list(faults(sheet, width, height))


def test_numbers_of_scalars_and_vectors_of_points_are_told_apart() -> None:
    model = declared("se3-transformer").model.but(inputs=s.but(scalars=6))
    texts = [each.text for each in ElementTree.fromstring(architecture_figure(model, "it").svg).iter() if each.text]
    assert "[points, 6 × (1), 1 × (3)]" in texts
    assert "[points, 8 × (1, 3, 5, 7)]" in texts


@pytest.mark.parametrize("direction", get_args(Direction))
@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("glam", {"q 128×128", "k 128×128", "v 128×128"}),
        ("palm", {"q 48×256", "k 1×256", "v 1×256"}),
        ("gc-vit", {"q 2×32", "k 2×32", "v 2×32"}),
        ("t5", {"k, v 128×128"}),
        ("flamingo", {"k, v 64×128"}),
    ],
)
def test_queries_keys_and_values_say_their_heads_and_width(name: str, shapes: set[str], direction: Direction) -> None:
    """In two lines of text where the box has no room for one."""
    figure = architecture_figure(declared(name).model, name, (), direction)
    texts = [each.text for each in ElementTree.fromstring(figure.svg).iter(f"{NAMESPACE}text") if each.text]
    pairs = {f"{one} {other}" for one, other in itertools.pairwise(texts)}
    assert shapes <= {*texts, *pairs}

"""Two drawings side by side: in line, marked, and readable; what is said of both is what `clados diff` says."""

import itertools
import random
from pathlib import Path

import pytest

from clados.catalog.changes import compared_parents
from clados.catalog.differences import compare_models, diff
from clados.catalog.load import catalog
from clados.cli.frame import run_command_line
from clados.drawing.architecture.figure import model_node
from clados.drawing.difference import box_differences, difference_figure, difference_sheets
from clados.drawing.drawings import draw
from clados.drawing.layout.kinds import KIND_STYLE
from clados.drawing.layout.sheet import Sheet
from clados.drawing.palette import contrast
from clados.models.declared import declared, package_models
from clados.spec import count_parameters

from .layouts import faults

_NAMES = sorted(package_models())
_RANDOM = random.Random(11)
PAIRS = [
    *[
        ("bert", "roberta"),
        ("t5", "bart"),
        ("bert", "t5"),
        ("t5", "gpt"),
        ("gpt-neo", "gpt-neox-20b"),
        ("swin", "gc-vit"),
    ],
    *[("stable-diffusion", "glide"), ("ernie", "bert"), ("xlnet", "bert"), ("e5", "decision-transformer")],
    *[(one, other) for one, other in (_RANDOM.sample(_NAMES, 2) for _ in range(14))],
]
CARDS = catalog()
OF_DESCENT = [(parent, card.id) for card in CARDS.values() for parent in compared_parents(CARDS, card)]


def _sheets(old: str, new: str) -> tuple[tuple[Sheet, ...], float, float]:
    one, other = declared(old).model, declared(new).model
    sheets, width, height, _ = difference_sheets(compare_models(one, other, (old, new)))
    return sheets, width, height


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_two_models_side_by_side_can_be_read(old: str, new: str) -> None:
    sheets, width, height = _sheets(old, new)
    assert [sheet.total for sheet in sheets[:2]] == [
        count_parameters(declared(each).model).total for each in (old, new)
    ]
    assert not [fault for sheet in sheets for fault in faults(sheet, width, height)]
    labels = [label for sheet in sheets for label in sheet.labels]
    assert not [(a.key, b.key) for a, b in itertools.combinations(labels, 2) if a.box.overlaps(b.box)]
    badges = [badge for sheet in sheets for badge in sheet.badges]
    assert not [(a.key, b.key) for a in badges for b in labels if a.box.overlaps(b.box)]


def test_no_text_of_a_difference_is_cut_and_every_line_has_room() -> None:
    assert len(OF_DESCENT) > 100
    for old, new in OF_DESCENT:
        found = diff(old, new)
        sheets, width, _, _ = difference_sheets(found)
        labels = [label for sheet in sheets for label in sheet.labels]
        assert not [each.key for each in labels if "…" in each.key and each.key != "…"], (old, new)  # of experts
        assert not [each.key for each in sheets[2].labels if each.box.right > width], (old, new)
        assert "…" not in str(found.page()), (old, new)


def test_what_both_have_stands_at_one_height() -> None:
    (old, new, _), _, _ = _sheets("bert", "roberta")
    for key in ("stack.blocks", "stack.blocks.*.attn", "stack.blocks.*.mlp", "inputs.tokens", "inputs.position"):
        assert old.anchors[key].bottom == new.anchors[key].bottom, key


def test_boxes_are_marked_as_they_differ() -> None:
    models = [model_node(declared(name).at("base")) for name in ("bert", "roberta")]
    found = box_differences(models[0], models[1], {})
    assert {key for key, sign in found.old.items() if sign == "−"} == {"inputs.types", "heads.pooler", "heads.nsp"}
    assert {key for key, sign in found.new.items() if sign == "+"} == set()
    assert found.was["inputs.tokens"] == ("was: 30,522 × 768",)
    back = box_differences(models[1], models[0], {})
    assert {key for key, sign in back.new.items() if sign == "+"} == {"inputs.types", "heads.pooler", "heads.nsp"}


def test_a_model_beside_itself_has_no_marks() -> None:
    model = declared("t5").model
    figure = difference_figure(compare_models(model, model))
    assert figure.data["marks"] == {"old": {}, "new": {}}
    assert "built the same" in figure.svg


def test_a_norm_that_moved_is_changed_and_says_so() -> None:
    found = box_differences(model_node(declared("gpt-2").model), model_node(declared("gpt").model), {})
    assert "stood elsewhere" in found.was["stack.blocks.*.attn_norm"]


def test_the_command_and_the_function_draw_the_same(tmp_path: Path) -> None:
    target = tmp_path / "both.svg"
    assert run_command_line(["diff", "bert", "roberta", "--svg", str(target)]) == 0
    drawing = draw("bert", against="roberta")
    assert target.read_text(encoding="utf-8") == drawing.svg == draw("bert", against="roberta").svg
    said = diff("bert", "roberta").as_dict()
    assert {name: drawing.data[name] for name in said} == said


@pytest.mark.parametrize("colour", ["#1a7f37", "#b42318", "#9a6700"])
def test_marks_can_be_seen_and_their_signs_read(colour: str) -> None:
    assert colour in KIND_STYLE
    assert contrast(colour, "#ffffff") >= 4.5

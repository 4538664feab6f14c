"""The drawing of a model says what its parts hold, folded, with parameters that add up."""

from pathlib import Path

import pytest

from clados.drawing.architecture import DrawnPart, architecture_figure, ledger_parts, sketch, terminal_architecture
from clados.drawing.drawings import draw
from clados.models.declared import declared, package_models
from clados.spec import count_parameters


@pytest.mark.parametrize("name", sorted(package_models()))
def test_every_declared_model_is_drawn_with_all_its_parameters(name: str) -> None:
    model = declared(name).model
    figure = architecture_figure(model, name)
    assert figure.data["params"] == count_parameters(model).total
    assert figure.svg == architecture_figure(model, name).svg
    assert sum(ledger_parts(model).values()) == count_parameters(model).total


def test_layers_in_turn_are_folded_to_the_shortest_run() -> None:
    (layers,) = [each for each in _all(sketch(declared("gpt-3").model, "gpt-3")) if each.name == "layers"]
    assert layers.times == 48
    assert [each.name for each in layers.inside] == ["layer 1 of 2", "layer 2 of 2"]


def test_what_is_inside_a_box_never_has_more_parameters_than_the_box() -> None:
    for box in _all(sketch(declared("t5").model, "t5")):
        assert sum(each.params for each in box.inside) * box.times <= box.params


def test_norms_stand_where_the_residual_branch_has_them() -> None:
    def order(name: str) -> list[str]:
        (layers,) = [each for each in _all(sketch(declared(name).model, name)) if each.name == "layers"]
        return [each.name for each in layers.inside]

    assert order("gpt-2") == ["norm", "attention", "norm", "feed-forward"]
    assert order("bert") == ["attention", "norm", "feed-forward", "norm"]


def test_the_terminal_shows_the_same_boxes() -> None:
    tree = terminal_architecture(declared("bert").model, "bert")
    assert "layers × 12" in str(tree.children[1].children[0].label)


def _all(piece: DrawnPart) -> list[DrawnPart]:
    return [piece, *(inner for each in piece.inside for inner in _all(each))]


def test_the_path_of_a_declaration_is_drawn(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("from clados.models.bert.bert import declaration\n", encoding="utf-8")
    assert draw(str(file)).figure.data["params"] == count_parameters(declared("bert").model).total

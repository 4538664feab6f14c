"""Tokens as boxes, with what is predicted below them."""

import pytest

from clados.drawing.svg import EmptyFigureError
from clados.drawing.tokens import Token, tokens
from clados.names import ByteToken
from tests.drawing.pictures import elements, untitled


def test_every_token_stands_in_a_box_inside_the_picture_with_what_it_predicts() -> None:
    row = [Token("[CLS]", "special"), Token("a"), Token("[MASK]", "hidden", "cat"), *[Token("word")] * 40]
    drawn = tokens({"sees": row, "writes": [Token("<s>", "sentinel")]}, name="An example", width=400)
    boxes = [each for each in elements(drawn, "rx") if each.get("height") == "24"]
    assert len(boxes) == 44
    assert all(float(each.get("x", 0)) + float(each.get("width", 0)) <= 400 for each in boxes)
    assert len({each.get("y") for each in boxes}) > 4
    assert ">cat</text>" in drawn.svg
    assert "hidden, to be predicted" in drawn.svg
    assert drawn.data["sees"][2] == {"text": "[MASK]", "mark": "hidden", "predicts": "cat"}  # type: ignore[index]
    assert not untitled(elements(drawn, "data-mark"))


def test_tokens_of_bytes_are_drawn_as_their_texts() -> None:
    drawn = tokens({"sees": [Token(ByteToken("ĠcafÃ©"), "text", ByteToken("Ċ"))]}, name="Bytes")
    assert ">▁café</text>" in drawn.svg
    assert ">↵</text>" in drawn.svg
    assert drawn.data["sees"][0]["text"] == "ĠcafÃ©"  # type: ignore[index]


def test_without_a_token_there_is_no_picture() -> None:
    with pytest.raises(EmptyFigureError):
        tokens({"sees": []}, name="Nothing")

"""Held-out documents."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from clados.data import DataError, Text, read, read_as, split, train_tokenizer
from clados.data.examples import Encoded, Episode, Labelled, checksum


@given(st.sets(st.text(max_size=8), min_size=2, max_size=20), st.floats(0.01, 0.99))
@settings(max_examples=50, deadline=None)
def test_the_two_sides_share_no_document_and_lose_none(names: set[str], share: float) -> None:
    examples = [Text(name, part) for name in sorted(names) for part in "ab"]
    train, held_out = split(examples, share)
    assert train
    assert held_out
    assert {e.document for e in train}.isdisjoint(e.document for e in held_out)
    assert sorted(train + held_out, key=str) == sorted(examples, key=str)


def test_a_document_keeps_its_side_when_others_come() -> None:
    few = [Text(f"document {i}", "") for i in range(200)]
    many = few + [Text(f"further {i}", "") for i in range(200)]
    assert set(split(few)[1]) == set(split(many)[1]) & set(few)
    assert split(few) == split(few)
    assert 10 <= len(split(few)[1]) <= 30


def test_as_many_documents_as_are_needed_stand_on_either_side() -> None:
    for number in range(4, 30):
        train, held_out = split([Text(f"{i}", "") for i in range(number)], 0.01, least=2)
        assert len(train) + len(held_out) == number
        assert (len(held_out) >= 2, len(train) >= 2) == (True, True)
    with pytest.raises(DataError, match=r"3 document\(s\); 4 or more are needed to hold 2 of them out"):
        split([Text(f"{i}", "") for i in range(3)], least=2)


def test_half_of_a_translated_article_is_never_held_out() -> None:
    train, held_out = split(read("udhr"))
    assert len({e.document for e in held_out}) * 39 == len(held_out)
    assert len(train) + len(held_out) == 39 * 30


def test_the_default_text_holds_out_enough_of_both_its_parts() -> None:
    train, held_out = split(read_as(Text, "english"))
    for side in (train, held_out):
        assert {e.document.split("/")[0] for e in side} == {"wordnet", "shakespeare"}
    for kind in ("wordpiece", "bytes"):
        tokenizer = train_tokenizer([e.text for e in train], kind, 2000)
        assert sum(map(len, tokenizer.encode_batch([e.text for e in held_out]))) > 20_000


def test_a_single_text_is_cut_between_paragraphs() -> None:
    text = "\n\n".join(f"Paragraph {i} of the text." for i in range(50))
    (train,), (held_out,) = split([Text("book.txt", text)])
    assert f"{train.text}\n\n{held_out.text}" == text
    assert 0.05 < len(held_out.text) / len(text) < 0.15


@pytest.mark.parametrize(
    ("examples", "share", "message"),
    [
        ([Text("a", "one line")], 0.1, "one paragraph"),
        ([Text("a", "x"), Text("a", "y")], 0.1, "1 document"),
        ([], 0.1, "0 document"),
        ([Text("a", "x"), Text("b", "y")], 1.5, "between 0 and 1"),
    ],
)
def test_what_cannot_be_held_out_is_said(examples: list[Text], share: float, message: str) -> None:
    with pytest.raises(DataError, match=message):
        split(examples, share)


def test_the_checksum_tells_apart_whatever_examples_hold(tmp_path: Path) -> None:
    image, steps = np.zeros((2, 2, 3), np.uint8), np.arange(3, dtype=np.float32)
    file = tmp_path / "a.png"
    file.write_bytes(b"12")
    one: list[list[Any]] = [
        [Text("a", "text")],
        [Text("a", "\ud800")],
        [Labelled("a", image, 0, "cat")],
        [Labelled("a", image, 1, "cat")],
        [Labelled("a", image + 1, 0, "cat")],
        [Labelled("a", image.reshape(4, 1, 3), 0, "cat")],
        [Labelled("a", Encoded(file), 0, "cat")],
        [Episode("a", steps, steps, steps)],
        [Episode("a", steps, steps, steps + 1)],
    ]
    sums = [checksum(each) for each in one]
    file.write_bytes(b"123")
    sums.append(checksum([Labelled("a", Encoded(file), 0, "cat")]))
    assert len({*sums}) == len(sums)
    assert checksum([Labelled("a", image.copy(), 0, "cat")]) == sums[2]

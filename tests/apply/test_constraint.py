"""Texts under a constraint: regular expressions, JSON schemas, quotes that are literally in a source."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from clados.apply.decoding.constraint import JSONSchema, Quotes, Regex
from clados.apply.decoding.quoting import Quoting, suffix_automaton
from clados.apply.ready import Ready, load
from clados.apply.write import generate, generate_all
from clados.data.spelling import token_bytes
from clados.errors import InputError, MissingPackageError
from tests.apply.little import written

SCHEMA = {
    "type": "object",
    "properties": {"name": {"enum": ["king", "dog"]}, "old": {"type": "boolean"}},
    "required": ["name", "old"],
    "additionalProperties": False,
}
SOURCE = "The Schloß stands %[on]% a hill. A dog ran over the green hill."


@pytest.fixture(scope="module", params=["gpt-2", "t5"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ready:
    return load(written(request.param, tmp_path_factory.mktemp("models") / request.param), "generate")


@pytest.mark.parametrize("pattern", [r"(the|a)( [hr]ed?){2,3}\.", r"(yes|no)\."])
@pytest.mark.parametrize("how", [{}, {"temperature": 2.0, "n": 3, "seed": 0}, {"beams": 3}])
def test_a_text_matches_its_expression(model: Ready, pattern: str, how: dict[str, Any]) -> None:
    texts = generate_all(model, ["The king", "A dog ran"], constraint=Regex(pattern), max_new_tokens=40, **how)
    for each in texts:
        assert re.fullmatch(pattern, each.text)


def test_a_text_is_the_json_of_its_schema(tmp_path: Path) -> None:
    model = load(written("gpt-2", tmp_path), "generate")
    found = generate_all(
        model, "The king", constraint=JSONSchema(SCHEMA), n=3, temperature=1.0, seed=0, max_new_tokens=60
    )
    whole = [json.loads(each.text) for each in found if each.ended]
    assert whole
    assert all(each["name"] in ("king", "dog") and each["old"] in (True, False) for each in whole)


def test_what_cannot_be_read_is_refused(model: Ready, monkeypatch: pytest.MonkeyPatch) -> None:
    for constraint, said in (
        (Regex("(a"), "the regex '\\(a' cannot be read"),
        (JSONSchema({"type": "nothing"}), "the JSON schema cannot be read"),
        (Quotes(" \n"), "the source of quotes is empty"),
        (Quotes("a", closing=""), "a mark of quotes is empty"),
    ):
        with pytest.raises(InputError, match=said):
            generate(model, "The king", constraint=constraint, max_new_tokens=3)
    if model.name == "t5":
        with pytest.raises(InputError, match="the regex 'ж' cannot be written: the vocabulary has no token"):
            generate(model, "The king", constraint=Regex("ж"), max_new_tokens=3)
    monkeypatch.setitem(__import__("sys").modules, "llguidance", None)
    with pytest.raises(
        MissingPackageError, match=r"needs llguidance, which is not installed and comes with clados\[constrain\]"
    ):
        generate(model, "The king", constraint=Regex("a"), max_new_tokens=3)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({}, "no token may come next"),
        ({"temperature": 1.0, "n": 2, "seed": 0}, "no token may come next"),
        ({"beams": 2}, "fewer texts than 1 may be written"),
    ],
)
def test_where_other_wishes_rule_out_what_it_allows_nothing_else_is_written(
    model: Ready, how: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        generate_all(model, "The king", constraint=Regex("(a|e){8}"), no_repeat_ngram_size=1, max_new_tokens=8, **how)


def test_quotes_are_literally_in_the_source(model: Ready) -> None:
    """Of texts that are made to quote: nothing but the marks and what is between them is likely."""
    asked = Quotes(SOURCE, opening="a", closing="e")
    texts = generate_all(model, "The king", constraint=asked, n=12, temperature=3.0, seed=1, max_new_tokens=40, eos=())
    quotes = [quote for each in texts for quote in re.findall("a([^e]*)e", each.text)]
    assert len(quotes) > 5
    assert all(quote and quote in SOURCE for quote in quotes)


@given(st.text("abé", max_size=12), st.text("abé", min_size=1, max_size=4))
def test_the_automaton_knows_all_substrings_and_no_other_text(text: str, part: str) -> None:
    moves, state = suffix_automaton(text.encode()), 0
    for byte in part.encode():
        state = moves[state].get(byte, -1)
        if state < 0:
            break
    assert (state >= 0) == (part.encode() in text.encode())


@given(st.text("ab]é", min_size=1, max_size=10), st.data())
def test_a_walk_through_what_is_allowed_quotes_the_source_alone(source: str, data: st.DataObject) -> None:
    """Tokens of one to three bytes, some across a mark; the walk ends wherever a text may end."""
    words = ["a", "b", "]", "%", "[", "%[", "]%", "ab", "a]", "b]%", "%[a", "é", " "]
    tokens: list[bytes | None] = [None, *(word.encode() for word in words), b"\xc3", b"\xa9"]
    quoting = Quoting(source.encode(), b"%[", b"]%", tokens, ends=(0,))
    ids = list[int]()
    for _ in range(12):
        choice = np.flatnonzero(quoting.allowed(ids)).tolist()
        if not choice:
            return
        ids.append(data.draw(st.sampled_from(choice)))
        if ids[-1] == 0:
            text = b"".join(tokens[i] or b"" for i in ids).decode(errors="replace")
            quotes = re.findall(r"%\[(.*?)\]%", text, re.DOTALL)
            assert all(quote and quote in source for quote in quotes)
            assert "%[" not in text.rpartition("]%")[2]
            return


@pytest.mark.parametrize("card", ["gpt-2", "t5", "bert"])
def test_tokens_are_spelled_as_they_are_decoded(card: str, tmp_path: Path) -> None:
    tokenizer = load(written(card, tmp_path)).required_tokenizer
    known = token_bytes(tokenizer, tokenizer.size)
    text = "the king sat on the throne"
    ids = tokenizer.encode(text, add_special_tokens=False)
    assert b"".join(known[i] or b"" for i in ids).decode().strip() == text
    assert all(known[i] is None for i in tokenizer.special.values())

"""Misspelt names, and numbers as people write them."""

import pytest

from clados.catalog.load import catalog
from clados.errors import InputError
from clados.names import ByteToken, byte_letters, nearest, parse_number, quotation, shown_token, with_article


@pytest.mark.parametrize(
    ("word", "meant"),
    [("brt", "bert"), ("GPT2", "gpt-2"), ("robrta", "roberta"), ("lama", "llama"), ("gpt-3000", "gpt-3")],
)
def test_a_misspelt_model_is_near_the_one_that_is_meant(word: str, meant: str) -> None:
    assert nearest(word, catalog()) == meant


@pytest.mark.parametrize(
    "word", ["zebra", "mistral", "whisper", "qwen", "phi", "deepseek", "banana", "t", "", "mixtral"]
)
def test_a_word_that_is_no_misspelling_is_near_none(word: str) -> None:
    assert nearest(word, catalog()) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [("5M", 5_000_000), ("1.5b", 1_500_000_000), (" 350 k ", 350_000), ("2e9", 2 * 10**9), ("1,000", 1000), (7, 7)],
)
def test_a_number_is_read_as_people_write_it(text: str | int, meant: int) -> None:
    assert parse_number(text) == meant


@pytest.mark.parametrize("text", ["", "lots", "-5M", "5MB", "1e999", "9" * 5000, "M"])
def test_what_is_no_number_is_refused_with_its_argument(text: str) -> None:
    with pytest.raises(InputError, match=r"^params: '.*' is not a number; write 350000, 350k"):
        parse_number(text, "params")


def test_a_kind_of_model_has_its_article() -> None:
    made = [with_article(each) for each in ("Encoder", "Decoder", "ImageDenoiser")]
    assert made == ["an Encoder", "a Decoder", "an ImageDenoiser"]


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        ("Ġking", "▁king"),
        ("ĊĊ", "↵↵"),
        ("Ġcaf", "▁caf"),
        ("Ã©", "é"),
        ("Ã", "Ã"),  # half a letter
        ("Ā", "Ā"),  # a control character
        ("▁king", "▁king"),
        ("##ing", "##ing"),
        ("学", "学"),
        ("[MASK]", "[MASK]"),
        ("a b", "a▁b"),
    ],
)
def test_a_token_of_bytes_is_shown_as_people_read_it(token: str, shown: str) -> None:
    assert shown_token(ByteToken(token)) == shown


@pytest.mark.parametrize("token", ["ĉi", "##ĉ", "Ġ", "Ġurnata", "▁Ĉu", "Ã©"])  # Esperanto, Maltese
def test_a_token_of_letters_is_shown_as_it_is(token: str) -> None:
    assert shown_token(token) == token


def test_a_quoted_text_shows_where_it_is_cut() -> None:
    assert [quotation(each, 9) for each in ("a cat\nsat", "a cat sat on")] == ["'a cat sat'", "'a cat sat' …"]


def test_the_letters_of_bytes_are_those_of_the_library() -> None:
    from tokenizers.pre_tokenizers import ByteLevel

    assert {*byte_letters()} == {*ByteLevel.alphabet()}
    assert sorted(byte_letters().values()) == [*range(256)]

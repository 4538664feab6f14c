"""Words that are near each other, and words that are not."""

import pytest

from clados.catalog.load import catalog
from clados.errors import nearest


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

"""What is known of a model on disk before it is used."""

import warnings
from collections.abc import Callable

import pytest

from clados.apply.ready import LongText, Ready


@pytest.mark.parametrize(
    "card", ["gpt-j", "transformer"]
)  # rotary and sinusoidal positions, of which any number will do
def test_a_text_that_takes_minutes_is_warned_of(card: str, ready: Callable[[str], Ready]) -> None:
    found = ready(card)
    with pytest.warns(LongText, match=r"a text has 1,000,000 tokens.*takes about \d+ (minutes|hours) on a CPU"):
        found.known([[5] * 1_000_000, [5]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found.known([[5] * 4096])
        ready("gpt-2").known([[5] * 1_000_000])  # which is refused, for it has no positions for them

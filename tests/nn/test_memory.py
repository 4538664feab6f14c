"""What cannot fit into memory is refused in one line; other faults stay what they are."""

import pytest
import torch

from clados.errors import CladosError
from clados.models.declared import declared
from clados.nn import build
from clados.nn.memory import enough_memory
from clados.spec import SpecError, tiny


@enough_memory("reading this", "give less")
def made(number: int) -> torch.Tensor:
    return torch.empty(number)


def test_memory_that_cannot_be_had_is_one_line() -> None:
    assert made(3).shape == (3,)
    with pytest.raises(CladosError, match="reading this needs more memory than there is: give less"):
        made(2**58)
    with pytest.raises(CladosError, match="more memory"), enough_memory("reading this", "give less"):
        raise MemoryError
    with pytest.raises(RuntimeError, match="shape"), enough_memory("reading this", "give less"):
        torch.zeros(3).reshape(2)


@pytest.mark.parametrize("card", ["t5", "bloom", "deberta", "gopher"])
def test_a_megabyte_of_text_is_refused_where_each_score_has_a_bias(card: str) -> None:
    model = build(tiny(declared(card).model)).eval()
    ids = torch.ones(1, 400_000, dtype=torch.long)
    with torch.inference_mode(), pytest.raises(SpecError, match=r"400,000 positions at once.*give a shorter text"):
        model(ids, decoder_input_ids=ids[:, :2]) if card == "t5" else model(ids)

"""What cannot fit into memory is refused in one line; other faults stay what they are."""

import sys
from pathlib import Path

import pytest
import torch

from clados.errors import CladosError
from clados.models.declared import declared
from clados.nn import build
from clados.nn.memory import enough_memory, return_freed
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


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is read from /proc")
def test_freed_blocks_of_many_sizes_go_back_to_the_system() -> None:
    def resident() -> float:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

    return_freed()
    before = resident()
    held = [torch.ones(10_000 + number) for number in range(2_000)]  # 40 to 48 KB each, which glibc keeps
    last = torch.ones(10_000)  # above them, so that the heap's end does not move
    del held
    return_freed()
    assert resident() < before + 20
    assert last.sum() == 10_000
